#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pikachu::change {

/// What the type of a column means beyond what a table map event can say about it.
enum class ColumnHint : std::uint8_t {
  kNone,
  kJsonText,  ///< MariaDB: LONGTEXT with a json_valid() check; the stored text is a JSON value.
  kUuid,      ///< MariaDB UUID.
  kInet4,     ///< MariaDB INET4.
  kInet6,     ///< MariaDB INET6.
  kVector,    ///< MariaDB VECTOR(n).
};

/// One column as the server describes it, in whatever way: table map metadata or
/// information_schema.
struct Column {
  std::string name;                 ///< UTF-8, case as the server has it.
  bool is_unsigned = false;         ///< Numeric columns only.
  std::uint32_t collation_id = 0;   ///< Character, ENUM and SET columns; 63 is binary; 0 unknown.
  std::vector<std::string> labels;  ///< ENUM and SET, in UTF-8, in the order of definition.
  /// The labels are as servers show them, in information_schema and SHOW CREATE TABLE: with '?' for
  /// each character beyond U+FFFF.
  bool labels_as_shown = false;
  std::uint8_t fractional_digits = 0;  ///< Temporal columns, 0 to 6.
  ColumnHint hint = ColumnHint::kNone;
  /// information_schema's COLUMN_TYPE, "int(10) unsigned"; empty where only the table map is known.
  std::string sql_type;
  /// What its bytes are is not known: a binary string, or MariaDB's UUID, INET4, INET6 or VECTOR,
  /// or text of an unknown character set. Values are the bytes, of an ENUM or SET its number
  /// (pikachu decode only).
  bool is_doubtful = false;
};

/// The columns of a table at one point of the binlog. Immutable once shared.
struct TableSchema {
  std::string database;
  std::string table;
  std::vector<Column> columns;           ///< In the order of the row image.
  std::vector<std::size_t> primary_key;  ///< Indexes into `columns`, in key order; empty: no key.
  /// The names are not known: columns are called "@1", "@2", … (pikachu decode only).
  bool unnamed = false;
};

}  // namespace pikachu::change
