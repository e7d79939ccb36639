#include "schema/catalog.h"

#include <utility>

#include "binlog/scratch_arena.h"
#include "binlog/text_converter.h"
#include "schema/definitions.h"
#include "schema/dump.h"

namespace pikachu::schema {
namespace {

// How old a server is shows in what it says of its sessions: MySQL 8.0 says what utf8mb4 stands
// for. It shows no widths from 8.0.19 on.
bool is_mysql_8(const Statement& statement) {
  return statement.utf8mb4_collation.has_value();
}

Session session_of(const Statement& statement, change::Flavor flavor, Repertoires& repertoires) {
  return {.flavor = flavor,
          .sql_mode = statement.sql_mode,
          .collations =
              SessionCollations(flavor, statement.utf8mb4_collation, statement.default_collations),
          .server_collation = statement.server_collation.value_or(kUnknownCollation),
          .widths = is_mysql_8(statement) ? DisplayWidths::kHidden : DisplayWidths::kShown,
          .is_mysql_8 = is_mysql_8(statement),
          .database = std::string(statement.database),
          .repertoires = &repertoires};
}

// A definition as SHOW CREATE TABLE lists it, which servers log for CREATE TABLE … SELECT with
// rows. A statement that someone took from there looks alike.
bool is_listing(std::string_view sql) {
  return sql.find("` (\n  `") != std::string_view::npos;
}

}  // namespace

Statement statement_of(const binlog::Query& query, bool temporary) {
  return {.sql = query.sql,
          .database = query.database,
          .sql_mode = query.sql_mode,
          .client_collation = query.client_collation,
          .server_collation = query.server_collation,
          .database_collation = query.database_collation,
          .temporary = temporary,
          .utf8mb4_collation = query.utf8mb4_collation,
          .default_collations = query.default_collations,
          .error_code = query.error_code};
}

Catalog::Catalog(change::Flavor flavor) : definitions_(std::make_unique<Definitions>(flavor)) {
}

Catalog::~Catalog() = default;
Catalog::Catalog(Catalog&& other) noexcept = default;
Catalog& Catalog::operator=(Catalog&& other) noexcept = default;

base::Result<void> Catalog::apply(const Statement& statement) {
  // The quotes of some sets' texts are only found in UTF-8: sjis and gbk have characters that end
  // in a backslash.
  const auto charset =
      binlog::charset_of_collation(statement.client_collation.value_or(binlog::kBinaryCollation));
  binlog::TextConverter converter;
  binlog::ScratchArena arena;
  const auto sql =
      charset ? converter.to_utf8(*charset, statement.sql, arena) : std::string_view(statement.sql);
  if (!sql) {
    return base::fail(base::ErrorCode::kUnsupported,
                      "this system cannot convert the character set " +
                          std::string(binlog::traits_of(*charset).name) +
                          " of a statement; install the C library's gconv modules");
  }
  Session session = session_of(statement, definitions_->flavor(), definitions_->repertoires());
  session.labels_as_shown = is_listing(*sql);
  return definitions_->apply(*sql, session, statement.temporary, statement.error_code);
}

base::Result<void> Catalog::load_sql(std::string_view text) {
  const auto flavor = definitions_->flavor();
  Session session{.flavor = flavor,
                  .collations = SessionCollations(flavor, std::nullopt, {}),
                  .widths = DisplayWidths::kAsWritten,
                  .database = {},
                  .repertoires = &definitions_->repertoires(),
                  .states_what_is = true,
                  .labels_as_shown = true};
  DumpReader dump(text);
  while (const auto statement = dump.next()) {
    session.sql_mode = statement->sql_mode;
    session.database = statement->database;
    auto applied = definitions_->apply(statement->sql, session, false, 0);
    if (!applied) {
      return base::propagate(std::move(applied), "line " + std::to_string(statement->line));
    }
  }
  return {};
}

std::optional<change::TableSchema> Catalog::find(std::string_view database,
                                                 std::string_view table) const {
  const TableDefinition* found = definitions_->tables().find(database, table);
  if (found == nullptr) return std::nullopt;
  return to_schema({std::string(database), std::string(table)}, *found, definitions_->flavor());
}

}  // namespace pikachu::schema
