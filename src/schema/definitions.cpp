#include "schema/definitions.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "schema/alter_table.h"
#include "schema/collation_option.h"
#include "schema/create_table.h"

namespace pikachu::schema {
namespace {

using base::ErrorCode;
using TokenKind = StatementCursor::TokenKind;

constexpr std::string_view kRemedy =
    "; its columns are not known from here on: give its definition (SHOW CREATE TABLE), or run SET "
    "GLOBAL binlog_row_metadata=FULL, and the binlog itself names them from then on";

std::string full_name(const TableName& name) {
  return name.database + "." + name.table;
}

// MariaDB: SET STATEMENT variable=value,… FOR statement.
bool skip_set_statement(StatementCursor& in) {
  if (!in.accept("STATEMENT")) return false;
  while (!in.at_end() && !in.is("FOR")) {
    if (in.is_symbol('(')) {
      in.skip_parentheses();
    } else {
      in.take();
    }
  }
  return in.accept("FOR");
}

// MariaDB: how long to wait for the lock.
void skip_wait(StatementCursor& in) {
  if (in.accept("NOWAIT")) return;
  if (in.is("WAIT")) {
    in.take();
    in.take();
  }
}

CollationOption read_database_options(StatementCursor& in) {
  CollationOption collation;
  while (!in.at_end()) {
    if (!collation.read(in)) in.take();
  }
  return collation;
}

}  // namespace

base::Result<void> Catalog::Definitions::apply(std::string_view sql, const Session& session,
                                               bool temporary, std::uint16_t failed_with) {
  StatementCursor in(sql, session.sql_mode, flavor_);
  while (in.accept("SET")) {
    if (!skip_set_statement(in)) return {};
  }
  Context context{in, session, temporary, failed_with};
  if (in.accept("CREATE")) return create(context);
  if (in.accept("ALTER")) return alter(context);
  if (in.accept("DROP")) return drop(context);
  if (in.accept("RENAME") && (in.accept("TABLE") || in.accept("TABLES"))) {
    return rename_tables(context);
  }
  return {};
}

tl::unexpected<base::Error> Catalog::Definitions::give_up(const TableName& name,
                                                          std::string_view doing,
                                                          std::string_view reason) {
  std::string message(doing);
  if (!name.table.empty()) {
    tables_.forget(name);
    message += " " + full_name(name);
  }
  message += ": ";
  message += reason;
  message += kRemedy;
  return base::fail(ErrorCode::kUnsupported, std::move(message));
}

base::Result<void> Catalog::Definitions::create(Context& context) {
  StatementCursor& in = context.in;
  const bool or_replace = in.accept("OR", "REPLACE");
  if (in.accept("TEMPORARY")) return {};
  if (in.accept("TABLE")) return create_table(context, or_replace);
  if (in.accept("DATABASE") || in.accept("SCHEMA")) return create_database(context, or_replace);
  if (context.session.is_mariadb() && in.accept("SEQUENCE")) return create_sequence(context);
  if (in.peek().kind == TokenKind::kWord && in.peek_second().is("TABLE")) {
    const std::string kind(in.take().text);
    in.take();
    in.accept_if_not_exists();
    const TableName name = in.take_table_name(context.session.database);
    return give_up(name, "CREATE TABLE", "a table of the kind " + kind + " is not handled");
  }
  return {};
}

base::Result<void> Catalog::Definitions::create_table(Context& context, bool or_replace) {
  constexpr std::string_view kDoing = "CREATE TABLE";
  StatementCursor& in = context.in;
  const Session& session = context.session;
  const bool if_not_exists = in.accept_if_not_exists() && !session.states_what_is;
  const TableName name = in.take_table_name(session.database);
  if (!in.ok()) return give_up(name, kDoing, in.failure());
  if (name.database.empty()) {
    return base::fail(ErrorCode::kInvalid,
                      "CREATE TABLE " + name.table + " is in no database; put USE in front of it");
  }
  if (context.failed_with != 0) return give_up(name, kDoing, "it failed on its way");
  if (if_not_exists && !or_replace) {
    if (tables_.find(name) != nullptr) return {};
    // MariaDB logs the statement only where it made the table (observed on 10.11 and 11.8).
    if (!session.is_mariadb() && !tables_.is_known_absent(name)) {
      return give_up(name, kDoing, "IF NOT EXISTS may have found another of that name");
    }
  }
  auto created = read_create_table(in, tables_.collation_of(name.database), session);
  if (!created) return give_up(name, kDoing, created.error().message);
  if (created->like) return define_like(context, name, *created->like);
  tables_.define(name, std::move(created->definition));
  return {};
}

base::Result<void> Catalog::Definitions::define_like(Context& context, const TableName& name,
                                                     const TableName& like) {
  const TableDefinition* model = tables_.find(like);
  // A temporary table may have the name of the one that is known.
  if (model == nullptr || context.temporary) {
    return give_up(name, "CREATE TABLE",
                   "its columns are those of " + full_name(like) + ", which are not known");
  }
  tables_.define(name, TableDefinition(*model));
  return {};
}

base::Result<void> Catalog::Definitions::create_sequence(Context& context) {
  StatementCursor& in = context.in;
  const bool if_not_exists = in.accept_if_not_exists() && !context.session.states_what_is;
  const TableName name = in.take_table_name(context.session.database);
  if (!in.ok()) return give_up(name, "CREATE SEQUENCE", in.failure());
  if (if_not_exists && tables_.find(name) != nullptr) return {};
  TableDefinition sequence = read_sequence(in, context.session);
  if (!in.ok()) return give_up(name, "CREATE SEQUENCE", in.failure());
  tables_.define(name, std::move(sequence));
  return {};
}

base::Result<void> Catalog::Definitions::create_database(Context& context, bool or_replace) {
  StatementCursor& in = context.in;
  const Session& session = context.session;
  const bool if_not_exists = in.accept_if_not_exists();
  const std::string name = in.take_name("a database's name");
  const CollationOption option = read_database_options(in);
  const auto collation =
      option.resolve(session.server_collation, session.server_collation, session);
  if (!in.ok() || !collation) {
    tables_.set_collation(name, kUnknownCollation);
    return base::fail(ErrorCode::kUnsupported,
                      "CREATE DATABASE " + name + ": " +
                          (in.ok() ? collation.error().message : in.failure()) +
                          "; name the character set of each table of it");
  }
  if (session.states_what_is) {
    tables_.set_collation(name, *collation);
    return {};
  }
  // All servers log it whether or not it was there before.
  const bool was_absent = tables_.is_database_known_absent(name);
  if (if_not_exists && !or_replace && !was_absent) return {};
  tables_.create_database(name, *collation);
  return {};
}

base::Result<void> Catalog::Definitions::alter(Context& context) {
  StatementCursor& in = context.in;
  while (in.is("ONLINE") || in.is("OFFLINE") || in.is("IGNORE")) in.take();
  if (in.accept("TABLE")) return alter_table(context);
  if (in.accept("DATABASE") || in.accept("SCHEMA")) return alter_database(context);
  if (context.session.is_mariadb() && in.accept("SEQUENCE")) return alter_sequence(context);
  return {};
}

base::Result<void> Catalog::Definitions::alter_table(Context& context) {
  constexpr std::string_view kDoing = "ALTER TABLE";
  StatementCursor& in = context.in;
  const Session& session = context.session;
  in.accept_if_exists();
  const TableName name = in.take_table_name(session.database);
  if (!in.ok()) return give_up(name, kDoing, in.failure());
  // No other table than the one that it names is opened: the flag is about that one.
  if (context.temporary) return {};
  skip_wait(in);
  const AlterTable alter = read_alter_table(in, session);
  const TableDefinition* before = tables_.find(name);
  if (context.failed_with != 0) {
    if (alter.rename_to) tables_.forget(*alter.rename_to);
    if (before == nullptr) return {};
    return give_up(name, kDoing, "it failed on its way");
  }
  if (before != nullptr) {
    if (!in.ok()) return give_up(name, kDoing, in.failure());
    auto after = apply_alter_table(*before, alter, tables_.collation_of(name.database), session);
    if (!after) return give_up(name, kDoing, after.error().message);
    tables_.define(name, std::move(*after));
  }
  const TableDefinition* now = tables_.find(name);
  for (const TableName& made : alter.new_tables) {
    if (now == nullptr) {
      tables_.forget(made);
    } else {
      tables_.define(made, TableDefinition(*now));
    }
  }
  for (const TableName& taken : alter.taken_tables) tables_.remove(taken);
  if (alter.rename_to && *alter.rename_to != name) tables_.rename(name, *alter.rename_to);
  return {};
}

base::Result<void> Catalog::Definitions::alter_sequence(Context& context) {
  StatementCursor& in = context.in;
  in.accept_if_exists();
  const TableName name = in.take_table_name(context.session.database);
  if (!in.ok()) return give_up(name, "ALTER SEQUENCE", in.failure());
  while (!in.at_end() && !in.is("AS")) in.take();
  if (in.at_end() || tables_.find(name) == nullptr) return {};
  TableDefinition sequence = read_sequence(in, context.session);
  if (!in.ok()) return give_up(name, "ALTER SEQUENCE", in.failure());
  tables_.define(name, std::move(sequence));
  return {};
}

base::Result<void> Catalog::Definitions::alter_database(Context& context) {
  StatementCursor& in = context.in;
  const Session& session = context.session;
  std::string name = session.database;
  const bool is_option = in.is("CHARACTER") || in.is("CHARSET") || in.is("COLLATE") ||
                         in.is("DEFAULT") || in.is("COMMENT") || in.is("ENCRYPTION") ||
                         in.is("READ");
  if (!is_option) name = in.take_name("a database's name");
  const CollationOption option = read_database_options(in);
  if (!option.is_given()) return {};
  const auto collation =
      option.resolve(tables_.collation_of(name), session.server_collation, session);
  tables_.set_collation(name, collation.value_or(kUnknownCollation));
  if (collation) return {};
  return base::fail(ErrorCode::kUnsupported, "ALTER DATABASE " + name + ": " +
                                                 collation.error().message +
                                                 "; name the character set of each table of it");
}

base::Result<void> Catalog::Definitions::drop(Context& context) {
  StatementCursor& in = context.in;
  if (in.accept("TABLE") || in.accept("TABLES") ||
      (context.session.is_mariadb() && in.accept("SEQUENCE"))) {
    return drop_tables(context);
  }
  if (in.accept("DATABASE") || in.accept("SCHEMA")) return drop_database(context);
  return {};
}

base::Result<void> Catalog::Definitions::drop_tables(Context& context) {
  // ER_BAD_TABLE_ERROR: some were not there, the others are gone.
  constexpr std::uint16_t kNoSuchTable = 1051;
  StatementCursor& in = context.in;
  in.accept_if_exists();
  do {
    const TableName name = in.take_table_name(context.session.database);
    if (!in.ok()) return base::fail(ErrorCode::kUnsupported, "DROP TABLE: " + in.failure());
    if (context.failed_with == 0 || context.failed_with == kNoSuchTable) {
      tables_.remove(name);
    } else {
      tables_.forget(name);
    }
  } while (in.accept_symbol(','));
  return {};
}

base::Result<void> Catalog::Definitions::drop_database(Context& context) {
  StatementCursor& in = context.in;
  in.accept_if_exists();
  const std::string name = in.take_name("a database's name");
  if (!in.ok()) return base::fail(ErrorCode::kUnsupported, "DROP DATABASE: " + in.failure());
  if (context.failed_with == 0) {
    tables_.drop_database(name);
  } else {
    tables_.forget_tables(name);
  }
  return {};
}

base::Result<void> Catalog::Definitions::rename_tables(Context& context) {
  StatementCursor& in = context.in;
  const bool if_exists = in.accept_if_exists();
  do {
    const TableName from = in.take_table_name(context.session.database);
    skip_wait(in);
    in.expect("TO");
    const TableName to = in.take_table_name(context.session.database);
    if (!in.ok()) return give_up(from, "RENAME TABLE", in.failure());
    if (context.failed_with != 0) {
      tables_.forget(to);
      return give_up(from, "RENAME TABLE", "it failed on its way");
    }
    // A temporary table may have the name of one that is known.
    if (context.temporary && tables_.find(from) != nullptr) {
      tables_.forget(to);
      return give_up(from, "RENAME TABLE", "a temporary table may have the same name");
    }
    // IF EXISTS passes over what is not there: then `to` is what it was.
    const bool passed_over =
        if_exists && tables_.find(from) == nullptr && tables_.find(to) != nullptr;
    if (!passed_over) tables_.rename(from, to);
  } while (in.accept_symbol(','));
  return {};
}

}  // namespace pikachu::schema
