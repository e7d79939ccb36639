#include <array>
#include <cstddef>

#include "base/decimal_text.h"
#include "binlog/event_body.h"
#include "binlog/events.h"
#include "binlog/gtid_tag.h"
#include "binlog/uuid_text.h"

namespace pikachu::binlog {

namespace {

using base::append_unsigned;

constexpr std::uint64_t kGnoMax = 0x7ffffffffffffffe;  // 2^63 - 2, as the servers have it

std::optional<std::int64_t> known_time(std::uint64_t microseconds) {
  // A server that replicates from one older than 8.0.1 does not know the original time and writes
  // 0.
  if (microseconds == 0) return std::nullopt;
  return static_cast<std::int64_t>(microseconds);
}

// GTID and ANONYMOUS_GTID. Each server generation appended fields, so the event may end after any:
//
//     flags:u8 uuid:16 gno:u64                                     5.6
//     type:u8=2 last_committed:u64 sequence_number:u64             5.7
//     immediate_commit:u56 [original_commit:u56 if bit 55 is set]  8.0.1
//
// and more that has no meaning here.
base::Result<void> read_mysql_gtid(Bytes event, GtidEvent& gtid) {
  constexpr std::uint8_t kLogicalTimestamps = 2;
  constexpr std::uint64_t kOriginalFollows = std::uint64_t{1} << 55;
  wire::ByteReader in = read_body(event);
  in.skip(1);
  const Bytes uuid = in.bytes(kUuidSize);
  const std::uint64_t gno = in.u64();
  if (!in.ok()) return truncated_event(event);

  if (type_of(event) == EventType::kGtid) {
    if (gno == 0 || gno > kGnoMax) {
      return corrupt_event(
          event, "transaction number " + std::to_string(gno) + " is not between 1 and 2^63 - 2");
    }
    append_uuid(uuid, gtid.gtid);
    gtid.gtid += ':';
    append_unsigned(gno, gtid.gtid);
  }
  if (in.at_end() || in.u8() != kLogicalTimestamps) return {};
  in.skip(8 + 8);
  if (!in.ok()) return truncated_event(event);
  if (in.remaining() < 7) return {};
  std::uint64_t time = in.u56();
  if ((time & kOriginalFollows) != 0) time = in.u56();
  if (!in.ok()) return truncated_event(event);
  gtid.commit_time_us = known_time(time);
  return {};
}

// The variable-length integer of mysql::serialization: as many one bits as the first byte ends in,
// so many bytes follow it; the value stands little-endian above those bits and a zero bit.
std::uint64_t read_varint(wire::ByteReader& in) {
  const unsigned first = in.u8();
  std::size_t more = 0;
  while (more < 8 && ((first >> more) & 1) != 0) ++more;
  if (more == 8) return in.u64();
  const std::uint64_t low = first >> (more + 1);
  return low | (in.uint(more) << (8 - more - 1));
}

// Signed integers are spread so that small negative ones are short: 0, -1, 1, -2, …
std::int64_t read_signed_varint(wire::ByteReader& in) {
  const std::uint64_t spread = read_varint(in);
  const std::uint64_t sign = 0 - (spread & 1);
  return static_cast<std::int64_t>((spread >> 1) ^ sign);
}

struct TaggedFields {
  std::string uuid;
  std::int64_t gno = 0;
  std::string_view tag;
  std::uint64_t immediate_time = 0;
  std::optional<std::uint64_t> original_time;
};

// One field of GTID_TAGGED; false for a number that this version does not know.
bool read_tagged_field(wire::ByteReader& in, std::uint64_t id, TaggedFields& fields) {
  switch (id) {
    case 0:  // flags
      read_varint(in);
      return true;
    case 1: {
      std::array<std::uint8_t, kUuidSize> uuid{};
      for (std::uint8_t& byte : uuid) byte = static_cast<std::uint8_t>(read_varint(in));
      fields.uuid = uuid_text(uuid);
      return true;
    }
    case 2:
      fields.gno = read_signed_varint(in);
      return true;
    case 3:
      fields.tag = in.text(read_varint(in));
      return true;
    case 4:  // last_committed
    case 5:  // sequence_number
      read_signed_varint(in);
      return true;
    case 6:
      fields.immediate_time = read_varint(in);
      return true;
    case 7:
      fields.original_time = read_varint(in);
      return true;
    default:
      return false;
  }
}

// GTID_TAGGED: version, size, last field that must be understood, then fields that each begin with
// their number, in rising order. Fields beyond those read here are left alone: their sizes are not
// known, and nothing follows them.
base::Result<void> read_tagged_gtid(Bytes event, GtidEvent& gtid) {
  constexpr std::uint64_t kLastKnownField = 11;  // commit_group_ticket
  wire::ByteReader in = read_body(event);
  const std::uint64_t version = read_varint(in);
  read_varint(in);  // The size, which the event's own says too.
  const std::uint64_t last_needed = read_varint(in);
  if (!in.ok()) return truncated_event(event);
  if (version != 1 || last_needed > kLastKnownField) {
    return base::fail(base::ErrorCode::kUnsupported,
                      "GTID_TAGGED event of serialization version " + std::to_string(version) +
                          " with needed field " + std::to_string(last_needed) +
                          " is not handled, only version 1 up to field 11 is; upgrade pikachu");
  }
  TaggedFields fields;
  while (!in.at_end() && read_tagged_field(in, read_varint(in), fields)) continue;
  if (!in.ok()) return truncated_event(event);
  if (fields.uuid.empty() || fields.gno < 1 || static_cast<std::uint64_t>(fields.gno) > kGnoMax ||
      !is_gtid_tag(fields.tag)) {
    return corrupt_event(event, "its UUID, transaction number or tag is impossible");
  }
  gtid.gtid.append(fields.uuid) += ':';
  if (!fields.tag.empty()) gtid.gtid.append(fields.tag) += ':';
  append_unsigned(static_cast<std::uint64_t>(fields.gno), gtid.gtid);
  gtid.commit_time_us = known_time(fields.original_time.value_or(fields.immediate_time));
  return {};
}

// MariaDB: sequence:u64 domain:u32 flags:u8, then what the flags announce, then padding of any
// length (11.7 pads to align what follows).
base::Result<void> read_mariadb_gtid(Bytes event, GtidEvent& gtid) {
  constexpr unsigned kStandalone = 1;
  constexpr unsigned kGroupCommitId = 2;
  constexpr unsigned kPreparedXa = 64;
  constexpr unsigned kCompletedXa = 128;
  constexpr unsigned kExtraMultiEngine = 1;
  constexpr unsigned kExtraStartAlter = 2;
  constexpr unsigned kExtraRollbackAlter = 8;
  constexpr std::size_t kServerIdOffset = 5;

  wire::ByteReader header(event);
  header.skip(kServerIdOffset);
  const std::uint32_t server_id = header.u32();
  wire::ByteReader in = read_body(event);
  const std::uint64_t sequence = in.u64();
  const std::uint32_t domain = in.u32();
  const unsigned flags = in.u8();
  if ((flags & kGroupCommitId) != 0) in.skip(8);
  if ((flags & (kPreparedXa | kCompletedXa)) != 0) {
    in.skip(4);  // format id
    const std::size_t gtrid_size = in.u8();
    const std::size_t bqual_size = in.u8();
    in.skip(gtrid_size + bqual_size);
  }
  if (!in.ok()) return truncated_event(event);
  const unsigned extra = in.at_end() ? 0U : in.u8();
  if ((extra & kExtraMultiEngine) != 0) in.skip(1);
  if (!in.ok()) return truncated_event(event);

  append_unsigned(domain, gtid.gtid);
  gtid.gtid += '-';
  append_unsigned(server_id, gtid.gtid);
  gtid.gtid += '-';
  append_unsigned(sequence, gtid.gtid);
  gtid.standalone = (flags & kStandalone) != 0;
  gtid.prepared_xa = (flags & kPreparedXa) != 0;
  gtid.completed_xa = (flags & kCompletedXa) != 0;
  gtid.start_alter = (extra & kExtraStartAlter) != 0;
  gtid.rollback_alter = (extra & kExtraRollbackAlter) != 0;
  return {};
}

}  // namespace

base::Result<void> read_gtid(Bytes event, GtidEvent& gtid) {
  gtid.clear();
  switch (type_of(event)) {
    case EventType::kGtidTagged:
      return read_tagged_gtid(event, gtid);
    case EventType::kMariadbGtid:
      return read_mariadb_gtid(event, gtid);
    default:
      return read_mysql_gtid(event, gtid);
  }
}

base::Result<GtidEvent> parse_gtid(Bytes event) {
  GtidEvent gtid;
  if (auto read = read_gtid(event, gtid); !read) return base::propagate(std::move(read));
  return gtid;
}

}  // namespace pikachu::binlog
