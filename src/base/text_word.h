#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pikachu::base {

/// The first bytes of `text`, up to eight, the first of them lowest; zeros where there are fewer.
/// Without a loop, because most names are short and of any length. Reads no byte behind `size`.
/// REQUIRES: size > 0; a little-endian machine.
inline std::uint64_t load_word(const char* text, std::size_t size) {
  if (size >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text, sizeof word);
    return word;
  }
  if (size >= 4) {  // Two halves that overlap.
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, text, sizeof low);
    std::memcpy(&high, text + size - 4, sizeof high);
    return low | static_cast<std::uint64_t>(high) << (8 * (size - 4));
  }
  const auto at = [text](std::size_t i) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  };
  return at(0) | at(size / 2) | at(size - 1);
}

/// Which bytes of a word JSON escapes in strings: '"', '\' and what is below 0x20. Bytes from 0x80
/// on are not among them. Each such byte has its high bit set in the result; bytes above the lowest
/// one may have it wrongly (borrows run upwards), so only zero, and the lowest, say something.
inline std::uint64_t json_escapes(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = 0x8080808080808080U;
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  return (((word - kOnes * 0x20U) & ~word) | ((quote - kOnes) & ~quote) |
          ((backslash - kOnes) & ~backslash)) &
         kHighs;
}

}  // namespace pikachu::base
