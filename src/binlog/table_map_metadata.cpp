#include "binlog/table_map_metadata.h"

#include <algorithm>
#include <bitset>
#include <cstddef>

#include "binlog/event_body.h"

namespace pikachu::binlog {

namespace {

enum class Field : std::uint8_t {
  kSignedness = 1,
  kDefaultCharset = 2,
  kColumnCharset = 3,
  kColumnName = 4,
  kSetLabels = 5,
  kEnumLabels = 6,
  kGeometryType = 7,
  kSimplePrimaryKey = 8,
  kPrimaryKeyWithPrefix = 9,
  kEnumAndSetDefaultCharset = 10,
  kEnumAndSetColumnCharset = 11,
  kColumnVisibility = 12,
  kVectorDimensionality = 13,
};

using Predicate = bool (*)(ColumnType);

// YEAR counts as numeric, and is always unsigned; BIT does not.
bool is_numeric(ColumnType type) {
  switch (type) {
    case ColumnType::kTiny:
    case ColumnType::kShort:
    case ColumnType::kInt24:
    case ColumnType::kLong:
    case ColumnType::kLongLong:
    case ColumnType::kNewDecimal:
    case ColumnType::kFloat:
    case ColumnType::kDouble:
    case ColumnType::kYear:
      return true;
    default:
      return false;
  }
}

bool is_string(ColumnType type) {
  switch (type) {
    case ColumnType::kVarchar:
    case ColumnType::kVarString:
    case ColumnType::kString:
    case ColumnType::kTinyBlob:
    case ColumnType::kMediumBlob:
    case ColumnType::kLongBlob:
    case ColumnType::kBlob:
      return true;
    default:
      return false;
  }
}

// The families differ in which columns have an entry in the character set fields.
bool is_mysql_character(ColumnType type) {
  return is_string(type) || type == ColumnType::kVector;
}
bool is_mariadb_character(ColumnType type) {
  return is_string(type) || type == ColumnType::kGeometry || type == ColumnType::kBlobCompressed ||
         type == ColumnType::kVarcharCompressed;
}

bool is_enum(ColumnType type) {
  return type == ColumnType::kEnum;
}
bool is_set(ColumnType type) {
  return type == ColumnType::kSet;
}
bool is_enum_or_set(ColumnType type) {
  return is_enum(type) || is_set(type);
}

// One bit for each numeric column, the most significant bit first; 1 is unsigned.
bool read_signedness(wire::ByteReader in, TableMap& map) {
  const Bytes bits = in.rest();
  std::size_t bit = 0;
  for (MappedColumn& column : map.columns) {
    if (!is_numeric(column.type)) continue;
    if (bit / 8 >= bits.size()) return false;
    column.is_unsigned = ((bits[bit / 8] >> (7 - bit % 8)) & 1) != 0;
    ++bit;
  }
  return bits.size() == (bit + 7) / 8;
}

bool read_collation(wire::ByteReader& in, std::optional<std::uint32_t>& collation) {
  constexpr std::uint64_t kCollationMax = 0xffffffff;
  const std::uint64_t id = in.lenenc();
  collation = static_cast<std::uint32_t>(id);
  return in.ok() && id <= kCollationMax;
}

// The collation of most columns, then pairs of an index (among the columns that `counts` takes) and
// the collation of that column.
bool read_default_charset(wire::ByteReader in, Predicate counts, TableMap& map) {
  std::optional<std::uint32_t> collation;
  if (!read_collation(in, collation)) return false;
  std::vector<MappedColumn*> columns;
  for (MappedColumn& column : map.columns) {
    if (!counts(column.type)) continue;
    column.collation_id = collation;
    columns.push_back(&column);
  }
  while (!in.at_end()) {
    const std::uint64_t index = in.lenenc();
    if (!read_collation(in, collation) || index >= columns.size()) return false;
    columns[static_cast<std::size_t>(index)]->collation_id = collation;
  }
  return true;
}

bool read_column_charset(wire::ByteReader in, Predicate counts, TableMap& map) {
  for (MappedColumn& column : map.columns) {
    if (counts(column.type) && !read_collation(in, column.collation_id)) return false;
  }
  return in.ok() && in.at_end();
}

bool read_names(wire::ByteReader in, TableMap& map) {
  for (MappedColumn& column : map.columns) column.name = in.text(in.u8());
  return in.ok() && in.at_end();
}

// For each column that `counts` takes: the number of its labels, then each with its length.
bool read_labels(wire::ByteReader in, Predicate counts, TableMap& map) {
  for (MappedColumn& column : map.columns) {
    if (!counts(column.type)) continue;
    const std::uint64_t count = in.lenenc();
    // Each label takes a byte at least: this bounds the loop by the event's size.
    if (!in.ok() || count > in.remaining()) return false;
    column.labels.clear();
    column.labels.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count; ++i) column.labels.emplace_back(in.text(in.lenenc()));
  }
  return in.ok() && in.at_end();
}

bool read_primary_key(wire::ByteReader in, bool with_prefixes, TableMap& map) {
  std::vector<std::size_t> key;
  while (!in.at_end()) {
    const std::uint64_t column = in.lenenc();
    if (with_prefixes) in.lenenc();  // Characters of it that the key covers; 0 for all.
    if (!in.ok() || column >= map.columns.size() || key.size() == map.columns.size()) return false;
    key.push_back(static_cast<std::size_t>(column));
  }
  map.primary_key = std::move(key);
  return in.ok();
}

bool read_field(Field field, wire::ByteReader value, Predicate is_character, TableMap& map) {
  switch (field) {
    case Field::kSignedness:
      return read_signedness(value, map);
    case Field::kDefaultCharset:
      return read_default_charset(value, is_character, map);
    case Field::kColumnCharset:
      return read_column_charset(value, is_character, map);
    case Field::kColumnName:
      return read_names(value, map);
    case Field::kSetLabels:
      return read_labels(value, is_set, map);
    case Field::kEnumLabels:
      return read_labels(value, is_enum, map);
    case Field::kSimplePrimaryKey:
      return read_primary_key(value, false, map);
    case Field::kPrimaryKeyWithPrefix:
      return read_primary_key(value, true, map);
    case Field::kEnumAndSetDefaultCharset:
      return read_default_charset(value, is_enum_or_set, map);
    case Field::kEnumAndSetColumnCharset:
      return read_column_charset(value, is_enum_or_set, map);
    case Field::kGeometryType:
    case Field::kColumnVisibility:
    case Field::kVectorDimensionality:
      return true;
  }
  return true;
}

}  // namespace

base::Result<void> read_optional_metadata(wire::ByteReader& in, Bytes event, change::Flavor flavor,
                                          TableMap& map) {
  const Predicate is_character =
      flavor == change::Flavor::kMariadb ? is_mariadb_character : is_mysql_character;
  std::bitset<256> seen;
  while (!in.at_end()) {
    const std::uint8_t field = in.u8();
    const Bytes value = in.bytes(in.lenenc());
    if (!in.ok()) return truncated_event(event);
    if (seen.test(field)) {
      return corrupt_event(event, "its metadata field " + std::to_string(field) + " comes twice");
    }
    seen.set(field);
    if (!read_field(static_cast<Field>(field), wire::ByteReader(value), is_character, map)) {
      return corrupt_event(event, "its metadata field " + std::to_string(field) + " of " +
                                      std::to_string(value.size()) + " bytes does not fit the " +
                                      std::to_string(map.columns.size()) + " columns of " +
                                      map.database + "." + map.table);
    }
  }
  // A server that names the columns also names the key: no key field then means no key.
  if (map.has_names() && !map.primary_key) map.primary_key.emplace();
  return {};
}

}  // namespace pikachu::binlog
