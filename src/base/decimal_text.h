#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace pikachu::base {

/// Bytes that put_unsigned() and put_signed() may write to; the text has at most 20 of them.
inline constexpr std::size_t kIntegerRoom = 32;

/// The eight decimal digits of a number, zeros in front, the first of them lowest: digits, not
/// characters. Halves, quarters and eighths of it are divided side by side in one word, each by a
/// multiplication with a rounded-up reciprocal that is exact in its range. REQUIRES: number < 10^8.
inline std::uint64_t eight_digits(std::uint32_t number) {
  // Four digits each: of the upper half in the lower word.
  const std::uint64_t fours = number / 10'000 | std::uint64_t{number % 10'000} << 32U;
  // 10486 / 2^20 is 1/100 for what is below 10^4.
  const std::uint64_t hundreds = (fours * 10'486 >> 20U) & 0x0000'007f'0000'007fU;
  const std::uint64_t twos = hundreds | (fours - hundreds * 100) << 16U;
  // 103 / 2^10 is 1/10 for what is below 100.
  const std::uint64_t tens = (twos * 103 >> 10U) & 0x000f'000f'000f'000fU;
  return tens | (twos - tens * 10) << 8U;
}

namespace internal {
inline constexpr std::uint32_t kEightDigitsEnd = 100'000'000;

/// Eight digits as text, of which the lowest is written first.
inline char* put_word(std::uint64_t digits, char* to) {
  constexpr std::uint64_t kZeros = 0x3030'3030'3030'3030U;
  std::uint64_t text = digits | kZeros;
  if constexpr (std::endian::native != std::endian::little) text = __builtin_bswap64(text);
  std::memcpy(to, &text, sizeof text);
  return to + sizeof text;
}

inline char* put_up_to_eight(std::uint32_t number, char* to) {
  const std::uint64_t digits = eight_digits(number);
  // The last digit is there even if it is 0.
  const int zeros = std::countr_zero(digits | std::uint64_t{1} << 56U) / 8;
  return put_word(digits >> (8 * zeros), to) - zeros;
}
}  // namespace internal

/// Writes the last `digits` digits of a number, zeros in front, and returns where they end.
/// REQUIRES: digits <= 8; number < 10^8; 8 bytes at `to`.
inline char* put_digits(std::uint32_t number, std::size_t digits, char* to) {
  internal::put_word(eight_digits(number) >> (8 * (8 - digits)), to);
  return to + digits;
}

/// Writes a number in decimal and returns where the text ends. REQUIRES: kIntegerRoom bytes at
/// `to`.
inline char* put_unsigned(std::uint64_t number, char* to) {
  constexpr std::uint64_t kEnd = internal::kEightDigitsEnd;
  if (number < kEnd) return internal::put_up_to_eight(static_cast<std::uint32_t>(number), to);
  const std::uint64_t upper = number / kEnd;
  const auto last = static_cast<std::uint32_t>(number % kEnd);
  if (upper < kEnd) {
    to = internal::put_up_to_eight(static_cast<std::uint32_t>(upper), to);
  } else {
    to = internal::put_up_to_eight(static_cast<std::uint32_t>(upper / kEnd), to);
    to = put_digits(static_cast<std::uint32_t>(upper % kEnd), 8, to);
  }
  return put_digits(last, 8, to);
}

/// As put_unsigned(), with a sign where it is negative.
inline char* put_signed(std::int64_t number, char* to) {
  if (number >= 0) return put_unsigned(static_cast<std::uint64_t>(number), to);
  *to++ = '-';
  // Negated as unsigned: INT64_MIN has no positive counterpart.
  return put_unsigned(0 - static_cast<std::uint64_t>(number), to);
}

/// Appends a number in decimal.
inline void append_unsigned(std::uint64_t number, std::string& out) {
  std::array<char, kIntegerRoom> text;  // NOLINT(cppcoreguidelines-pro-type-member-init): written
  out.append(text.data(), put_unsigned(number, text.data()));
}

/// "00" to "99", one behind the other.
inline constexpr std::array<char, 200> kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

/// Writes two digits and returns where they end. REQUIRES: number < 100.
inline char* put_pair(std::uint32_t number, char* to) {
  std::memcpy(to, kDigitPairs.data() + std::size_t{2} * number, 2);
  return to + 2;
}

}  // namespace pikachu::base
