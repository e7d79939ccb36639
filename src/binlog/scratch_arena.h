#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace pikachu::binlog {

/// Memory for the values of one row that are not found in the event as they are shown: formatted
/// numbers and dates, converted and decompressed text.
///
/// Grows in chunks that never move, so views into it stay valid until reset(), which frees nothing:
/// once warm there is no allocation. Chunks beyond kKeptBytes are given back by reset(), so that
/// one huge value does not hold its memory for ever.
///
/// Threads: one owner.
class ScratchArena {
 public:
  static constexpr std::size_t kChunkBytes = std::size_t{64} * 1024;
  static constexpr std::size_t kKeptBytes = std::size_t{4} * 1024 * 1024;

  ScratchArena() = default;
  ~ScratchArena() = default;
  ScratchArena(const ScratchArena&) = delete;
  ScratchArena& operator=(const ScratchArena&) = delete;

  /// Room for `size` bytes, uninitialised, valid until reset().
  char* reserve(std::size_t size) {
    if (size > left_) add_room(size);
    return next_;
  }
  /// Keeps the first `size` bytes of what the last reserve() returned.
  /// REQUIRES: `size` is not above what was reserved.
  std::string_view commit(std::size_t size) {
    const std::string_view kept(next_, size);
    next_ += size;
    left_ -= size;
    return kept;
  }
  /// reserve() and commit() of a copy of `text`.
  std::string_view copy(std::string_view text);

  /// Makes every view handed out so far invalid.
  void reset() {
    if (used_chunks_ != 0) rewind();
  }

 private:
  struct Chunk {
    // NOLINTNEXTLINE(modernize-avoid-c-arrays): a size that only running knows, without clearing.
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };

  void add_room(std::size_t size);
  void rewind();

  std::vector<Chunk> chunks_;
  std::size_t used_chunks_ = 0;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace pikachu::binlog
