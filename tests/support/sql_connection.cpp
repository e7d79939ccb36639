#include "tests/support/sql_connection.h"

#include <mysql.h>

namespace pikachu::test {

void SqlConnection::Close::operator()(void* connection) const {
  ::mysql_close(static_cast<MYSQL*>(connection));
}

base::Result<SqlConnection> SqlConnection::open(const std::string& socket, const std::string& user,
                                                const std::string& password) {
  MYSQL* const mysql = ::mysql_init(nullptr);
  if (mysql == nullptr) return base::fail(base::ErrorCode::kUnavailable, "mysql_init: no memory");
  SqlConnection connection(mysql);
  ::mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const unsigned int seconds = 30;
  ::mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
  if (::mysql_real_connect(mysql, nullptr, user.c_str(), password.c_str(), nullptr, 0,
                           socket.c_str(), 0) == nullptr) {
    return base::fail(base::ErrorCode::kUnavailable, ::mysql_error(mysql));
  }
  return connection;
}

base::Result<SqlRows> SqlConnection::query(std::string_view sql) {
  auto* const mysql = static_cast<MYSQL*>(connection_.get());
  if (::mysql_real_query(mysql, sql.data(), static_cast<unsigned long>(sql.size())) != 0) {
    return base::fail(base::ErrorCode::kRejected, std::string(::mysql_error(mysql)) +
                                                      " in: " + std::string(sql.substr(0, 500)));
  }
  SqlRows rows;
  const std::unique_ptr<MYSQL_RES, decltype(&::mysql_free_result)> result(
      ::mysql_store_result(mysql), &::mysql_free_result);
  if (result == nullptr) {
    if (::mysql_errno(mysql) != 0) {
      return base::fail(base::ErrorCode::kRejected, ::mysql_error(mysql));
    }
    return rows;
  }
  const unsigned int columns = ::mysql_num_fields(result.get());
  while (MYSQL_ROW row = ::mysql_fetch_row(result.get())) {
    const unsigned long* const lengths = ::mysql_fetch_lengths(result.get());
    auto& values = rows.emplace_back();
    for (unsigned int i = 0; i < columns; ++i) {
      if (row[i] == nullptr) {
        values.emplace_back();
      } else {
        values.emplace_back(std::string(row[i], lengths[i]));
      }
    }
  }
  return rows;
}

}  // namespace pikachu::test
