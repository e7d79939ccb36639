#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/decimal_text.h"

namespace pikachu::base {

/// digits / 10^places, without trailing zeros behind the point.
struct ShortDecimal {
  std::uint64_t digits = 0;
  unsigned places = 0;
};

/// The shortest decimal that reads back as `magnitude`, for the numbers that people write: at most
/// 15 digits, at most `places_max` of them behind the point. Nothing for all others: ask
/// std::to_chars.
///
/// It needs a division where the general way needs tables of powers. Exact, because both `digits`
/// and the power of ten are doubles without rounding, so that their quotient is the double nearest
/// to the decimal; and because no two decimals of 15 digits have the same nearest double.
/// REQUIRES: magnitude >= 0; places_max <= 7. Spec: IEEE 754-2019, section 5.4.1, division; 5.12.2.
inline std::optional<ShortDecimal> short_decimal(double magnitude, unsigned places_max) {
  constexpr double kDigitsEnd = 1e15;
  double power = 1;
  for (unsigned places = 0; places <= places_max; ++places) {
    const double scaled = magnitude * power + 0.5;
    if (!(scaled < kDigitsEnd)) return std::nullopt;
    const auto digits = static_cast<std::uint64_t>(scaled);
    if (static_cast<double>(digits) / power == magnitude) return ShortDecimal{digits, places};
    power *= 10;
  }
  return std::nullopt;
}

/// Bytes that put_short_decimal() may write to; the text has at most 17 of them.
inline constexpr std::size_t kShortDecimalRoom = kIntegerRoom + 1;

/// Writes "485.15", "0.05", "7", and returns where the text ends. REQUIRES: kShortDecimalRoom bytes
/// at `to`.
inline char* put_short_decimal(const ShortDecimal& decimal, char* to) {
  // The digits stand where they belong behind the point; those before it then move to the left.
  char* const digits = to + 1;
  char* const end = put_unsigned(decimal.digits, digits);
  const auto count = static_cast<std::size_t>(end - digits);
  const std::size_t places = decimal.places;
  if (places == 0) return std::copy(digits, end, to);
  if (count > places) {
    char* const point = std::copy(digits, end - places, to);
    *point = '.';
    return end;
  }
  // 0.05: zeros in front of what to_chars wrote.
  std::copy_backward(digits, end, to + 2 + places);
  std::fill(to, to + 2 + (places - count), '0');
  to[1] = '.';
  return to + 2 + places;
}

}  // namespace pikachu::base
