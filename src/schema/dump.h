#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pikachu::schema {

/// Cuts a file of statements, as mysqldump writes and the mysql client reads it, into statements.
///
/// USE and SET sql_mode = '…' are followed. What stands between a DELIMITER line and the next is
/// passed over.
/// Lifetime: statements point into the text, and into the reader until the next call.
/// Spec: MySQL 9 Reference Manual, "mysql Client Commands", "mysqldump".
class DumpReader {
 public:
  struct DumpStatement {
    std::string_view sql;  ///< Without the ';'.
    std::string_view database;
    std::uint64_t sql_mode = 0;
    std::size_t line = 1;  ///< Where it begins.
  };

  explicit DumpReader(std::string_view text) : text_(text) {}

  /// The next statement, or nothing at the end.
  std::optional<DumpStatement> next();

 private:
  std::string_view cut_statement();
  bool skip_client_line();
  void take_setting(std::string_view sql);

  std::string_view text_;  // What is left.
  std::size_t line_ = 1;
  std::string database_;
  std::uint64_t sql_mode_ = 0;
};

}  // namespace pikachu::schema
