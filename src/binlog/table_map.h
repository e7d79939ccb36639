#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "binlog/event_header.h"
#include "binlog/events.h"

namespace pikachu::binlog {

/// Column types as they stand in a table map. The numbers are the wire's.
/// Spec: mysql-server 9.7 include/field_types.h; MariaDB 11.8 sql/log_event.h.
enum class ColumnType : std::uint8_t {
  kDecimal = 0,
  kTiny = 1,
  kShort = 2,
  kLong = 3,
  kFloat = 4,
  kDouble = 5,
  kNull = 6,
  kTimestamp = 7,
  kLongLong = 8,
  kInt24 = 9,
  kDate = 10,
  kTime = 11,
  kDatetime = 12,
  kYear = 13,
  kNewDate = 14,
  kVarchar = 15,
  kBit = 16,
  kTimestamp2 = 17,
  kDatetime2 = 18,
  kTime2 = 19,
  kTypedArray = 20,
  kBlobCompressed = 140,     ///< MariaDB
  kVarcharCompressed = 141,  ///< MariaDB
  kVector = 242,             ///< MySQL 9
  kInvalid = 243,
  kBool = 244,
  kJson = 245,
  kNewDecimal = 246,
  kEnum = 247,
  kSet = 248,
  kTinyBlob = 249,
  kMediumBlob = 250,
  kLongBlob = 251,
  kBlob = 252,
  kVarString = 253,
  kString = 254,
  kGeometry = 255,
};

/// The type's name as the servers' sources have it, in lower case without its prefix: "newdecimal";
/// "" for a number that no server is known to write.
std::string_view name_of(ColumnType type);

/// One column of a table map. Fields that the event does not carry are nullopt or empty.
///
/// `metadata`, by type (b0 and b1 are the bytes of the event in their order):
///
///     STRING                  b0 << 8 | b1 made plain: the longest value in bytes, 0 to 1023
///     ENUM                    bytes per value, 1 or 2
///     SET                     bytes per value, 1 to 8
///     VARCHAR, VAR_STRING, VARCHAR_COMPRESSED     b1 << 8 | b0, the longest value in bytes
///     NEWDECIMAL              b0 << 8 | b1: precision << 8 | scale
///     BIT                     b1 << 8 | b0: whole bytes << 8 | bits beyond them
///     BLOB, GEOMETRY, JSON, VECTOR, BLOB_COMPRESSED   b0, bytes of the length prefix, 1 to 4
///     FLOAT, DOUBLE           b0, bytes per value
///     TIMESTAMP2, DATETIME2, TIME2    b0, fractional digits, 0 to 6
///     TYPED_ARRAY             its element's type; the element's own metadata are dropped, since a
///                             hidden column has no bytes in a row image
///     all others              0
struct MappedColumn {
  ColumnType type = ColumnType::kNull;  ///< ENUM and SET are resolved from their STRING disguise.
  std::uint16_t metadata = 0;
  bool nullable = false;
  std::optional<bool> is_unsigned;
  std::optional<std::uint32_t> collation_id;
  std::optional<std::string> name;
  std::vector<std::string> labels;  ///< ENUM and SET, in their column's character set.
};

/// TABLE_MAP: the shape of a table, for the rows events that follow and bear its id.
///
/// Spec: MySQL Source Code Documentation 9, "Table_map_event"; MariaDB Knowledge Base,
/// "TABLE_MAP_EVENT". The optional metadata differ between the families in what counts as a
/// character column: see docs/formats/rows-event.md.
struct TableMap {
  std::uint64_t table_id = 0;
  std::uint16_t flags = 0;
  std::string database;
  std::string table;
  std::vector<MappedColumn> columns;
  /// Indexes into `columns`; nullopt where the event does not say (metadata not FULL).
  std::optional<std::vector<std::size_t>> primary_key;
  /// Whether every column has its name (binlog_row_metadata=FULL).
  bool has_names() const { return !columns.empty() && columns.front().name.has_value(); }
};

/// Errors: kCorrupt as in events.h; kUnsupported for a column type that no server is known to
/// write.
base::Result<TableMap> parse_table_map(Bytes event, const FormatDescription& format);

/// The names in a TABLE_MAP event, without parsing the rest. Views into the event.
struct TableName {
  std::string_view database;
  std::string_view table;
};
base::Result<TableName> read_table_name(Bytes event, const FormatDescription& format);

/// The table id of a TABLE_MAP or rows event, without parsing the rest.
base::Result<std::uint64_t> read_table_id(Bytes event, const FormatDescription& format);

}  // namespace pikachu::binlog
