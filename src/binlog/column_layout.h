#pragma once

#include "base/result.h"
#include "binlog/table_layout.h"
#include "change/table_schema.h"

namespace pikachu::binlog {

/// Whether the type is one of TIME2, DATETIME2, TIMESTAMP2: its metadata are its fractional digits.
bool is_temporal2(ColumnType type);

/// How to read a column that `mapped` describes and whose unsignedness, collation, fractional
/// digits and hint are those of `column`. `digits_known` says whether the digits of an old temporal
/// type are: only MariaDB's may be other than 0. Errors: kCorrupt for metadata that no server
/// writes; kUnsupported for text in a collation whose character set is not known. The message names
/// neither table nor column.
base::Result<TableLayout::ColumnLayout> make_column_layout(const MappedColumn& mapped,
                                                           const change::Column& column,
                                                           bool digits_known);

}  // namespace pikachu::binlog
