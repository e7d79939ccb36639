#pragma once

#include <cstddef>

namespace pikachu::encode {

enum class JsonForm {
  kNone,   ///< No JSON.
  kLine,   ///< JSON, without a line break.
  kLines,  ///< JSON, with line breaks between its tokens.
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
