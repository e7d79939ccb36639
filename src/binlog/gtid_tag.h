#pragma once

#include <cstddef>
#include <string_view>

namespace pikachu::binlog {

/// Whether `text` is the tag of a GTID as servers keep it: up to 32 of a-z, 0-9 and '_', not a
/// digit first. No tag at all is one of no characters. Spec: MySQL 9 Reference Manual, "GTID Format
/// and Storage".
inline bool is_gtid_tag(std::string_view text) {
  constexpr std::size_t kTagSizeMax = 32;
  if (text.size() > kTagSizeMax) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool letter = (c >= 'a' && c <= 'z') || c == '_';
    if (!letter && (i == 0 || c < '0' || c > '9')) return false;
  }
  return true;
}

}  // namespace pikachu::binlog
