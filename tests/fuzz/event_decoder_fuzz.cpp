// Decodes arbitrary bytes as events of a binlog. An input is laid out as
//
//     options:u8 map_size:u16 table map event[map_size] any event
//
// with the options' bit 0 for MariaDB, bit 1 for a checksum. Both events are whole, header and all.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "binlog/event_header.h"
#include "binlog/events.h"
#include "binlog/rows_event.h"
#include "binlog/table_layout.h"
#include "binlog/table_map.h"
#include "binlog/transaction_payload.h"
#include "wire/byte_reader.h"

namespace pikachu::binlog {
namespace {

// What must hold for every input.
void require(bool fact) {
  if (!fact) std::abort();
}

bool is_within(std::string_view part, Bytes whole) {
  const auto* const begin = reinterpret_cast<const char*>(whole.data());
  return part.empty() ||
         (part.data() >= begin && part.data() + part.size() <= begin + whole.size());
}

// The fixed parts as servers since MySQL 5.6 and MariaDB 10 have them.
FormatDescription format_of(change::Flavor flavor) {
  FormatDescription format;
  format.flavor = flavor;
  const auto set = [&format](EventType type, std::uint8_t length) {
    format.post_header_lengths[static_cast<std::size_t>(type) - 1] = length;
  };
  for (const EventType type :
       {EventType::kTableMap, EventType::kWriteRowsV1, EventType::kUpdateRowsV1,
        EventType::kDeleteRowsV1, EventType::kMariadbWriteRowsCompressedV1,
        EventType::kMariadbUpdateRowsCompressedV1, EventType::kMariadbDeleteRowsCompressedV1}) {
    set(type, 8);
  }
  for (const EventType type :
       {EventType::kWriteRowsV2, EventType::kUpdateRowsV2, EventType::kDeleteRowsV2,
        EventType::kPartialUpdateRows, EventType::kMariadbWriteRowsCompressedV2,
        EventType::kMariadbUpdateRowsCompressedV2, EventType::kMariadbDeleteRowsCompressedV2}) {
    set(type, 10);
  }
  return format;
}

void read_query(Bytes event) {
  std::string scratch;
  const auto query = parse_query(event, scratch);
  if (!query) return;
  require(is_within(query->database, event));
  require(query->sql.data() == scratch.data() || is_within(query->sql, event));
  classify_query(query->sql, query->sql_mode);
}

void read_rows(Bytes event, const FormatDescription& format, const TableMap& map) {
  if (event.size() < EventHeader::kSize || !is_rows_event(static_cast<EventType>(event[4]))) return;
  ends_statement(event, format);
  const TableLayout layout = make_nameless_layout(map, format.flavor);
  RowsReader rows;
  if (!rows.open(event, format, layout)) return;
  std::uint64_t read = 0;
  while (true) {
    const auto more = rows.next();
    if (!more) return;
    if (!*more) break;
    ++read;
    const bool updates = rows.operation() == change::Operation::kUpdate;
    require(!updates || rows.before().size() == rows.after().size());
  }
  RowsReader counter;
  require(counter.open(event, format, layout).has_value());
  const auto counted = counter.count_remaining();
  require(counted.has_value() && *counted == read);
}

// Every decoder on one event, whatever its type says: each has to bear it.
void read_event(Bytes event, const FormatDescription& format, const TableMap* map) {
  read_query(event);
  parse_gtid(event);
  parse_previous_gtids(event);
  parse_gtid_list(event);
  parse_xid(event);
  parse_xa_prepare(event);
  parse_incident(event);
  if (const auto rotate = parse_rotate(event)) require(is_within(rotate->file, event));
  if (const auto heartbeat = parse_heartbeat(event)) require(is_within(heartbeat->file, event));
  parse_format_description(event);
  read_table_id(event, format);
  const auto own = parse_table_map(event, format);
  if (own) make_table_layout(*own, format.flavor, nullptr);
  if (map != nullptr) read_rows(event, format, *map);
}

void read_payload(Bytes event, const FormatDescription& format, const TableMap* map) {
  PayloadReader payload;
  if (!payload.open(event)) return;
  while (true) {
    const auto nested = payload.next();
    if (!nested || !nested->has_value()) return;
    require((*nested)->size() >= EventHeader::kSize);
    read_event(**nested, format, map);
  }
}

void decode(Bytes input) {
  wire::ByteReader in(input);
  const std::uint8_t options = in.u8();
  const Bytes map_event = in.bytes(in.u16());
  const Bytes raw = in.rest();
  if (!in.ok()) return;
  const FormatDescription format =
      format_of((options & 1) != 0 ? change::Flavor::kMariadb : change::Flavor::kMysql);
  read_event_header(raw);
  const auto checked =
      verify_checksum(raw, (options & 2) != 0 ? Checksum::kCrc32 : Checksum::kNone);
  if (checked) require(checked->size() <= raw.size());

  const auto map = parse_table_map(map_event, format);
  const TableMap* known = map ? &*map : nullptr;
  read_event(raw, format, known);
  read_payload(raw, format, known);
  const std::string_view text(reinterpret_cast<const char*>(raw.data()), raw.size());
  classify_query(text, options);
}

}  // namespace
}  // namespace pikachu::binlog

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::binlog::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
