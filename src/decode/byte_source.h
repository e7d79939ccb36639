#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace pikachu::decode {

/// The bytes of one file, decompressed, front to back. Threads: one owner.
class ByteSource {
 public:
  ByteSource() = default;
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Writes the next bytes to the front of `into`, as many as there are at once: 0 only at the end.
  /// REQUIRES: `into` is not empty.
  /// Errors: kInvalid if the file can't be read; kCorrupt if its compression is damaged or ends
  /// early. What came before was right.
  virtual base::Result<std::size_t> read(std::span<std::uint8_t> into) = 0;
};

/// Opens a file: compressed by Zstandard or gzip where the name ends in ".zst" or ".gz" (also
/// several such streams one behind the other), else as it is; "-" is standard input.
/// Errors: kInvalid, with the system's reason. The messages do not name the file.
base::Result<std::unique_ptr<ByteSource>> open_byte_source(const std::string& path);

}  // namespace pikachu::decode
