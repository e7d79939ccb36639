#pragma once

#include "schema/column_clause.h"

namespace pikachu::schema {

/// Reads a type with all of its words and its parentheses into `clause`, its character set and
/// collation not among them.
void read_type(StatementCursor& in, const Session& session, ColumnClause& clause);

}  // namespace pikachu::schema
