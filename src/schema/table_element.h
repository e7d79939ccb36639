#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/column_clause.h"
#include "schema/statement_cursor.h"
#include "schema/table_definition.h"

namespace pikachu::schema {

/// PRIMARY KEY (…), with its columns' names; `period` of p WITHOUT OVERLAPS (MariaDB).
struct PrimaryKeyClause {
  std::vector<std::string> columns;
  std::string period;
  bool if_not_exists = false;
};

/// What a table's definition consists of besides columns, as far as it matters.
struct TableElements {
  std::optional<PrimaryKeyClause> primary_key;
  std::optional<Period> period;
};

/// Whether a key, a constraint or a period begins here, and not a column.
bool is_at_table_element(const StatementCursor& in);
/// Reads one. REQUIRES: is_at_table_element(in).
void read_table_element(StatementCursor& in, TableElements& elements);

/// Over everything up to the ',' or ')' that ends a clause.
void skip_clause(StatementCursor& in);

/// The columns of the key. Errors: kUnsupported for a name that is none's.
base::Result<std::vector<std::size_t>> find_primary_key(const PrimaryKeyClause& key,
                                                        const TableDefinition& table);

}  // namespace pikachu::schema
