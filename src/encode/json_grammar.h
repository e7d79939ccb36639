#pragma once

#include <string_view>

namespace pikachu::encode {

/// Whether a text is one JSON value, with blanks around it or not. Bytes from 0x80 on are taken in
/// strings in whatever order. One that is nested deeper than 512 levels counts as none.
/// Spec: RFC 8259.
bool is_json(std::string_view text);

}  // namespace pikachu::encode
