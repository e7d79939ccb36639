// Table maps, their metadata, and the layouts made of them. An input is
//
//     options:u8 types_size:u16 types[types_size] body of a table map
//
// with the options' bit 0 for MariaDB and bit 1 for table ids of four bytes; known_table.h says
// what the types are.

#include <algorithm>
#include <vector>

#include "binlog/rows_event.h"
#include "binlog/table_layout.h"
#include "binlog/table_map.h"
#include "tests/fuzz/known_table.h"
#include "tests/fuzz/property.h"
#include "wire/byte_reader.h"

namespace pikachu::fuzz {
namespace {

using binlog::Bytes;
using binlog::TableLayout;
using binlog::TableMap;

void check_map(const TableMap& map, Bytes event, const binlog::FormatDescription& format) {
  const auto id = binlog::read_table_id(event, format);
  require(id.has_value() && *id == map.table_id, "the id alone is the map's");
  const auto name = binlog::read_table_name(event, format);
  require(name.has_value() && name->database == map.database && name->table == map.table,
          "the names alone are the map's");
  require(map.columns.size() <= event.size(), "a column takes a byte at least");
  for (const std::size_t index : map.primary_key.value_or(std::vector<std::size_t>())) {
    require(index < map.columns.size(), "a key has columns of the table");
  }
  for (const binlog::MappedColumn& column : map.columns) {
    require(column.name.has_value() == map.has_names(), "all columns have names, or none");
    const bool has_labels =
        column.type == binlog::ColumnType::kEnum || column.type == binlog::ColumnType::kSet;
    require(column.labels.empty() || has_labels, "only ENUM and SET have labels");
  }
}

void check_layout(const TableLayout& layout, const TableMap& map) {
  require(layout.schema != nullptr && layout.columns.size() == map.columns.size() &&
              layout.schema->columns.size() == map.columns.size(),
          "a layout has the map's columns");
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    const change::Column& column = layout.schema->columns[i];
    require(layout.columns[i].fractional_digits <= 6, "a fraction has up to six digits");
    if (map.columns[i].name && !layout.schema->unnamed) {
      require(column.name == *map.columns[i].name, "names of the map win");
    }
  }
  for (const std::size_t index : layout.schema->primary_key) {
    require(index < map.columns.size(), "a layout's key has columns of the table");
  }
}

void decode(Bytes input) {
  wire::ByteReader in(input);
  const std::uint8_t options = in.u8();
  const std::string_view types = in.text(in.u16());
  if (!in.ok()) return;
  const std::vector<std::uint8_t> event = event_around(binlog::EventType::kTableMap, in.rest());
  binlog::FormatDescription format = current_format(flavor_of(options));
  constexpr std::size_t kTableMap = 19;
  if ((options & 2U) != 0) format.post_header_lengths[kTableMap - 1] = 6;

  const auto map = binlog::parse_table_map(event, format);
  if (!map) return;
  check_map(*map, event, format);
  check_layout(binlog::make_nameless_layout(*map, format.flavor), *map);
  const auto alone = binlog::make_table_layout(*map, format.flavor, nullptr);
  if (alone) check_layout(*alone, *map);
  const change::TableSchema known = known_table(*map, types);
  const auto joined = binlog::make_table_layout(*map, format.flavor, &known);
  if (!joined) return;
  check_layout(*joined, *map);
  require(map->has_names() || known.columns.size() == map->columns.size(),
          "without names the definition has as many columns as the map");
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
