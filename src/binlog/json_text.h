#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "binlog/json_binary.h"
#include "wire/byte_reader.h"

namespace pikachu::binlog {

/// Writes stored JSON values as the server's text: see append_json_text.
///
/// Offsets may point anywhere, also many at one place: all that is written is paid for out of a
/// budget of bytes, so that a few kilobytes of damage cannot make gigabytes of text.
///
/// Failure is sticky: after it the text means nothing. Threads: one owner.
class JsonTextWriter {
 public:
  /// Containers may be nested this deep.
  static constexpr int kDepthMax = 100;

  /// `budget`: bytes in which all that is to be written is stored. Lifetime: `out` outlives this.
  JsonTextWriter(std::uint64_t budget, std::string& out) : budget_(budget), out_(out) {}

  /// A whole value that stands inside `depth` containers.
  void write(const JsonValue& value, int depth);

  // The parts of an object or array whose items do not all come from one stored value.
  void open(bool is_object) { out_.push_back(is_object ? '{' : '['); }
  void close(bool is_object) { out_.push_back(is_object ? '}' : ']'); }
  void separate() { out_.append(", "); }
  void write_key(std::string_view key);

  void stop(const char* problem) {
    if (problem_ == nullptr) problem_ = problem;
  }
  /// What is impossible about what was to be written; null if nothing.
  const char* problem() const { return problem_; }

 private:
  void write_literal(wire::ByteReader& in);
  void write_container(const JsonValue& container, int depth);
  void write_opaque(wire::ByteReader& in);
  void write_decimal(Bytes bytes);
  void write_temporal(std::uint8_t field_type, Bytes bytes);
  std::string_view read_text(wire::ByteReader& in);
  bool spend(std::uint64_t bytes);

  std::uint64_t budget_;
  std::string& out_;
  const char* problem_ = nullptr;
};

/// The error that a stored value of `size` bytes is impossible.
tl::unexpected<base::Error> corrupt_json(std::size_t size, const char* problem);

}  // namespace pikachu::binlog
