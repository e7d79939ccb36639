#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "binlog/event_header.h"

namespace pikachu::binlog {

constexpr std::size_t kUuidSize = 16;

/// "3e11fa47-71ca-11e1-9e33-c80aa9429562". REQUIRES: kUuidSize bytes.
inline std::string uuid_text(Bytes uuid) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < kUuidSize; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[uuid[i] >> 4];
    text += kDigits[uuid[i] & 0xf];
  }
  return text;
}

}  // namespace pikachu::binlog
