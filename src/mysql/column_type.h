#pragma once

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

/// Whether a CHECK clause makes the column a MariaDB JSON column: json_valid(`name`).
bool is_json_check(std::string_view check_clause, std::string_view column);

}  // namespace pikachu::mysql
