#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "binlog/table_map.h"
#include "change/table_schema.h"

namespace pikachu::binlog {

/// How to read each column of a table's row images: a table map joined with what the map does not
/// say. Made once per table map, used for each row. Immutable once shared.
struct TableLayout {
  /// Everything that reading one column takes. `column` indexes schema->columns.
  struct ColumnLayout {
    ColumnType type = ColumnType::kNull;
    std::uint16_t metadata = 0;
    bool is_unsigned = false;
    bool is_binary = false;                 ///< String types: bytes, not text.
    std::uint32_t collation_id = 0;
    std::uint32_t pad_to_bytes = 0;         ///< BINARY(n): n; the image has lost trailing zeros.
    std::uint8_t fractional_digits = 0;
    change::ColumnHint hint = change::ColumnHint::kNone;
  };
  std::shared_ptr<const change::TableSchema> schema;
  std::vector<ColumnLayout> columns;
};

/// Joins `map` with `known`, the table as information_schema shows it now, or nothing.
///
/// Where the map carries names (binlog_row_metadata=FULL) they win, and `known` adds only hints
/// (UUID, INET, JSON text, BINARY length, fractional digits) to columns of the same name and type.
/// Else `known` must match the map in number of columns, and each column's type, length metadata,
/// nullability, signedness and character set as far as the map states them.
///
/// Errors: kInvalid if names are needed and `known` is nothing or does not match: the message names
/// table, column, both types and the remedy (SET GLOBAL binlog_row_metadata=FULL). Never guesses.
base::Result<TableLayout> make_table_layout(const TableMap& map, change::Flavor flavor,
                                            const change::TableSchema* known);

}  // namespace pikachu::binlog
