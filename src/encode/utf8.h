#pragma once

#include <cstddef>
#include <string_view>

#include "encode/text_buffer.h"

namespace pikachu::encode {

/// U+FFFD, which stands for a byte that is not part of UTF-8.
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Bytes of the well-formed UTF-8 sequence of two to four bytes that `text` begins with; 0: none.
/// REQUIRES: size > 0. Spec: The Unicode Standard, table 3-7.
inline std::size_t utf8_sequence_size(const char* text, std::size_t size) {
  const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto is_continuation = [at](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  const unsigned char lead = at(0);
  if (size < 2 || !is_continuation(1)) return 0;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (size < 3 || !is_continuation(2)) return 0;
  if (lead == 0xE0) return at(1) >= 0xA0 ? 3 : 0;  // else overlong
  if (lead == 0xED) return at(1) < 0xA0 ? 3 : 0;   // else a surrogate
  if (lead >= 0xE1 && lead <= 0xEF) return 3;
  if (size < 4 || !is_continuation(3)) return 0;
  if (lead == 0xF0) return at(1) >= 0x90 ? 4 : 0;  // else overlong
  if (lead == 0xF4) return at(1) < 0x90 ? 4 : 0;   // else above U+10FFFF
  return lead >= 0xF1 && lead <= 0xF3 ? 4 : 0;
}

/// Whether all of `text` is well-formed; quick where most of it is ASCII.
bool is_utf8(std::string_view text);

/// Writes `text` with U+FFFD in place of each byte that is not part of a well-formed sequence.
void put_utf8(std::string_view text, TextBuffer& out);

}  // namespace pikachu::encode
