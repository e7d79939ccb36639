#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "binlog/charset.h"
#include "binlog/scratch_arena.h"

namespace pikachu::binlog {

/// Converts text of any of the servers' character sets to UTF-8, as the servers do.
///
/// A byte or code that means nothing in its set becomes U+FFFD: a row is never lost for it. What is
/// UTF-8 as it stands (utf8mb3, utf8mb4, and ASCII text in nearly every set) is not copied. Whether
/// utf8mb3 and utf8mb4 bytes are well-formed is not checked here.
///
/// Threads: one owner. Each set's conversion is made once, when it is first met.
class TextConverter {
 public:
  TextConverter();
  ~TextConverter();
  TextConverter(const TextConverter&) = delete;
  TextConverter& operator=(const TextConverter&) = delete;

  /// `text` in UTF-8: the same bytes, or a copy in `arena`. nullopt if this system's iconv does not
  /// know the set: glibc's conversion modules (package libc6 or libc-bin) are not installed.
  std::optional<std::string_view> to_utf8(Charset charset, std::string_view text,
                                          ScratchArena& arena);

 private:
  class Conversion;

  std::array<std::unique_ptr<Conversion>, kCharsetCount> conversions_;
};

}  // namespace pikachu::binlog
