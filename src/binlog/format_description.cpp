#include <algorithm>
#include <charconv>
#include <cstddef>

#include "binlog/checksum_field.h"
#include "binlog/event_body.h"
#include "binlog/events.h"

namespace pikachu::binlog {

namespace {

constexpr std::size_t kVersionOffset = EventHeader::kSize + 2;
constexpr std::size_t kVersionSize = 50;
constexpr std::size_t kChecksumFieldSize = 1 + 4;  // the algorithm and the CRC32
constexpr std::uint8_t kAlgorithmUndefined = 255;
constexpr std::size_t kTypesBeforeChecksums = 27;  // MySQL 5.5; all that has checksums has more
constexpr std::size_t kMysqlTypesMax = 160;        // MariaDB's own event types begin here

std::string_view until_nul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

bool is_mariadb_version(std::string_view version) {
  static constexpr std::string_view kName = "mariadb";
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  };
  return std::search(version.begin(), version.end(), kName.begin(), kName.end(), same) !=
         version.end();
}

// The leading "major.minor.patch"; a part that is no number counts as 0, as in the servers.
std::array<unsigned, 3> split_version(std::string_view version) {
  std::array<unsigned, 3> parts{};
  const char* at = version.data();
  const char* const end = at + version.size();
  for (unsigned& part : parts) {
    const auto [stop, error] = std::from_chars(at, end, part);
    if (error != std::errc() || stop == end || *stop != '.') break;
    at = stop + 1;
  }
  return parts;
}

}  // namespace

bool has_checksum_field(Bytes format_description) {
  if (format_description.size() < kVersionOffset + kVersionSize) return false;
  wire::ByteReader in(format_description);
  in.skip(kVersionOffset);
  const std::string_view version = until_nul(in.text(kVersionSize));
  const std::array<unsigned, 3> since =
      is_mariadb_version(version) ? std::array{5U, 3U, 0U} : std::array{5U, 6U, 1U};
  if (split_version(version) >= since) return true;
  // A damaged version must not take the checksum away that would tell of the damage.
  in.skip(sizeof(std::uint32_t) + 1);
  return in.remaining() > kTypesBeforeChecksums;
}

base::Result<FormatDescription> parse_format_description(Bytes event_with_checksum) {
  wire::ByteReader in = read_body(event_with_checksum);
  FormatDescription format;
  format.binlog_version = in.u16();
  format.server_version = until_nul(in.text(kVersionSize));
  format.created = in.u32();
  const std::uint8_t header_size = in.u8();
  if (!in.ok()) return truncated_event(event_with_checksum);
  if (format.binlog_version != 4) {
    return base::fail(base::ErrorCode::kUnsupported,
                      "binlog version " + std::to_string(format.binlog_version) +
                          " is not handled, only version 4 (MySQL 5.0 and up) is; purge the old "
                          "files or start from a newer one");
  }
  if (header_size != EventHeader::kSize) {
    return corrupt_event(
        event_with_checksum,
        "it states headers of " + std::to_string(header_size) + " bytes where version 4 has 19");
  }
  std::size_t types = in.remaining();
  if (has_checksum_field(event_with_checksum)) {
    if (types < kChecksumFieldSize) return truncated_event(event_with_checksum);
    types -= kChecksumFieldSize;
    const std::uint8_t algorithm =
        event_with_checksum[event_with_checksum.size() - kChecksumFieldSize];
    if (algorithm > 1 && algorithm != kAlgorithmUndefined) {
      return base::fail(base::ErrorCode::kUnsupported,
                        "binlog checksum algorithm " + std::to_string(algorithm) +
                            " is not known, only NONE (0) and CRC32 (1) are; SET GLOBAL "
                            "binlog_checksum='CRC32' on the server");
    }
    format.checksum = algorithm == 1 ? Checksum::kCrc32 : Checksum::kNone;
  }
  const Bytes lengths = in.bytes(types);
  std::copy_n(lengths.begin(), std::min(lengths.size(), format.post_header_lengths.size()),
              format.post_header_lengths.begin());
  // A MariaDB server can be started with a version text of its own, but not without its events.
  format.flavor = is_mariadb_version(format.server_version) || types > kMysqlTypesMax
                      ? change::Flavor::kMariadb
                      : change::Flavor::kMysql;
  return format;
}

}  // namespace pikachu::binlog
