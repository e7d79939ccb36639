#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "binlog/event_header.h"
#include "binlog/events.h"
#include "wire/byte_reader.h"

namespace pikachu::test {

/// A recorded binlog file, cut into events.
///
/// Lifetime: the events point into the file's bytes, which this object owns; a moved-from file has
/// none, and moving it leaves them valid.
class BinlogFile {
 public:
  struct RawEvent {
    std::uint64_t offset = 0;  ///< Bytes from the start of the file.
    binlog::Bytes bytes;       ///< Header, body and checksum.
  };

  /// Errors: kInvalid if the file cannot be read or has no magic; kCorrupt if its last event ends
  /// beyond it.
  static base::Result<BinlogFile> read(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return base::fail(base::ErrorCode::kInvalid, "cannot open " + path.string());
    BinlogFile file;
    file.bytes_.assign(std::istreambuf_iterator<char>(in), {});
    return cut(std::move(file));
  }

  const std::vector<RawEvent>& events() const { return events_; }

 private:
  static constexpr std::size_t kMagicSize = 4;
  static constexpr std::uint32_t kMagic = 0x6e6962fe;  // fe 'b' 'i' 'n'
  static constexpr std::size_t kEventSizeOffset = 9;

  static base::Result<BinlogFile> cut(BinlogFile file) {
    wire::ByteReader in(file.bytes_);
    if (in.u32() != kMagic) return base::fail(base::ErrorCode::kInvalid, "no binlog magic");
    while (!in.at_end()) {
      const std::uint64_t offset = in.position();
      wire::ByteReader header(in.rest());
      header.skip(kEventSizeOffset);
      const std::uint32_t size = header.u32();
      const binlog::Bytes event = in.bytes(size);
      if (!in.ok() || size < binlog::EventHeader::kSize) {
        return base::fail(base::ErrorCode::kCorrupt,
                          "the event at " + std::to_string(offset) + " is no whole one");
      }
      file.events_.push_back({offset, event});
    }
    return file;
  }

  std::vector<std::uint8_t> bytes_;
  std::vector<RawEvent> events_;
};

/// The events of a recorded file with their checksums verified and cut off, and its description.
struct RecordedBinlog {
  BinlogFile file;
  binlog::FormatDescription format;
  std::vector<BinlogFile::RawEvent> events;  ///< Header and body, the format description too.

  static base::Result<RecordedBinlog> read(const std::filesystem::path& path) {
    auto file = BinlogFile::read(path);
    if (!file) return base::propagate(std::move(file));
    RecordedBinlog recorded{std::move(*file), {}, {}};
    for (const BinlogFile::RawEvent& raw : recorded.file.events()) {
      auto header = binlog::read_event_header(raw.bytes);
      if (!header) return base::propagate(std::move(header));
      if (header->type == binlog::EventType::kFormatDescription) {
        auto format = binlog::parse_format_description(raw.bytes);
        if (!format) return base::propagate(std::move(format));
        recorded.format = *format;
      }
      auto event = binlog::verify_checksum(raw.bytes, recorded.format.checksum);
      if (!event) return base::propagate(std::move(event));
      recorded.events.push_back({raw.offset, *event});
    }
    return recorded;
  }

  /// The events of one type, in order.
  std::vector<binlog::Bytes> of_type(binlog::EventType type) const {
    std::vector<binlog::Bytes> found;
    for (const BinlogFile::RawEvent& event : events) {
      if (event.bytes[4] == static_cast<std::uint8_t>(type)) found.push_back(event.bytes);
    }
    return found;
  }
};

}  // namespace pikachu::test
