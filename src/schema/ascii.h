#pragma once

#include <string>
#include <string_view>

namespace pikachu::schema {

/// `text` with A to Z as a to z.
inline std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace pikachu::schema
