#pragma once

#include <functional>
#include <optional>

#include "base/result.h"
#include "schema/statement_cursor.h"
#include "schema/table_definition.h"

namespace pikachu::schema {

/// CREATE TABLE behind the table's name.
struct CreateTable {
  TableDefinition definition;
  std::optional<TableName> like;  ///< LIKE this table; `definition` is empty.
};

/// Reads it to its end. `database_collation` is the default of the table's database.
/// Errors: kUnsupported for what is not understood, and for a definition that ends in a SELECT:
/// servers log it so in statement format only.
base::Result<CreateTable> read_create_table(StatementCursor& in, std::uint32_t database_collation,
                                            const Session& session);

/// The columns that a MariaDB sequence has, which is a table too. `in` stands behind its name.
TableDefinition read_sequence(StatementCursor& in, const Session& session);

}  // namespace pikachu::schema
