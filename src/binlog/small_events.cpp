#include <cstddef>

#include "binlog/event_body.h"
#include "binlog/events.h"

namespace pikachu::binlog {

namespace {

// "X'6774'": a part of an XA transaction's id, as servers write it into XA COMMIT statements.
void append_hexadecimal_literal(std::string_view bytes, std::string& out) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  out += "X'";
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xf];
  }
  out += '\'';
}

// HEARTBEAT_V2: fields of type:u8, size:lenenc, value, up to one of type 0.
base::Result<Heartbeat> parse_heartbeat_v2(Bytes event) {
  constexpr std::uint8_t kEnd = 0;
  constexpr std::uint8_t kFile = 1;
  constexpr std::uint8_t kOffset = 2;
  wire::ByteReader in = read_body(event);
  Heartbeat heartbeat;
  while (!in.at_end()) {
    const std::uint8_t field = in.u8();
    if (field == kEnd) break;
    wire::ByteReader value(in.bytes(in.lenenc()));
    if (field == kFile) heartbeat.file = value.rest_as_text();
    if (field == kOffset) heartbeat.offset = value.lenenc();
    if (!value.ok()) return truncated_event(event);
  }
  if (!in.ok()) return truncated_event(event);
  return heartbeat;
}

}  // namespace

base::Result<Rotate> parse_rotate(Bytes event) {
  wire::ByteReader in = read_body(event);
  Rotate rotate;
  rotate.offset = in.u64();
  rotate.file = in.rest_as_text();
  if (!in.ok()) return truncated_event(event);
  if (rotate.file.empty()) return corrupt_event(event, "it names no file");
  return rotate;
}

// ROWS_QUERY: one byte that was to be the length, and holds no more than 255; then the text.
base::Result<std::string_view> parse_rows_query(Bytes event) {
  wire::ByteReader in = read_body(event);
  if (type_of(event) == EventType::kRowsQuery) in.skip(1);
  const std::string_view text = in.rest_as_text();
  if (!in.ok()) return truncated_event(event);
  return text;
}

base::Result<std::uint64_t> parse_xid(Bytes event) {
  wire::ByteReader in = read_body(event);
  const std::uint64_t xid = in.u64();
  if (!in.ok()) return truncated_event(event);
  return xid;
}

//     one_phase:u8 format_id:u32 gtrid_size:u32 bqual_size:u32 gtrid bqual
base::Result<XaPrepare> parse_xa_prepare(Bytes event) {
  constexpr std::uint32_t kPartSizeMax = 64;
  wire::ByteReader in = read_body(event);
  XaPrepare prepare;
  prepare.one_phase = in.u8() != 0;
  const std::uint32_t format_id = in.u32();
  const std::uint32_t gtrid_size = in.u32();
  const std::uint32_t bqual_size = in.u32();
  if (gtrid_size > kPartSizeMax || bqual_size > kPartSizeMax) {
    return corrupt_event(event, "its XA id has parts of " + std::to_string(gtrid_size) + " and " +
                                    std::to_string(bqual_size) + " bytes, above the limit of 64");
  }
  const std::string_view gtrid = in.text(gtrid_size);
  const std::string_view bqual = in.text(bqual_size);
  if (!in.ok()) return truncated_event(event);
  append_hexadecimal_literal(gtrid, prepare.xid);
  prepare.xid += ',';
  append_hexadecimal_literal(bqual, prepare.xid);
  prepare.xid += ',' + std::to_string(format_id);
  return prepare;
}

//     incident:u16 message_size:u8 message
base::Result<std::string> parse_incident(Bytes event) {
  constexpr std::uint16_t kLostEvents = 1;
  wire::ByteReader in = read_body(event);
  const std::uint16_t incident = in.u16();
  const std::string_view message = in.text(in.u8());
  if (!in.ok()) return truncated_event(event);
  std::string text =
      incident == kLostEvents ? "LOST_EVENTS" : "incident " + std::to_string(incident);
  if (!message.empty()) text.append(": ").append(message);
  return text;
}

base::Result<Heartbeat> parse_heartbeat(Bytes event) {
  if (type_of(event) == EventType::kHeartbeatV2) return parse_heartbeat_v2(event);
  constexpr std::size_t kLogPosOffset = 13;
  wire::ByteReader header(event);
  header.skip(kLogPosOffset);
  wire::ByteReader in = read_body(event);
  Heartbeat heartbeat;
  heartbeat.offset = header.u32();
  heartbeat.file = in.rest_as_text();
  if (!in.ok()) return truncated_event(event);
  return heartbeat;
}

}  // namespace pikachu::binlog
