#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/decimal_text.h"

namespace pikachu::binlog {

/// The widest DECIMAL that is met: nine groups of nine digits, the servers' own buffer. Columns
/// have at most 65 digits, but MySQL writes a DECIMAL(65,30) into JSON with a precision of 66.
inline constexpr std::size_t kDecimalMaxPrecision = 81;
inline constexpr std::size_t kDecimalMaxScale = 38;  ///< MariaDB 10.2+; MySQL stops at 30.
/// Room to write any DECIMAL as text: sign, leading zero, point and all digits, and what is written
/// behind them on the way.
inline constexpr std::size_t kDecimalTextMax = kDecimalMaxPrecision + 3 + base::kIntegerRoom;

/// Bytes that a DECIMAL(precision, scale) takes; nullopt if no server has such a type.
///
/// Nine digits take four bytes; the digits left over at both ends take ⌈digits / 2⌉.
/// Spec: mysql-server 9.7 strings/decimal.cc, decimal_bin_size.
std::optional<std::size_t> decimal_size(std::size_t precision, std::size_t scale);

/// Writes the text of a stored DECIMAL to `out`: all digits of the scale, "0.00", "-12.3400".
/// Returns its length; nullopt if a group of digits holds more than its digits can.
///
/// The groups are big-endian; the first bit is the sign inverted, and all bytes of a negative
/// number are complemented. REQUIRES: stored.size() == *decimal_size(precision, scale); room for
/// kDecimalTextMax bytes. Spec: mysql-server 9.7 strings/decimal.cc, decimal2bin.
std::optional<std::size_t> format_decimal(std::span<const std::uint8_t> stored,
                                          std::size_t precision, std::size_t scale, char* out);

}  // namespace pikachu::binlog
