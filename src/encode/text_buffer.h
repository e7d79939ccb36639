#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace pikachu::encode {

/// Gathers text on the stack and adds it to a string in few, large pieces: a short body costs one
/// allocation of the right size, a long one is never held twice.
///
/// Lifetime: what was written reaches the string at flush(), not before; nothing flushes by itself
/// at the end.
class TextBuffer {
 public:
  static constexpr std::size_t kSize = 4'096;

  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): bytes_ is written before it is read.
  explicit TextBuffer(std::string& out) : out_(out) {}

  /// At least `size` bytes to write to; then tell advance_to() where the text ends.
  /// REQUIRES: size <= kSize.
  char* room(std::size_t size) {
    if (kSize - used_ < size) flush();
    return bytes_.data() + used_;
  }
  void advance_to(const char* end) { used_ = static_cast<std::size_t>(end - bytes_.data()); }

  void put(char c) {
    if (used_ == kSize) flush();
    bytes_[used_++] = c;
  }

  void put(std::string_view text) {
    if (text.size() > kSize - used_) {
      flush();
      if (text.size() > kSize) {
        out_.append(text);
        return;
      }
    }
    std::memcpy(bytes_.data() + used_, text.data(), text.size());
    used_ += text.size();
  }

  /// The first `size` of kPadded bytes that may be read at `text`: short pieces of many sizes are
  /// copied without a branch. REQUIRES: size <= kPadded.
  static constexpr std::size_t kPadded = 32;
  void put_padded(const char* text, std::size_t size) {
    std::memcpy(room(kPadded), text, kPadded);
    used_ += size;
  }

  /// Hands everything on. `more` is how many bytes are about to follow: one allocation for both.
  void flush(std::size_t more = 0) {
    if (more > 0) out_.reserve(out_.size() + used_ + more);
    out_.append(bytes_.data(), used_);
    used_ = 0;
  }

  /// The string itself, for functions that append to one. Everything written so far is in it.
  std::string& flushed(std::size_t more) {
    flush(more);
    return out_;
  }

 private:
  std::string& out_;
  std::size_t used_ = 0;
  std::array<char, kSize> bytes_;
};

}  // namespace pikachu::encode
