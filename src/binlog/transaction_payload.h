#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "binlog/event_header.h"

namespace pikachu::binlog {

/// Reads a TRANSACTION_PAYLOAD event (MySQL 8.0.20+, binlog_transaction_compression): the events of
/// a transaction, compressed as one. They follow each other without checksums, and their log_pos is
/// 0; a point to resume from lies only before or after the outer event.
///
///     PayloadReader payload;
///     if (auto opened = payload.open(event); !opened) return …;
///     while (true) {
///       auto nested = payload.next();
///       if (!nested) return …;        // an error
///       if (!nested->has_value()) break;  // the end
///       use(**nested);
///     }
///
/// Memory: the largest nested event (at most EventHeader::kSizeMax), a step of decompression and
/// the window that the compressor chose (at most 128 MiB); it grows with bytes that really come
/// out, never with a claim. It is kept for the next payload. Threads: one owner. Spec:
/// mysql-server 9.7 libs/mysql/binlog/event/codecs/binary.cpp, Transaction_payload.
class PayloadReader {
 public:
  PayloadReader();
  ~PayloadReader();
  PayloadReader(const PayloadReader&) = delete;
  PayloadReader& operator=(const PayloadReader&) = delete;

  /// Begins with `event` (header included, checksum cut off), which has to stay until the last
  /// next(). Errors: kCorrupt; kUnsupported for a compression other than zstd or none.
  base::Result<void> open(Bytes event);

  /// The next nested event, header included; nullopt at the end.
  /// Errors: kCorrupt if the compressed bytes are damaged, end early, go beyond the size that the
  /// payload claims, or hold an event of an impossible size. After an error only open() may follow.
  /// Lifetime: until the next call of next() or open().
  base::Result<std::optional<Bytes>> next();

 private:
  class ZstdStream;

  base::Result<bool> fill(std::size_t wanted);

  std::unique_ptr<ZstdStream> zstd_;
  Bytes event_;
  bool compressed_ = false;
  std::optional<std::uint64_t> claimed_size_;  // of all nested events together
  std::uint64_t produced_ = 0;
  Bytes input_;  // not decompressed yet, or (uncompressed) not handed out
  std::vector<std::uint8_t>
      buffer_;  // decompressed bytes; those in [begin_, end_) are not handed out
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool frame_open_ = false;  // a zstd frame has begun and not ended
};

}  // namespace pikachu::binlog
