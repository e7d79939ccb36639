#pragma once

#include <string>

#include "base/result.h"
#include "schema/statement_cursor.h"
#include "schema/table_definition.h"

namespace pikachu::schema {

/// A column's definition as it stands in CREATE or ALTER TABLE, before the table's own collation
/// is known.
struct ColumnClause {
  ColumnDefinition column;
  // Character set and collation, as far as written.
  std::string charset;
  std::string collation;
  bool binary_collation = false;  ///< BINARY behind a text type.
  bool as_bytes = false;          ///< BYTE.
  bool has_check = false;
  bool is_json = false;  ///< MariaDB: declared JSON.
  bool is_primary_key = false;
  bool is_versioned = false;  ///< WITH SYSTEM VERSIONING.
};

/// Reads name, type and attributes, up to a ',', a ')', the end, or what can only be the
/// statement's own (FIRST, AFTER, PARTITION).
ColumnClause read_column(StatementCursor& in, const Session& session);
/// The same without the name.
ColumnClause read_column_named(std::string name, StatementCursor& in, const Session& session);

/// The column as it is in a table of collation `table_collation`. Errors: kUnsupported for a
/// character set or collation that is not known, and where the size of the type depends on one that
/// is not.
base::Result<ColumnDefinition> finish_column(ColumnClause clause, std::uint32_t table_collation,
                                             const Session& session);

/// The column when its collation becomes `collation`: TEXT grows with the bytes of its characters.
base::Result<void> convert_column(ColumnDefinition& column, std::uint32_t collation,
                                  const Session& session);

}  // namespace pikachu::schema
