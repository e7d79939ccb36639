#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "binlog/event_header.h"

namespace pikachu::binlog {

/// Appends the text of a stored JSON value of MySQL to `out`, as the server's CAST(… AS CHAR) shows
/// it: ", " and ": " between items, keys in stored order, doubles always with a point or an
/// exponent.
///
/// A value of zero bytes is null, as MySQL 5.7 reads it.
///
/// Offsets are followed, not counted: a value updated in place may have unused bytes in it. Work
/// and output stay proportional to the size of `value`, whatever its offsets say.
///
/// Errors: kCorrupt where a type, offset, length or depth (over 100) is impossible; `out` then
/// holds a part of the text. Spec: mysql-server 9.7 sql-common/json_binary.h (the format),
/// json_dom.cc (the text).
base::Result<void> append_json_text(Bytes value, std::string& out);

/// The same text, in a part of `scratch`, which is overwritten and grows where it has to: once warm
/// it is neither allocated nor cleared.
base::Result<std::string_view> json_text(Bytes value, std::string& scratch);

/// Bytes that format_json_double() may write to. Its longest text has 34: a sign, "0.", 14 zeros
/// and 17 digits.
inline constexpr std::size_t kJsonDoubleTextMax = 40;

/// Writes a double as MySQL writes it in JSON, and returns where the text ends: the shortest digits
/// that read back the same, without an exponent from 1e-15 to 1e15, "1.0", "-0.0", "1e16".
char* format_json_double(double value, char* to);

}  // namespace pikachu::binlog
