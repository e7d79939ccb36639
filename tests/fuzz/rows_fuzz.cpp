// Rows events and every type of value in them. An input is
//
//     options:u8 type:u8 types_size:u16 types[types_size] map_size:u16 body of a table
//     map[map_size] plain_size:u16 body of a rows event
//
// The options' bit 0 is for MariaDB; with bit 1, all of the rows event's body but its first
// plain_size bytes is compressed as MariaDB does. The types are those of known_table.h.

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "binlog/rows_event.h"
#include "binlog/table_layout.h"
#include "binlog/table_map.h"
#include "encode/body.h"
#include "tests/fuzz/known_table.h"
#include "tests/fuzz/property.h"
#include "wire/byte_reader.h"

namespace pikachu::fuzz {
namespace {

using binlog::Bytes;
using binlog::EventType;
using change::Operation;

constexpr std::array<EventType, 13> kTypes{EventType::kWriteRowsV2,
                                           EventType::kUpdateRowsV2,
                                           EventType::kDeleteRowsV2,
                                           EventType::kWriteRowsV1,
                                           EventType::kUpdateRowsV1,
                                           EventType::kDeleteRowsV1,
                                           EventType::kMariadbWriteRowsCompressedV1,
                                           EventType::kMariadbUpdateRowsCompressedV1,
                                           EventType::kMariadbDeleteRowsCompressedV1,
                                           EventType::kMariadbWriteRowsCompressedV2,
                                           EventType::kMariadbUpdateRowsCompressedV2,
                                           EventType::kMariadbDeleteRowsCompressedV2,
                                           EventType::kPartialUpdateRows};

// MariaDB's JSON is text that its server has checked, and is handed on unread.
void check_values(std::span<const change::Value> values, const binlog::TableLayout& layout) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::string text;
    encode::append_value(values[i], text);
    if (layout.columns[i].storage == binlog::Storage::kJsonText) continue;
    if (values[i].kind == change::ValueKind::kJson) text = in_ascii(std::move(text));
    require(nlohmann::json::accept(text), "a value is shown as JSON");
  }
}

// The number of rows, or nothing if one of them is damaged.
std::optional<std::uint64_t> read_rows(Bytes event, const binlog::FormatDescription& format,
                                       const binlog::TableLayout& layout) {
  binlog::RowsReader rows;
  if (!rows.open(event, format, layout)) return std::nullopt;
  std::uint64_t count = 0;
  while (true) {
    const auto more = rows.next();
    if (!more) {
      require(!more.error().message.empty(), "an error has a message");
      return std::nullopt;
    }
    if (!*more) break;
    ++count;
    const std::size_t columns = layout.columns.size();
    require(rows.before().size() == (rows.operation() == Operation::kInsert ? 0 : columns),
            "updates and deletes have an old row");
    require(rows.after().size() == (rows.operation() == Operation::kDelete ? 0 : columns),
            "updates and inserts have a new row");
    check_values(rows.before(), layout);
    check_values(rows.after(), layout);
  }
  require(count <= event.size() * 1032, "a row takes a byte at least");
  binlog::RowsReader counter;
  require(counter.open(event, format, layout).has_value(), "an event opens twice");
  const auto counted = counter.count_remaining();
  require(counted.has_value() && *counted == count, "rows counted are rows decoded");
  return count;
}

std::vector<std::uint8_t> rows_event(EventType type, Bytes body, std::size_t plain, bool compress) {
  if (!compress || plain > body.size()) return event_around(type, body);
  std::vector<std::uint8_t> whole(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(plain));
  append(whole, mariadb_compressed(body.subspan(plain)));
  return event_around(type, whole);
}

void decode(Bytes input) {
  wire::ByteReader in(input);
  const std::uint8_t options = in.u8();
  const EventType type = kTypes.at(in.u8() % kTypes.size());
  const std::string_view types = in.text(in.u16());
  const Bytes map_body = in.bytes(in.u16());
  const std::size_t plain_size = in.u16();
  if (!in.ok()) return;
  const binlog::FormatDescription format = current_format(flavor_of(options));
  const auto map =
      binlog::parse_table_map(event_around(binlog::EventType::kTableMap, map_body), format);
  if (!map) return;
  const std::vector<std::uint8_t> event =
      rows_event(type, in.rest(), plain_size, (options & 2U) != 0);
  binlog::ends_statement(event, format);

  const auto nameless = binlog::make_nameless_layout(*map, format.flavor);
  const auto unnamed_count = read_rows(event, format, nameless);
  const change::TableSchema known = known_table(*map, types);
  const auto named = binlog::make_table_layout(*map, format.flavor, &known);
  if (!named) return;
  const auto named_count = read_rows(event, format, *named);
  require(!unnamed_count || !named_count || *unnamed_count == *named_count,
          "names do not change how many rows there are");
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
