#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "binlog/events.h"
#include "change/gtid_set.h"
#include "change/table_schema.h"

namespace pikachu::schema {

/// A statement as a binlog's QUERY event has it.
struct Statement {
  std::string_view sql;       ///< In the client's character set.
  std::string_view database;  ///< The session's default database; may be empty.
  std::uint64_t sql_mode = 0;
  /// Collations of the session; nothing where the event does not say.
  std::optional<std::uint16_t> client_collation = std::nullopt;
  std::optional<std::uint16_t> server_collation = std::nullopt;
  /// Not looked at: see binlog::Query::database_collation.
  std::optional<std::uint16_t> database_collation = std::nullopt;
  bool temporary = false;  ///< The event's flag THREAD_SPECIFIC.
  /// MySQL 8.0 and later: what utf8mb4 named alone stands for.
  std::optional<std::uint16_t> utf8mb4_collation = std::nullopt;
  /// MariaDB 11.2 and later: what character sets named alone stand for.
  std::span<const binlog::DefaultCollation> default_collations = {};
  std::uint16_t error_code = 0;  ///< Not 0: the statement failed on its way.
};

/// The statement of a QUERY event. `temporary`: its flag THREAD_SPECIFIC.
/// Lifetime: points into `query`.
Statement statement_of(const binlog::Query& query, bool temporary);

/// The tables that CREATE, ALTER, RENAME, DROP statements leave behind, in order: what
/// information_schema.columns would show after the last of them.
///
/// Not a parser of SQL: of each statement only what decides which columns a table has, in which
/// order, of which type and character set, and which are its primary key.
///
/// Never guesses. What statements that were not seen may have made is not known: a table from
/// before the first statement; the character set of columns that follow the default of a database
/// whose CREATE or ALTER DATABASE was not seen (collation_id 0); on MySQL, which logs it in any
/// case, what CREATE TABLE IF NOT EXISTS left where the table may have been there before.
///
/// Names of databases and tables are compared byte by byte, as binlogs of one server have them
/// (lower_case_table_names makes the server write them alike or not; here they must be alike),
/// names of columns without regard to case.
///
/// A system-versioned table's key includes the end of its period, declared or not, as in the
/// metadata of its events.
///
/// Differs from information_schema in two more things: labels of ENUM and SET keep characters
/// beyond U+FFFF, and MySQL 8.0.11 to 8.0.18 show display widths of integers, which only earlier
/// statements have here.
///
/// Threads: one owner. Pure: no files, no server.
class Catalog {
 public:
  explicit Catalog(change::Flavor flavor);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;
  Catalog(Catalog&& other) noexcept;
  Catalog& operator=(Catalog&& other) noexcept;

  /// Applies a statement; one that defines no table is passed over.
  ///
  /// Errors: kUnsupported if it changes a table in a way that is not understood, naming the place
  /// in the text; the tables that it may have changed are then unknown, until they are created
  /// anew.
  base::Result<void> apply(const Statement& statement);

  /// Applies a file of statements as `mysqldump --no-data --databases` writes them, in UTF-8. USE
  /// and SET sql_mode count for what follows; what stands between a DELIMITER line and the next is
  /// passed over (triggers, routines), and so are rows. IF NOT EXISTS is taken as if not: the file
  /// says what there is.
  ///
  /// Errors: kInvalid for a table that is in no database; kUnsupported as above. Both name the
  /// line, and nothing that follows is applied.
  base::Result<void> load_sql(std::string_view text);

  /// The table as it is now, or nothing if it is not known.
  std::optional<change::TableSchema> find(std::string_view database, std::string_view table) const;

 private:
  class Definitions;

  std::unique_ptr<Definitions> definitions_;
};

}  // namespace pikachu::schema
