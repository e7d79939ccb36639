#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
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

  /// Writes to `out` from `begin` on, over what is there: its size is not the text's before
  /// finish(). `budget`: bytes in which all that is to be written is stored.
  /// Lifetime: `out` outlives this.
  JsonTextWriter(std::uint64_t budget, std::string& out, std::size_t begin)
      : budget_(budget), out_(out), used_(begin) {
    constexpr std::uint64_t kFirstRoomMax = 4'096;
    room(static_cast<std::size_t>(std::min(2 * budget, kFirstRoomMax)));
  }

  /// A whole value that stands inside `depth` containers.
  void write(const JsonValue& value, int depth);

  // The parts of an object or array whose items do not all come from one stored value.
  void open(bool is_object) { put_char(is_object ? '{' : '['); }
  void close(bool is_object) { put_char(is_object ? '}' : ']'); }
  void separate() {
    char* const to = room(2);
    to[0] = ',';
    to[1] = ' ';
    advance_to(to + 2);
  }
  /// `readable`: how many bytes can be read where the key begins.
  void write_key(std::string_view key, std::size_t readable);

  void stop(const char* problem) {
    if (problem_ == nullptr) problem_ = problem;
  }
  /// What is impossible about what was to be written; null if nothing.
  const char* problem() const { return problem_; }

  /// Where in `out` the text ends.
  std::size_t end() const { return used_; }
  /// Nothing more is written: cuts `out` to what was.
  void finish() { out_.resize(used_); }

 private:
  void write_string(Bytes bytes);
  void write_literal(Bytes bytes);
  void write_container(const JsonValue& container, int depth);
  void write_opaque(Bytes bytes);
  void write_decimal(Bytes bytes);
  void write_temporal(std::uint8_t field_type, Bytes bytes);
  std::string_view read_text(wire::ByteReader& in);
  bool spend(std::uint64_t bytes);

  // Text is written to where the string has more bytes than are used, with one look at its size for
  // a whole token instead of one for each piece of it.
  char* room(std::size_t size) {
    return out_.size() - used_ >= size ? out_.data() + used_ : make_room(size);
  }
  char* make_room(std::size_t size);
  void advance_to(const char* end) { used_ = static_cast<std::size_t>(end - out_.data()); }
  void put_char(char c) {
    char* const to = room(1);
    *to = c;
    advance_to(to + 1);
  }
  void put(std::string_view text) {
    advance_to(std::copy(text.begin(), text.end(), room(text.size())));
  }
  template <typename Integer>
  void put_integer(Integer value);
  /// An integer as stored, without its sign; nothing if it goes beyond its end.
  template <typename Stored>
  std::optional<Stored> stored_integer(Bytes bytes);
  void put_quoted(std::string_view text, std::size_t readable, bool is_key);
  char* put_escaping(std::string_view text);

  std::uint64_t budget_;
  std::string& out_;
  std::size_t used_;
  const char* problem_ = nullptr;
};

/// The error that a stored value of `size` bytes is impossible.
tl::unexpected<base::Error> corrupt_json(std::size_t size, const char* problem);

}  // namespace pikachu::binlog
