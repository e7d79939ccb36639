#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pikachu::schema {

/// The types that servers keep, behind all their synonyms.
enum class TypeKind : std::uint8_t {
  kTinyint,
  kSmallint,
  kMediumint,
  kInt,
  kBigint,
  kFloat,
  kDouble,
  kDecimal,
  kBit,
  kYear,
  kDate,
  kTime,
  kDatetime,
  kTimestamp,
  kChar,
  kVarchar,
  kBinary,
  kVarbinary,
  kTinytext,
  kText,
  kMediumtext,
  kLongtext,
  kTinyblob,
  kBlob,
  kMediumblob,
  kLongblob,
  kEnum,
  kSet,
  kJson,  ///< MySQL's own.
  kGeometry,
  kPoint,
  kLinestring,
  kPolygon,
  kMultipoint,
  kMultilinestring,
  kMultipolygon,
  kGeometrycollection,
  kGeomcollection,  ///< The same; MySQL calls it so from 8.0 on.
  kVector,
  kUuid,
  kInet4,
  kInet6,
};

/// How integers and YEAR show the width that they are displayed with.
enum class DisplayWidths : std::uint8_t {
  kShown,      ///< With the type's own where none was written: MySQL before 8.0.19, MariaDB.
  kHidden,     ///< MySQL from 8.0.19 on, but for ZEROFILL and tinyint(1).
  kAsWritten,  ///< In a file that a server wrote: only what stands there.
};

/// A column's type. What its numbers mean depends on the kind.
struct ColumnType {
  TypeKind kind = TypeKind::kInt;
  /// Display width, precision, characters, bytes, bits, fractional digits or dimensions.
  std::optional<std::uint32_t> length;
  std::optional<std::uint32_t> decimals;  ///< FLOAT, DOUBLE, DECIMAL.
  bool is_unsigned = false;
  bool is_zerofill = false;
  bool is_compressed = false;       ///< MariaDB.
  std::vector<std::string> labels;  ///< ENUM and SET, in UTF-8.
  bool labels_as_shown = false;     ///< See change::Column.
  DisplayWidths widths = DisplayWidths::kShown;
};

/// Whether the type holds text, or is ENUM or SET: one with a character set.
bool has_charset(TypeKind kind);
/// BINARY, VARBINARY and the BLOBs.
bool is_binary_string(TypeKind kind);
bool is_temporal_with_fraction(TypeKind kind);
/// The width that a signed integer type has of itself, in characters.
std::uint32_t display_width_of(TypeKind kind);

/// What CHARACTER SET binary makes of a type: VARBINARY of VARCHAR; itself where it changes
/// nothing.
TypeKind as_binary(TypeKind kind);

/// The TEXT (BLOB) that holds `bytes` bytes.
TypeKind text_of_size(std::uint64_t bytes, bool binary);
/// The longest value of a TINYTEXT, TEXT, MEDIUMTEXT and their BLOBs in bytes; 0 for other types,
/// LONGTEXT too.
std::uint64_t text_bytes_max(TypeKind kind);

/// As information_schema's COLUMN_TYPE: "int(10) unsigned".
std::string to_string(const ColumnType& type);

/// The type that one word means, synonyms included, as far as one word is enough.
struct NamedType {
  std::string_view name;  ///< In lower case.
  TypeKind kind = TypeKind::kInt;
  std::uint32_t length = 0;  ///< That the name stands for; 0: none.
};
/// nullptr for a word that is no type's. `name` is in lower case.
const NamedType* find_type(std::string_view name);

}  // namespace pikachu::schema
