#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "change/gtid_set.h"
#include "change/table_schema.h"

namespace pikachu::schema {

/// A statement as a binlog's QUERY event has it, or a dump of definitions.
struct Statement {
  std::string_view sql;       ///< In the client's character set.
  std::string_view database;  ///< The session's default database; may be empty.
  std::uint64_t sql_mode = 0;
  /// Collations of the session; nothing where the event does not say.
  std::optional<std::uint16_t> client_collation;
  std::optional<std::uint16_t> server_collation;
  std::optional<std::uint16_t> database_collation;
  bool temporary = false;  ///< About a temporary table.
};

/// The tables that CREATE, ALTER, RENAME, DROP statements leave behind, in order: what
/// information_schema.columns would show after the last of them.
///
/// Not a parser of SQL: of each statement only what decides which columns a table has, in which
/// order, of which type and character set, and which are its primary key.
///
/// Threads: one owner. Pure: no files, no server.
class Catalog {
 public:
  explicit Catalog(change::Flavor flavor) : flavor_(flavor) {}

  /// Applies a statement; one that defines no table is passed over.
  ///
  /// Errors: kUnsupported if it changes a table in a way that is not understood, naming the place
  /// in the text; the tables that it may have changed are then unknown, until they are created
  /// anew.
  base::Result<void> apply(const Statement& statement);

  /// The table as it is now, or nothing if it is not known.
  std::optional<change::TableSchema> find(std::string_view database, std::string_view table) const;

 private:
  change::Flavor flavor_;
};

}  // namespace pikachu::schema
