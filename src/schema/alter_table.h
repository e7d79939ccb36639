#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "schema/collation_option.h"
#include "schema/column_clause.h"
#include "schema/statement_cursor.h"
#include "schema/table_definition.h"
#include "schema/table_element.h"

namespace pikachu::schema {

/// A column that ALTER TABLE adds, redefines or renames.
struct ColumnChange {
  enum class Kind : std::uint8_t { kAdd, kRedefine, kRename };
  enum class Place : std::uint8_t { kStay, kFirst, kAfter };

  Kind kind = Kind::kAdd;
  std::string old_name;  ///< kRedefine and kRename.
  ColumnClause clause;   ///< kRename: nothing but the new name.
  Place place = Place::kStay;
  std::string after;  ///< kAfter.
  /// IF NOT EXISTS of kAdd, IF EXISTS of the others.
  bool conditional = false;
};

/// The clauses of ALTER TABLE that change what a table looks like.
struct AlterTable {
  struct Drop {
    std::string column;
    bool if_exists = false;
  };

  std::vector<ColumnChange> changes;
  std::vector<Drop> drops;
  TableElements elements;
  bool drops_primary_key = false;
  std::optional<bool> versioned;
  CollationOption default_collation;
  CollationOption conversion;  ///< CONVERT TO CHARACTER SET
  std::optional<TableName> rename_to;
  std::vector<TableName> new_tables;    ///< CONVERT PARTITION p TO TABLE
  std::vector<TableName> taken_tables;  ///< CONVERT TABLE t TO PARTITION
};

/// Reads the clauses, to the end. Where it is not understood, `in` says so.
AlterTable read_alter_table(StatementCursor& in, const Session& session);

/// The table as the clauses make it. Errors: kUnsupported where they do not fit the table, or
/// something in them is not known.
base::Result<TableDefinition> apply_alter_table(const TableDefinition& before,
                                                const AlterTable& alter,
                                                std::uint32_t database_collation,
                                                const Session& session);

}  // namespace pikachu::schema
