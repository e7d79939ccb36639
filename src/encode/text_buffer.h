#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace pikachu::encode {

/// Gathers text, and adds it to a string in few, large pieces: a short body costs one allocation of
/// the right size, a long one is never held twice.
///
/// Lifetime: what was written reaches the string at flush(), not before; nothing flushes by itself
/// at the end.
class TextBuffer {
 public:
  static constexpr std::size_t kSize = 4'096;

  /// Gathers on the stack.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): own_ is written before it is read.
  explicit TextBuffer(std::string& out) : out_(out), capacity_(kSize) { bytes_ = own_.data(); }

  /// Gathers in `storage`, from where gathered() can be taken without a copy.
  /// REQUIRES: storage.size() >= kSize. Lifetime: it outlives this.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): as above.
  TextBuffer(std::string& out, std::span<char> storage)
      : out_(out), capacity_(storage.size()), bytes_(storage.data()) {}

  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;
  ~TextBuffer() = default;

  /// At least `size` bytes to write to; then tell advance_to() where the text ends.
  /// REQUIRES: size <= kSize.
  char* room(std::size_t size) {
    if (capacity_ - used_ < size) flush();
    return bytes_ + used_;
  }
  void advance_to(const char* end) { used_ = static_cast<std::size_t>(end - bytes_); }

  void put(char c) {
    if (used_ == capacity_) flush();
    bytes_[used_++] = c;
  }

  void put(std::string_view text) {
    if (text.size() > capacity_ - used_) {
      flush();
      if (text.size() > capacity_) {
        out_.append(text);
        return;
      }
    }
    std::memcpy(bytes_ + used_, text.data(), text.size());
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
    out_.append(bytes_, used_);
    used_ = 0;
  }

  /// What is gathered and not yet in the string.
  std::string_view gathered() const { return {bytes_, used_}; }
  /// Forgets it: it was taken from here.
  void clear() { used_ = 0; }

  /// The string itself, for functions that append to one. Everything written so far is in it.
  std::string& flushed(std::size_t more) {
    flush(more);
    return out_;
  }

 private:
  std::string& out_;
  const std::size_t capacity_;
  char* bytes_ = nullptr;
  std::size_t used_ = 0;
  std::array<char, kSize> own_;
};

}  // namespace pikachu::encode
