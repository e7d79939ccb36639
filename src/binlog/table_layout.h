#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "binlog/charset.h"
#include "binlog/table_map.h"
#include "change/table_schema.h"

namespace pikachu::binlog {

/// How a column's bytes are laid out and what becomes of them: what reading switches on.
enum class Storage : std::uint8_t {
  // Fixed size, or known from the metadata: ColumnLayout::size_bytes.
  kTiny,
  kShort,
  kInt24,
  kLong,
  kLongLong,
  kFloat,
  kDouble,
  kDecimal,
  kYear,
  kBit,
  kDate,
  kTime2,
  kDatetime2,
  kTimestamp2,
  kOldTime,         ///< Before 5.6.
  kOldDatetime,     ///< Before 5.6.
  kOldTimestamp,    ///< Before 5.6.
  kHiresTime,       ///< MariaDB, mysql56_temporal_format=OFF, with fractional digits.
  kHiresDatetime,   ///< MariaDB, mysql56_temporal_format=OFF, with fractional digits.
  kHiresTimestamp,  ///< MariaDB, mysql56_temporal_format=OFF, with fractional digits.
  kEnum,
  kSet,
  // A length of ColumnLayout::size_bytes bytes, then that many bytes.
  kUtf8Text,  ///< Shown as it is.
  kText,      ///< Converted from ColumnLayout::charset.
  kJsonText,  ///< MariaDB.
  kBinary,
  kPaddedBinary,    ///< BINARY(n): padded to ColumnLayout::pad_to_bytes.
  kUuid,            ///< MariaDB.
  kInet4,           ///< MariaDB.
  kInet6,           ///< MariaDB.
  kCompressedText,  ///< MariaDB COMPRESSED columns.
  kCompressedBinary,
  kJson,  ///< MySQL's binary JSON.
  kGeometry,
  kVector,
  // Not readable.
  kOldTemporalOfUnknownSize,  ///< MariaDB, where the fractional digits are not known.
  kUnsupported,
};

/// How to read each column of a table's row images: a table map joined with what the map does not
/// say. Made once per table map, used for each row. Immutable once shared.
struct TableLayout {
  /// Everything that reading one column takes.
  struct ColumnLayout {
    Storage storage = Storage::kUnsupported;
    std::uint8_t size_bytes = 0;  ///< Of the value, or of the length in front of it.
    bool is_unsigned = false;
    /// Nobody asks for its values: they are passed over, and absent.
    bool is_skipped = false;
    Charset charset = Charset::kBinary;  ///< Text, ENUM and SET.
    std::uint8_t fractional_digits = 0;
    std::uint32_t pad_to_bytes = 0;  ///< BINARY(n): n; the image has lost trailing zeros.
    ColumnType type = ColumnType::kNull;
    std::uint16_t metadata = 0;
    bool is_binary = false;  ///< String types: bytes, not text.
    std::uint32_t collation_id = 0;
    change::ColumnHint hint = change::ColumnHint::kNone;
  };
  std::shared_ptr<const change::TableSchema> schema;
  std::vector<ColumnLayout> columns;
};

/// What to do about columns of which nothing says what their bytes are: binary strings or MariaDB's
/// UUID, INET4, INET6 or VECTOR, which are stored alike, or text of an unknown character set.
enum class DoubtfulColumns {
  kRefused,
  kBinary,  ///< Taken for binary strings, and marked: change::Column::is_doubtful.
};

/// Joins `map` with `known`, the table by information_schema or by the statements that made it, or
/// nothing.
///
/// Where the map carries names (binlog_row_metadata=FULL) they win, and `known` adds only hints
/// (UUID, INET, JSON text, BINARY length, fractional digits) to columns of the same name and type.
/// Else `known` must match the map in number of columns, and each column's type, length metadata,
/// signedness and character set as far as the map states them; a known column without its sql_type
/// matches nothing.
///
/// Errors: kInvalid if names are needed and `known` is nothing or does not match: the message names
/// table, column, both types and the remedy (SET GLOBAL binlog_row_metadata=FULL); for a column
/// that is in doubt and refused; for a label that may not be what it was. Never guesses.
/// kUnsupported for text in a collation whose character set is not known (0 is in doubt), kCorrupt
/// where some columns of the map have names and others have none. A column type that is not handled
/// is no error here: RowsReader reports it when a row holds one.
base::Result<TableLayout> make_table_layout(const TableMap& map, change::Flavor flavor,
                                            const change::TableSchema* known,
                                            DoubtfulColumns doubtful = DoubtfulColumns::kRefused);

/// What the types in the map alone say. Columns are called "@1", "@2", …; integers are signed
/// unless the map says otherwise, text in an unknown character set is binary, and an ENUM or SET is
/// its number. Dates and times of before MySQL 5.6 can be read only where `flavor` is kMysql:
/// MariaDB's have sizes that the map does not tell.
TableLayout make_nameless_layout(const TableMap& map,
                                 change::Flavor flavor = change::Flavor::kMariadb);

}  // namespace pikachu::binlog
