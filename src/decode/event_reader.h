#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "binlog/event_header.h"
#include "decode/byte_source.h"

namespace pikachu::decode {

/// An event as it stands in a file.
struct FileEvent {
  std::uint64_t offset = 0;  ///< Of its first byte, from the start of the (decompressed) file.
  binlog::Bytes bytes;       ///< Header, body and checksum, if it has one.
  binlog::EventType type = binlog::EventType::kUnknown;
  std::uint16_t flags = 0;  ///< EventHeader::kFlagX.
};

/// Cuts binlog files into events: one buffer for all of them, and no allocation per event.
///
/// Memory: kBufferBytes, or the largest event; what is beyond kKeptBytes is given back after it. It
/// grows with the bytes that are really there, never with what a header claims.
///
/// Threads: one owner. Spec: docs/formats/binlog-events.md, "Framing".
class EventReader {
 public:
  static constexpr std::size_t kBufferBytes = std::size_t{512} << 10U;
  static constexpr std::size_t kKeptBytes = std::size_t{16} << 20U;

  EventReader();

  /// Begins with a file, and reads what it starts with.
  /// Errors: kInvalid if it is no binlog, naming what it looks like and what to do; kUnsupported if
  /// it is encrypted; those of ByteSource::read().
  base::Result<void> open(std::unique_ptr<ByteSource> source);

  /// The next event; nothing at the file's end.
  /// Errors: kCorrupt if the file ends within an event or an event states an impossible size;
  /// kUnsupported for an event above EventHeader::kSizeMax, and where encrypted events begin; those
  /// of ByteSource::read(). No message names the file; those about an event name its offset.
  /// Lifetime: until the next call.
  base::Result<std::optional<FileEvent>> next();

 private:
  // Whether `wanted` bytes are there to hand out; false if the file ends before.
  base::Result<bool> fill(std::size_t wanted) {
    if (end_ - begin_ >= wanted) return true;
    return refill(wanted);
  }
  base::Result<bool> refill(std::size_t wanted);
  base::Result<void> read_more();
  void make_room(std::size_t wanted);
  base::Error impossible_size(std::uint32_t size) const;
  tl::unexpected<base::Error> truncated(std::uint32_t stated) const;

  std::unique_ptr<ByteSource> source_;
  std::vector<std::uint8_t> buffer_;  ///< Bytes in [begin_, end_) are not handed out yet.
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;  ///< The source has no more.
  std::uint64_t offset_ = 0;
};

}  // namespace pikachu::decode
