#pragma once

#include <string>
#include <string_view>

#include "binlog/sql_type.h"
#include "binlog/table_map.h"
#include "change/table_schema.h"
#include "tests/fuzz/property.h"

namespace pikachu::fuzz {

/// The table of `map` as information_schema might show it: a column for each line of `types`, each
/// "hint collation type", the hint one digit and the collation a character's code.
inline change::TableSchema known_table(const binlog::TableMap& map, std::string_view types) {
  change::TableSchema known;
  known.database = map.database;
  known.table = map.table;
  while (!types.empty()) {
    const std::string_view line = types.substr(0, types.find('\n'));
    types.remove_prefix(std::min(types.size(), line.size() + 1));
    change::Column column;
    const std::size_t index = known.columns.size();
    column.name = index < map.columns.size() && map.columns[index].name
                      ? *map.columns[index].name
                      : "column" + std::to_string(index);
    if (line.size() >= 2) {
      constexpr unsigned kHints = 6;
      column.hint = static_cast<change::ColumnHint>(static_cast<unsigned char>(line[0]) % kHints);
      column.collation_id = static_cast<unsigned char>(line[1]);
      column.sql_type = line.substr(2);
    }
    const auto parsed = binlog::parse_sql_type(column.sql_type);
    if (parsed) {
      require(!parsed->name.empty(), "a type has a name");
      column.labels.assign(std::min<std::size_t>(parsed->label_count, 64), "label");
    }
    known.columns.push_back(std::move(column));
  }
  if (!known.columns.empty()) known.primary_key.push_back(0);
  return known;
}

}  // namespace pikachu::fuzz
