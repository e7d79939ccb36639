#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "change/gtid_set.h"
#include "change/table_schema.h"
#include "schema/collation.h"
#include "schema/column_type.h"
#include "schema/repertoire.h"
#include "schema/statement_cursor.h"

namespace pikachu::schema {

/// MariaDB: GENERATED ALWAYS AS ROW START, and END.
enum class RowBound : std::uint8_t { kNone, kStart, kEnd };

/// What is kept of a column.
struct ColumnDefinition {
  std::string name;
  ColumnType type;
  std::uint32_t collation = kUnknownCollation;  ///< Of text, ENUM and SET.
  bool is_json_text = false;                    ///< MariaDB: has the check json_valid(column).
  RowBound row_bound = RowBound::kNone;
};

/// MariaDB: PERIOD FOR name (first, last), but for SYSTEM_TIME.
struct Period {
  std::string name;
  std::string first;
  std::string last;
};

/// What is kept of a table.
struct TableDefinition {
  std::vector<ColumnDefinition> columns;
  std::vector<std::size_t> primary_key;         ///< Indexes into `columns`, in key order.
  std::uint32_t collation = kUnknownCollation;  ///< Of columns that name none.
  bool is_versioned = false;                    ///< MariaDB: WITH SYSTEM VERSIONING.
  std::optional<Period> period;
};

/// What a statement's session says about the meaning of its words.
struct Session {
  change::Flavor flavor = change::Flavor::kMysql;
  std::uint64_t sql_mode = 0;
  SessionCollations collations;
  /// collation_server.
  std::uint32_t server_collation = kUnknownCollation;
  DisplayWidths widths = DisplayWidths::kShown;
  bool is_mysql_8 = false;             ///< MySQL 8.0 or later, as far as the event shows it.
  std::string database;                ///< The default one.
  Repertoires* repertoires = nullptr;  ///< Not null in any statement's session.
  /// The statement stands in a file that says what there is: IF NOT EXISTS does not count.
  bool states_what_is = false;
  /// Its labels are as servers show them: see change::Column.
  bool labels_as_shown = false;

  bool is_mariadb() const { return flavor == change::Flavor::kMariadb; }
};

/// Whether two names of columns are one: without regard to case, as far as one letter has one
/// lower-case letter in Latin, Greek and Cyrillic.
bool is_same_column(std::string_view a, std::string_view b);

/// The index of a column; nothing if there is none of the name.
std::optional<std::size_t> find_column(const std::vector<ColumnDefinition>& columns,
                                       std::string_view name);

/// As the others of the program want it.
change::TableSchema to_schema(const TableName& name, const TableDefinition& definition,
                              change::Flavor flavor);

}  // namespace pikachu::schema
