#include "mysql/server_facts.h"

#include <utility>

namespace pikachu::mysql {
namespace {

using base::ErrorCode;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// 'user'@'host' out of user@host, as GRANT takes it.
std::string quoted_account(const std::string& account) {
  const auto at = account.rfind('@');
  if (at == std::string::npos) return "'" + account + "'";
  return "'" + account.substr(0, at) + "'@'" + account.substr(at + 1) + "'";
}

}  // namespace

std::string_view ServerFacts::variable(std::string_view name) const {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string_view() : std::string_view(found->second);
}

bool ServerFacts::writes_gtids() const {
  return is_mariadb() || variable("gtid_mode") == "ON";
}

std::string ServerFacts::privileges_fix() const {
  // MariaDB 10.5 split REPLICATION CLIENT up.
  const bool split = is_mariadb() && number >= 100500;
  return std::string("GRANT SELECT, REPLICATION SLAVE, ") +
         (split ? "BINLOG MONITOR" : "REPLICATION CLIENT") + " ON *.* TO " +
         quoted_account(current_user) + ";";
}

std::string_view ServerFacts::status_statement() const {
  // MySQL 8.2 introduced the new name, 8.4 took the old one away.
  if (!is_mariadb() && number >= 80200) return "SHOW BINARY LOG STATUS";
  return "SHOW MASTER STATUS";
}

std::uint32_t version_number(std::string_view version) {
  std::uint32_t result = 0;
  std::uint32_t part = 0;
  int parts = 0;
  for (const char c : version) {
    if (c >= '0' && c <= '9' && part < 1000) {
      part = part * 10 + static_cast<std::uint32_t>(c - '0');
      continue;
    }
    if (c != '.' || parts == 2) break;
    result = result * 100 + part;
    part = 0;
    ++parts;
  }
  result = result * 100 + part;
  for (; parts < 2; ++parts) result *= 100;
  return result;
}

base::Result<ServerFacts> read_server_facts(Session& session, const std::stop_token& stop) {
  auto who = session.query(
      "SELECT VERSION() AS version, CURRENT_USER() AS account, CONNECTION_ID() AS connection",
      stop);
  if (!who) return base::propagate(std::move(who));
  ServerFacts facts;
  if (!who->rows.empty()) {
    facts.version = who->text(0, "version");
    facts.current_user = who->text(0, "account");
    facts.connection = who->text(0, "connection");
  }
  if (contains(facts.version, "MariaDB")) facts.flavor = change::Flavor::kMariadb;
  facts.number = version_number(facts.version);

  auto settings = session.query(
      "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_id', 'server_uuid', 'log_bin', "
      "'binlog_format', 'binlog_row_image', 'binlog_row_value_options', 'gtid_mode', "
      "'binlog_checksum', 'log_slave_updates', 'log_replica_updates', "
      "'group_replication_group_name')",
      stop);
  if (!settings) return base::propagate(std::move(settings));
  for (const auto& row : settings->rows) {
    if (row.size() >= 2 && row[0] && row[1]) facts.variables[*row[0]] = *row[1];
  }
  facts.identity = facts.variable(facts.is_mariadb() ? "server_id" : "server_uuid");
  return facts;
}

base::Result<void> check_server(const ServerFacts& facts, std::uint32_t server_id,
                                std::string_view target) {
  const std::string where(target);
  const auto invalid = [&](const std::string& problem) {
    return base::fail(ErrorCode::kInvalid, where + ": " + problem);
  };
  if (facts.variable("log_bin") == "OFF") {
    return invalid(
        "log_bin is OFF: the server writes no binlog; set log_bin=mysql-bin and "
        "binlog_format=ROW in its configuration and restart it");
  }
  const auto format = facts.variable("binlog_format");
  if (!format.empty() && format != "ROW") {
    return invalid(
        "binlog_format is " + std::string(format) +
        ", and only ROW has the changed rows; run: SET GLOBAL binlog_format = 'ROW'; and "
        "set it in the server's configuration (sessions that are open keep the old one)");
  }
  const auto image = facts.variable("binlog_row_image");
  if (contains(facts.variable("binlog_row_value_options"), "PARTIAL_JSON") && image != "FULL") {
    return base::fail(
        ErrorCode::kUnsupported,
        where +
            ": binlog_row_value_options is PARTIAL_JSON, which logs the changes of a JSON value in "
            "its place, and binlog_row_image is " +
            std::string(image) +
            ", which leaves out the value that was changed; run: SET GLOBAL binlog_row_image = "
            "'FULL'; (or SET GLOBAL binlog_row_value_options = '';) and set it in the server's "
            "configuration");
  }
  if (server_id == 0) {
    return invalid(
        "database.server_id is 0; give a number from 1 to 4294967295 that no other replica "
        "uses");
  }
  if (facts.variable("server_id") == std::to_string(server_id)) {
    return invalid("database.server_id " + std::to_string(server_id) +
                   " is the server's own server_id; give another one");
  }
  return {};
}

}  // namespace pikachu::mysql
