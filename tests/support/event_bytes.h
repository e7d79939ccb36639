#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "binlog/event_header.h"

namespace pikachu::test {

/// Bytes written as hexadecimal digits; other characters are passed over.
inline std::vector<std::uint8_t> from_hex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::vector<std::uint8_t> bytes;
  bool low = false;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) continue;
    if (low) {
      bytes.back() = static_cast<std::uint8_t>(bytes.back() << 4 | static_cast<int>(digit));
    } else {
      bytes.push_back(static_cast<std::uint8_t>(digit));
    }
    low = !low;
  }
  return bytes;
}

/// An event put together by hand: a header with the right type and size, and a body, little-endian.
class EventBytes {
 public:
  explicit EventBytes(binlog::EventType type, std::uint32_t server_id = 1)
      : bytes_(binlog::EventHeader::kSize) {
    bytes_[4] = static_cast<std::uint8_t>(type);
    put(kServerIdOffset, server_id, 4);
    put(kSizeOffset, bytes_.size(), 4);
  }

  EventBytes& u8(std::uint64_t value) { return uint(value, 1); }
  EventBytes& u16(std::uint64_t value) { return uint(value, 2); }
  EventBytes& u32(std::uint64_t value) { return uint(value, 4); }
  EventBytes& u48(std::uint64_t value) { return uint(value, 6); }
  EventBytes& u56(std::uint64_t value) { return uint(value, 7); }
  EventBytes& u64(std::uint64_t value) { return uint(value, 8); }
  EventBytes& uint(std::uint64_t value, std::size_t size) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + size);
    put(at, value, size);
    put(kSizeOffset, bytes_.size(), 4);
    return *this;
  }
  EventBytes& text(std::string_view text) {
    for (const char c : text) u8(static_cast<std::uint8_t>(c));
    return *this;
  }
  EventBytes& hex(std::string_view digits) {
    for (const std::uint8_t byte : from_hex(digits)) u8(byte);
    return *this;
  }
  EventBytes& log_pos(std::uint32_t value) {
    put(kLogPosOffset, value, 4);
    return *this;
  }

  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  operator binlog::Bytes() const { return bytes_; }  // NOLINT(google-explicit-constructor): test

 private:
  static constexpr std::size_t kServerIdOffset = 5;
  static constexpr std::size_t kSizeOffset = 9;
  static constexpr std::size_t kLogPosOffset = 13;

  void put(std::size_t at, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      bytes_[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }

  std::vector<std::uint8_t> bytes_;
};

}  // namespace pikachu::test
