#include "source/stream_offset.h"

namespace pikachu::source {

namespace {

using binlog::EventHeader;
using binlog::EventType;

bool stands_in_file(const EventHeader& header) {
  if ((header.flags & EventHeader::kFlagArtificial) != 0) return false;
  switch (header.type) {
    case EventType::kRotate:
      return header.timestamp != 0;
    case EventType::kFormatDescription:
      return header.log_pos != 0;
    case EventType::kHeartbeat:
    case EventType::kHeartbeatV2:
      return false;
    default:
      return true;
  }
}

}  // namespace

void StreamOffset::move_to(std::string_view file, std::uint64_t offset) {
  file_ = file;
  event_start_ = end_ = offset;
}

void StreamOffset::pass(const EventHeader& header) {
  if (!stands_in_file(header)) {
    event_start_ = end_;
    return;
  }
  std::uint64_t end = end_ + header.event_size;
  if (header.log_pos != 0) {
    constexpr std::uint32_t kHalf = 1U << 31U;  // Beyond 4 GiB, what is "ahead" by more is behind.
    const std::uint32_t ahead = header.log_pos - static_cast<std::uint32_t>(end);
    if (ahead < kHalf || header.log_pos > end) end += ahead;
  }
  event_start_ = end - header.event_size;
  end_ = end;
}

}  // namespace pikachu::source
