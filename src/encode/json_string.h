#pragma once

#include <string_view>

#include "encode/text_buffer.h"

namespace pikachu::encode {

/// Writes `text` as a JSON string with its quotes. Only what must be escaped is: '"', '\' and
/// control characters. Each byte that is not part of valid UTF-8 becomes U+FFFD.
///
/// Spec: RFC 8259, section 7; The Unicode Standard, table 3-7 (well-formed UTF-8 byte sequences).
void put_string(std::string_view text, TextBuffer& out);

}  // namespace pikachu::encode
