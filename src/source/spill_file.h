#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace pikachu::source {

/// A temporary file without a name, appended to and then read front to back. It is made at the
/// first write, and vanishes with the process.
///
/// Small pieces are written and read in blocks of kBlockBytes. Threads: one owner.
class SpillFile {
 public:
  static constexpr std::size_t kBlockBytes = std::size_t{256} * 1024;

  /// `advice`: what a person can do where the directory takes no more, besides freeing space.
  SpillFile(std::string directory, std::string advice)
      : directory_(std::move(directory)), advice_(std::move(advice)) {}
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  /// Adds `head` and `bytes` as one piece.
  /// Errors: kUnavailable if the file can't be made or written (disk full), naming the directory;
  /// then nothing was added.
  base::Result<void> append(std::span<const std::uint8_t> head,
                            std::span<const std::uint8_t> bytes);

  /// Bytes of pieces added.
  std::uint64_t size() const { return written_ + tail_.size(); }
  /// Whether anything was added since it was made or closed.
  bool is_open() const { return descriptor_ >= 0; }

  /// Forgets what is behind `size`, which is the end of a piece.
  void cut(std::uint64_t size);
  /// Forgets everything, and gives the file and most of the memory back.
  void close();

  /// The piece of `size` bytes, or its beginning, at `at`. Errors: kUnavailable if the file can't
  /// be read. Lifetime: until the next call of any method.
  base::Result<std::span<const std::uint8_t>> read(std::uint64_t at, std::size_t size);

  /// Writes what waits in memory to the file, and gives the memory back. Errors: as append().
  base::Result<void> settle();
  /// Memory that it takes, in bytes.
  std::size_t memory_bytes() const { return tail_.capacity() + block_.capacity(); }

 private:
  base::Result<void> flush();
  base::Result<void> open();
  base::Result<void> write_at(std::uint64_t at, std::span<const std::uint8_t> bytes);
  /// The error that errno says.
  tl::unexpected<base::Error> failure(std::string_view doing) const;

  const std::string directory_;
  const std::string advice_;
  int descriptor_ = -1;
  std::uint64_t written_ = 0;
  std::vector<std::uint8_t> tail_;  ///< Pieces behind those that were written.
  std::vector<std::uint8_t> block_;
  std::uint64_t block_at_ = 0;  ///< Where in the file `block_` stands.
};

}  // namespace pikachu::source
