#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "encode/json_string.h"
#include "encode/json_value.h"
#include "encode/text_buffer.h"

namespace pikachu::decode {

/// A flat JSON object that is written member by member to the end of a string.
///
/// Names of members are literals that need no escaping. Lifetime: complete after end().
class JsonLine {
 public:
  explicit JsonLine(std::string& out) : buffer_(out) {}

  void text(std::string_view name, std::string_view value) {
    begin(name);
    encode::put_string(value, buffer_);
  }
  void number(std::string_view name, std::uint64_t value) {
    begin(name);
    encode::put_number(value, buffer_);
  }
  void flag(std::string_view name) {
    begin(name);
    buffer_.put("true");
  }
  /// Null where `unix_seconds` is 0: no time.
  void time(std::string_view name, std::int64_t unix_seconds) {
    begin(name);
    if (unix_seconds == 0) return buffer_.put("null");
    encode::put_timestamp(unix_seconds * 1'000'000, false, buffer_);
  }
  void end() {
    buffer_.put('}');
    buffer_.flush();
  }

 private:
  void begin(std::string_view name) {
    buffer_.put(separator_);
    separator_ = ',';
    buffer_.put('"');
    buffer_.put(name);
    buffer_.put("\":");
  }

  encode::TextBuffer buffer_;
  char separator_ = '{';
};

}  // namespace pikachu::decode
