#include "binlog/table_map.h"

#include <cstddef>

#include "binlog/event_body.h"
#include "binlog/table_map_metadata.h"

namespace pikachu::binlog {

namespace {

constexpr std::uint8_t kRealTypeEnum = 0xf7;
constexpr std::uint8_t kRealTypeSet = 0xf8;

// A STRING's two bytes: the real type, with two bits of the length taken out of it (a CHAR may be
// longer than 255 bytes) and inverted, and the low byte of the length.
void resolve_string(MappedColumn& column, std::uint8_t b0, std::uint8_t b1) {
  if (b0 == kRealTypeEnum || b0 == kRealTypeSet) {
    column.type = b0 == kRealTypeEnum ? ColumnType::kEnum : ColumnType::kSet;
    column.metadata = b1;
    return;
  }
  const unsigned high = (b0 & 0x30U) ^ 0x30U;
  column.metadata = static_cast<std::uint16_t>((high << 4) | b1);
}

// TYPED_ARRAY, a hidden column of MySQL 8.0.17's multi-valued indexes: its element's type and that
// type's metadata, of which VARCHAR has three bytes here.
bool skip_array_metadata(wire::ByteReader& in, MappedColumn& column) {
  column.metadata = in.u8();
  switch (static_cast<ColumnType>(column.metadata)) {
    case ColumnType::kVarchar:
      in.skip(3);
      return true;
    case ColumnType::kNewDecimal:
      in.skip(2);
      return true;
    case ColumnType::kTime2:
    case ColumnType::kDatetime2:
    case ColumnType::kTimestamp2:
    case ColumnType::kFloat:
    case ColumnType::kDouble:
    case ColumnType::kJson:
      in.skip(1);
      return true;
    case ColumnType::kLongLong:
    case ColumnType::kDate:
      return true;
    default:
      return false;
  }
}

// Reads what the metadata block has for `column`; false for a type whose share is not known, after
// which nothing in the block can be found.
bool read_column_metadata(wire::ByteReader& in, MappedColumn& column) {
  switch (column.type) {
    case ColumnType::kFloat:
    case ColumnType::kDouble:
    case ColumnType::kTimestamp2:
    case ColumnType::kDatetime2:
    case ColumnType::kTime2:
    case ColumnType::kTinyBlob:
    case ColumnType::kMediumBlob:
    case ColumnType::kLongBlob:
    case ColumnType::kBlob:
    case ColumnType::kGeometry:
    case ColumnType::kJson:
    case ColumnType::kVector:
    case ColumnType::kBlobCompressed:
      column.metadata = in.u8();
      return true;
    case ColumnType::kVarchar:
    case ColumnType::kVarString:
    case ColumnType::kVarcharCompressed:
    case ColumnType::kBit:
      column.metadata = in.u16();
      return true;
    case ColumnType::kNewDecimal:
      column.metadata = in.u16_be();
      return true;
    case ColumnType::kString:
    case ColumnType::kEnum:
    case ColumnType::kSet: {
      const std::uint8_t b0 = in.u8();
      resolve_string(column, b0, in.u8());
      return true;
    }
    case ColumnType::kTypedArray:
      return skip_array_metadata(in, column);
    case ColumnType::kTiny:
    case ColumnType::kShort:
    case ColumnType::kLong:
    case ColumnType::kLongLong:
    case ColumnType::kInt24:
    case ColumnType::kNull:
    case ColumnType::kTimestamp:
    case ColumnType::kDate:
    case ColumnType::kTime:
    case ColumnType::kDatetime:
    case ColumnType::kYear:
    case ColumnType::kNewDate:
      return true;
    case ColumnType::kDecimal:
    case ColumnType::kInvalid:
    case ColumnType::kBool:
      return false;
  }
  return false;
}

base::Result<void> read_columns(wire::ByteReader& in, Bytes event, TableMap& map) {
  constexpr std::uint64_t kColumnsMax = 4096;  // MAX_FIELDS, of all servers
  const std::uint64_t count = in.lenenc();
  if (count > kColumnsMax) {
    return corrupt_event(
        event, "it states " + std::to_string(count) + " columns, above the limit of 4096");
  }
  const Bytes types = in.bytes(count);
  wire::ByteReader metadata(in.bytes(in.lenenc()));
  const Bytes nullable = in.bytes((count + 7) / 8);
  if (!in.ok()) return truncated_event(event);
  map.columns.resize(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    MappedColumn& column = map.columns[i];
    column.type = static_cast<ColumnType>(types[i]);
    column.nullable = ((nullable[i / 8] >> (i % 8)) & 1) != 0;
    if (!read_column_metadata(metadata, column)) {
      return base::fail(base::ErrorCode::kUnsupported,
                        "column " + std::to_string(i + 1) + " of " + map.database + "." +
                            map.table + " has type " + std::to_string(types[i]) +
                            ", which is not handled; change the column's type or leave the table "
                            "out, and report it");
    }
  }
  if (!metadata.ok()) return truncated_event(event);
  return {};
}

std::uint64_t read_id(wire::ByteReader& in, Bytes event, const FormatDescription& format) {
  // Servers before MySQL 5.1.4 had ids of four bytes, which shows in the fixed part's length.
  constexpr std::uint8_t kFixedPartWithShortId = 6;
  const auto type = static_cast<std::size_t>(type_of(event));
  const std::uint8_t fixed = type == 0 ? std::uint8_t{0} : format.post_header_lengths[type - 1];
  return fixed == kFixedPartWithShortId ? in.u32() : in.u48();
}

}  // namespace

//     table_id:u48 flags:u16 database_size:u8 database NUL table_size:lenenc table NUL
//     columns:lenenc types[columns] metadata_size:lenenc metadata nullable[(columns+7)/8]
//     optional metadata
base::Result<TableMap> parse_table_map(Bytes event, const FormatDescription& format) {
  wire::ByteReader in = read_body(event);
  TableMap map;
  map.table_id = read_id(in, event, format);
  map.flags = in.u16();
  map.database = in.text(in.u8());
  in.skip(1);
  map.table = in.text(in.lenenc());
  in.skip(1);
  if (!in.ok()) return truncated_event(event);
  if (auto columns = read_columns(in, event, map); !columns) {
    return base::propagate(std::move(columns));
  }
  if (auto optional = read_optional_metadata(in, event, format.flavor, map); !optional) {
    return base::propagate(std::move(optional));
  }
  return map;
}

base::Result<TableName> read_table_name(Bytes event, const FormatDescription& format) {
  wire::ByteReader in = read_body(event);
  TableName name;
  read_id(in, event, format);
  in.skip(2);
  name.database = in.text(in.u8());
  in.skip(1);
  name.table = in.text(in.lenenc());
  if (!in.ok()) return truncated_event(event);
  return name;
}

base::Result<std::uint64_t> read_table_id(Bytes event, const FormatDescription& format) {
  wire::ByteReader in = read_body(event);
  const std::uint64_t id = read_id(in, event, format);
  if (!in.ok()) return truncated_event(event);
  return id;
}

}  // namespace pikachu::binlog
