#include "binlog/event_header.h"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <libdeflate.h>

#include "binlog/checksum_field.h"
#include "wire/little_endian.h"

namespace pikachu::binlog {

namespace {

constexpr std::size_t kTypeOffset = 4;
constexpr std::size_t kLogPosOffset = 13;
constexpr std::size_t kFlagsOffset = 17;
constexpr std::size_t kMagicSize = 4;  // of a file, before its format description
constexpr std::size_t kChecksumSize = 4;

// libdeflate's, because it uses the processor's carry-less multiplication: several times the speed
// of zlib's, and each byte that the server writes passes here.
std::uint32_t extend_crc32(std::uint32_t crc, Bytes bytes) {
  return libdeflate_crc32(crc, bytes.data(), bytes.size());
}

// A server writes the format description with kFlagInUse set while the file is open and clears the
// bit in place when it closes the file, without touching the sum.
std::uint32_t crc32_without_flag_in_use(Bytes covered) {
  const auto flags_low =
      static_cast<std::uint8_t>(covered[kFlagsOffset] & ~unsigned{EventHeader::kFlagInUse});
  std::uint32_t crc = extend_crc32(0, covered.first(kFlagsOffset));
  crc = extend_crc32(crc, Bytes(&flags_low, 1));
  return extend_crc32(crc, covered.subspan(kFlagsOffset + 1));
}

// Servers zero fields of a description that they send: its log_pos where they begin within a file,
// its time of creation where it is sent again or by GTID. Where they write no checksums (algorithm
// 0) they leave its sum as it is in the file (observed on MySQL 5.6 and 9.7, MariaDB 10.11). One
// whose algorithm was damaged to look so is told apart: with that of CRC32 its sum fits.
bool may_be_stale(Bytes description, std::uint32_t stated) {
  if (description.back() != static_cast<std::uint8_t>(Checksum::kNone)) return false;
  constexpr std::size_t kCreatedOffset = EventHeader::kSize + 2 + 50;
  if (description.size() < kCreatedOffset + 4) return false;
  const std::uint32_t log_pos = wire::load_u32(description.data() + kLogPosOffset);
  const bool is_first = log_pos == kMagicSize + description.size() + kChecksumSize;
  const bool was_created = wire::load_u32(description.data() + kCreatedOffset) != 0;
  if (log_pos != 0 && (!is_first || was_created)) return false;
  std::vector<std::uint8_t> with_sums(description.begin(), description.end());
  with_sums.back() = static_cast<std::uint8_t>(Checksum::kCrc32);
  return crc32_without_flag_in_use(with_sums) != stated;
}

std::string hexadecimal(std::uint32_t value) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[(value >> shift) & 0xf];
  return text;
}

}  // namespace

base::Result<EventHeader> read_event_header(Bytes bytes) {
  if (bytes.size() < EventHeader::kSize) {
    return base::fail(base::ErrorCode::kCorrupt,
                      "event of " + std::to_string(bytes.size()) +
                          " bytes is shorter than the 19-byte header; check the binlog file with "
                          "mysqlbinlog --verify-binlog-checksum");
  }
  const std::uint8_t* const from = bytes.data();
  EventHeader header;
  header.timestamp = wire::load_u32(from);
  header.type = static_cast<EventType>(from[kTypeOffset]);
  header.server_id = wire::load_u32(from + 5);
  header.event_size = wire::load_u32(from + 9);
  header.log_pos = wire::load_u32(from + 13);
  header.flags = wire::load_u16(from + kFlagsOffset);
  if (header.event_size != bytes.size()) {
    return base::fail(base::ErrorCode::kCorrupt,
                      "event header of type " + std::to_string(bytes[kTypeOffset]) + " states " +
                          std::to_string(header.event_size) + " bytes where " +
                          std::to_string(bytes.size()) +
                          " are there; check the binlog file with mysqlbinlog "
                          "--verify-binlog-checksum");
  }
  return header;
}

base::Result<Bytes> verify_checksum(Bytes event, Checksum checksum) {
  if (event.size() < EventHeader::kSize) {
    return base::fail(base::ErrorCode::kCorrupt, "event of " + std::to_string(event.size()) +
                                                     " bytes is shorter than the 19-byte header");
  }
  const auto type = static_cast<EventType>(event[kTypeOffset]);
  const bool is_format_description = type == EventType::kFormatDescription;
  const bool has_sum =
      is_format_description ? has_checksum_field(event) : checksum == Checksum::kCrc32;
  if (!has_sum) return event;
  if (event.size() < EventHeader::kSize + kChecksumSize) {
    return base::fail(base::ErrorCode::kCorrupt,
                      "event of " + std::to_string(event.size()) +
                          " bytes has no room for a header and a CRC32; it needs 23");
  }
  const Bytes covered = event.first(event.size() - kChecksumSize);
  const std::uint32_t stated = wire::load_u32(event.last(kChecksumSize).data());
  const std::uint32_t computed =
      is_format_description ? crc32_without_flag_in_use(covered) : extend_crc32(0, covered);
  if (stated != computed) {
    if (is_format_description && may_be_stale(covered, stated)) return covered;
    return base::fail(base::ErrorCode::kCorrupt,
                      "checksum of the " + to_string(type) + " event of " +
                          std::to_string(event.size()) + " bytes is " + hexadecimal(computed) +
                          " but the event states " + hexadecimal(stated) +
                          "; the bytes changed on disk or on the way: check the file on the "
                          "server with mysqlbinlog --verify-binlog-checksum");
  }
  return covered;
}

}  // namespace pikachu::binlog
