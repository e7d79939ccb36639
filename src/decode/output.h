#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "encode/text_buffer.h"

namespace pikachu::decode {

/// Lines on their way to a descriptor: gathered in one reused buffer and written in large pieces.
///
///     bodies.append_decoded(change, out.buffer());
///     if (auto ended = out.end_line(); !ended) return …;
///
/// Lifetime: what was not flushed when it goes is lost. Threads: one owner.
class Output {
 public:
  /// What is written at once, at least, until the last piece.
  static constexpr std::size_t kPieceBytes = std::size_t{128} << 10U;
  /// Memory kept after a line of many megabytes.
  static constexpr std::size_t kKeptBytes = std::size_t{8} << 20U;

  explicit Output(int descriptor);

  /// The line that is being made: write to it, or append to text().
  encode::TextBuffer& buffer() { return buffer_; }
  std::string& text() { return buffer_.flushed(0); }

  /// Ends the line. Errors: as flush().
  base::Result<void> end_line() {
    buffer_.put('\n');
    if (text_.size() + buffer_.gathered().size() < kPieceBytes) return {};
    return flush();
  }

  /// Writes everything. Errors: kCancelled if nobody reads it any more (a pipe whose reader has
  /// gone); kUnavailable for everything else (disk full), with the system's reason. After an error
  /// nothing more is written, and the same error returned.
  base::Result<void> flush();

 private:
  base::Result<void> write_all(std::string_view text);

  const int descriptor_;
  /// Comes before what buffer_ has gathered.
  std::string text_;
  std::vector<char> storage_;
  encode::TextBuffer buffer_;
  base::Result<void> failure_;
};

}  // namespace pikachu::decode
