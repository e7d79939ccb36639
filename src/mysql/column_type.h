#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pikachu::mysql {

/// The labels of an ENUM or SET, out of information_schema's COLUMN_TYPE: enum('a','it''s').
/// Empty if `column_type` is no such type, or is cut off.
/// Quotes are doubled in it, as in SQL. `escapes` says whether the server writes backslash, line
/// feed, carriage return and NUL as escape sequences.
std::vector<std::string> parse_labels(std::string_view column_type, bool escapes);

/// Whether a numeric COLUMN_TYPE is unsigned ("int(10) unsigned"; ZEROFILL implies it).
bool is_unsigned_type(std::string_view column_type);

/// The column that a CHECK clause makes a MariaDB JSON column, json_valid(`name`); nothing for any
/// other clause.
std::optional<std::string> json_checked_column(std::string_view check_clause);

}  // namespace pikachu::mysql
