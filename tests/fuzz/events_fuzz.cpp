// Headers, checksums, format descriptions and the events of few fields. An input is
//
//     options:u8 event
//
// The options' bit 0 puts the real size into the header.

#include <algorithm>
#include <vector>

#include "binlog/event_header.h"
#include "binlog/events.h"
#include "tests/fuzz/property.h"

namespace pikachu::fuzz {
namespace {

using binlog::Bytes;
using binlog::Checksum;
using binlog::EventHeader;

void read_small_events(Bytes event) {
  binlog::parse_xid(event);
  if (const auto prepared = binlog::parse_xa_prepare(event)) {
    require(prepared->xid.starts_with("X'") && prepared->xid.size() <= 2 * 2 * 64 + 20,
            "an XA id is two hexadecimal literals and a number");
  }
  if (const auto incident = binlog::parse_incident(event)) {
    require(!incident->empty(), "an incident has a text");
  }
  if (const auto rotate = binlog::parse_rotate(event)) {
    require(is_within(rotate->file, event) && !rotate->file.empty(), "a rotation names a file");
  }
  if (const auto heartbeat = binlog::parse_heartbeat(event)) {
    require(is_within(heartbeat->file, event), "a heartbeat's file lies in the event");
  }
}

void read_format_description(Bytes event) {
  const auto format = binlog::parse_format_description(event);
  if (!format) return;
  require(format->binlog_version == 4, "only version 4 is read");
  require(
      format->server_version.find('\0') == std::string::npos && format->server_version.size() <= 50,
      "a version is up to 50 characters");
}

// An event of any type but FORMAT_DESCRIPTION, whose checksum has rules of its own.
void check_checksum(const std::vector<std::uint8_t>& plain, std::size_t flipped_bit) {
  std::vector<std::uint8_t> sealed = plain;
  append_checksum(sealed);
  const auto verified = binlog::verify_checksum(sealed, Checksum::kCrc32);
  require(verified.has_value() && std::ranges::equal(*verified, plain),
          "an event with the right checksum is the event without it");

  const std::size_t bit = flipped_bit % (8 * sealed.size());
  sealed[bit / 8] = static_cast<std::uint8_t>(sealed[bit / 8] ^ (1U << (bit % 8)));
  const bool becomes_description = sealed[4] == 15;
  require(becomes_description || !binlog::verify_checksum(sealed, Checksum::kCrc32),
          "one wrong bit is noticed");
}

void decode(Bytes input) {
  if (input.empty()) return;
  const std::uint8_t options = input[0];
  std::vector<std::uint8_t> event(input.begin() + 1, input.end());
  if ((options & 1U) != 0 && event.size() >= EventHeader::kSize) set_size(event);
  const auto header = binlog::read_event_header(event);
  if (header) {
    require(header->event_size == event.size(), "a header states the size that is there");
    binlog::name_of(header->type);
  }
  for (const Checksum checksum : {Checksum::kNone, Checksum::kCrc32}) {
    const auto body = binlog::verify_checksum(event, checksum);
    if (body) require(is_within(as_text(*body), event), "a verified event lies in the event");
  }
  constexpr std::uint8_t kFormatDescription = 15;
  if (header && event[4] != kFormatDescription) check_checksum(event, options);
  read_small_events(event);
  read_format_description(event);
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
