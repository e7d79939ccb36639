#pragma once

#include <cstddef>

namespace pikachu::encode {

/// What json_form() tells of a text; but for is_json, of JSON only.
struct JsonForm {
  bool is_json = false;
  bool has_lines = false;  ///< Line breaks stand between its tokens.
  bool is_ascii = false;   ///< If false, bytes from 0x80 on may be in it, or close behind it.
};

/// Zeros that stand behind a text for json_form(): the text is read without a look at where it
/// ends.
inline constexpr std::size_t kJsonPadding = 16;

/// Whether `size` bytes of text are one JSON value, with blanks around it or not. Bytes from 0x80
/// on are taken in strings as they come: whether they are UTF-8 is not checked here. One that is
/// nested deeper than 512 levels counts as none. REQUIRES: kJsonPadding zeros stand at text + size.
/// Spec: RFC 8259.
JsonForm json_form(const char* text, std::size_t size);

}  // namespace pikachu::encode
