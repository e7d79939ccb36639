#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "binlog/event_header.h"

namespace pikachu::binlog {

constexpr std::size_t kUuidSize = 16;

/// Appends "3e11fa47-71ca-11e1-9e33-c80aa9429562". REQUIRES: kUuidSize bytes.
inline void append_uuid(Bytes uuid, std::string& text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < kUuidSize; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[uuid[i] >> 4];
    text += kDigits[uuid[i] & 0xf];
  }
}

inline std::string uuid_text(Bytes uuid) {
  std::string text;
  append_uuid(uuid, text);
  return text;
}

}  // namespace pikachu::binlog
