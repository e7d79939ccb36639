#include <algorithm>
#include <array>
#include <utility>

#include "schema/alter_table.h"

namespace pikachu::schema {
namespace {

using TokenKind = StatementCursor::TokenKind;

constexpr std::size_t kClausesMax = 16'384;

void read_place(StatementCursor& in, ColumnChange& change) {
  if (in.accept("FIRST")) {
    change.place = ColumnChange::Place::kFirst;
  } else if (in.accept("AFTER")) {
    change.place = ColumnChange::Place::kAfter;
    change.after = in.take_name("a column's name");
  }
}

void read_added(StatementCursor& in, const Session& session, AlterTable& alter) {
  if (is_at_table_element(in)) return read_table_element(in, alter.elements);
  if (alter.changes.size() == kClausesMax) return in.fail("at most 16384 columns");
  ColumnChange change;
  change.conditional = in.accept_if_not_exists();
  change.clause = read_column(in, session);
  read_place(in, change);
  alter.changes.push_back(std::move(change));
}

void read_add(StatementCursor& in, const Session& session, AlterTable& alter) {
  if (in.is("PARTITION")) return skip_clause(in);
  if (in.accept("SYSTEM", "VERSIONING")) {
    alter.versioned = true;
    return;
  }
  in.accept("COLUMN");
  const bool conditional = in.accept_if_not_exists();
  if (!in.accept_symbol('(')) {
    const std::size_t before = alter.changes.size();
    read_added(in, session, alter);
    if (alter.changes.size() > before && conditional) alter.changes.back().conditional = true;
    return;
  }
  do {
    const std::size_t before = alter.changes.size();
    read_added(in, session, alter);
    if (alter.changes.size() > before && conditional) alter.changes.back().conditional = true;
  } while (in.accept_symbol(','));
  in.expect_symbol(')');
}

// INDEX, KEY or CONSTRAINT: PRIMARY is the name of the primary key.
void read_drop_named(StatementCursor& in, AlterTable& alter) {
  in.accept_if_exists();
  if (is_same_column(in.take_name("a key's name"), "PRIMARY")) alter.drops_primary_key = true;
}

void read_drop(StatementCursor& in, AlterTable& alter) {
  if (in.accept("PRIMARY")) {
    in.expect("KEY");
    alter.drops_primary_key = true;
  } else if (in.accept("INDEX") || in.accept("KEY") || in.accept("CONSTRAINT")) {
    read_drop_named(in, alter);
  } else if (in.is("FOREIGN") || in.is("CHECK") || in.is("PARTITION") ||
             (in.is("PERIOD") && in.peek_second().is("FOR"))) {
    skip_clause(in);
  } else if (in.accept("SYSTEM", "VERSIONING")) {
    alter.versioned = false;
  } else {
    in.accept("COLUMN");
    AlterTable::Drop drop;
    drop.if_exists = in.accept_if_exists();
    drop.column = in.take_name("a column's name");
    if (!in.accept("RESTRICT")) in.accept("CASCADE");
    if (alter.drops.size() == kClausesMax) return in.fail("at most 16384 columns");
    alter.drops.push_back(std::move(drop));
  }
}

// CHANGE has the old name in front.
void read_redefine(StatementCursor& in, const Session& session, bool with_old_name,
                   AlterTable& alter) {
  in.accept("COLUMN");
  if (alter.changes.size() == kClausesMax) return in.fail("at most 16384 columns");
  ColumnChange change;
  change.kind = ColumnChange::Kind::kRedefine;
  change.conditional = in.accept_if_exists();
  if (with_old_name) change.old_name = in.take_name("a column's name");
  change.clause = read_column(in, session);
  if (!with_old_name) change.old_name = change.clause.column.name;
  read_place(in, change);
  alter.changes.push_back(std::move(change));
}

void read_rename(StatementCursor& in, const Session& session, AlterTable& alter) {
  if (in.accept("COLUMN")) {
    if (alter.changes.size() == kClausesMax) return in.fail("at most 16384 columns");
    ColumnChange change;
    change.kind = ColumnChange::Kind::kRename;
    change.conditional = in.accept_if_exists();
    change.old_name = in.take_name("a column's name");
    in.expect("TO");
    change.clause.column.name = in.take_name("a column's name");
    alter.changes.push_back(std::move(change));
    return;
  }
  if (in.is("INDEX") || in.is("KEY")) return skip_clause(in);
  if (!in.accept("TO") && !in.accept("AS")) in.accept_symbol('=');
  alter.rename_to = in.take_table_name(session.database);
}

// TO CHARACTER SET x [COLLATE y]; MariaDB: PARTITION p TO TABLE t, TABLE t TO PARTITION p …
void read_convert(StatementCursor& in, const Session& session, AlterTable& alter) {
  if (in.accept("PARTITION")) {
    in.take_name("a partition's name");
    in.expect("TO");
    in.expect("TABLE");
    alter.new_tables.push_back(in.take_table_name(session.database));
    return skip_clause(in);
  }
  if (in.accept("TABLE")) {
    alter.taken_tables.push_back(in.take_table_name(session.database));
    return skip_clause(in);
  }
  in.expect("TO");
  if (!alter.conversion.read(in)) return in.fail("CHARACTER SET");
  alter.conversion.read(in);
}

// Words that begin clauses of other kinds; a list of options may begin with any of the second.
bool is_at_clause(const StatementCursor& in) {
  constexpr std::array<std::string_view, 8> kWords{"ADD",     "DROP",  "MODIFY", "CHANGE",
                                                   "CONVERT", "ALTER", "RENAME", "ORDER"};
  return std::ranges::any_of(kWords, [&in](std::string_view word) { return in.is(word); });
}

// ORDER BY a DESC, b: its commas are its own as long as no clause begins behind them.
void skip_order(StatementCursor& in) {
  in.expect("BY");
  skip_clause(in);
  while (in.is_symbol(',')) {
    StatementCursor ahead = in;
    ahead.take();
    if (is_at_clause(ahead)) return;
    in.take();
    skip_clause(in);
  }
}

// Whether a table's option begins here, or what is done with its partitions, keys or files. Engines
// have options of their own, but a '=' or a quote follows on those.
bool is_at_option(const StatementCursor& in) {
  constexpr std::array<std::string_view, 54> kWords{"ALGORITHM",
                                                    "ANALYZE",
                                                    "AUTOEXTEND_SIZE",
                                                    "AUTO_INCREMENT",
                                                    "AVG_ROW_LENGTH",
                                                    "CHARACTER",
                                                    "CHARSET",
                                                    "CHECK",
                                                    "CHECKSUM",
                                                    "COALESCE",
                                                    "COLLATE",
                                                    "COMMENT",
                                                    "COMPRESSION",
                                                    "CONNECTION",
                                                    "DATA",
                                                    "DEFAULT",
                                                    "DELAY_KEY_WRITE",
                                                    "DISABLE",
                                                    "DISCARD",
                                                    "ENABLE",
                                                    "ENCRYPTION",
                                                    "ENGINE",
                                                    "EXCHANGE",
                                                    "FORCE",
                                                    "IMPORT",
                                                    "INDEX",
                                                    "INSERT_METHOD",
                                                    "KEY_BLOCK_SIZE",
                                                    "LOCK",
                                                    "MAX_ROWS",
                                                    "MIN_ROWS",
                                                    "OPTIMIZE",
                                                    "PACK_KEYS",
                                                    "PAGE_CHECKSUM",
                                                    "PARTITION",
                                                    "PASSWORD",
                                                    "REBUILD",
                                                    "REMOVE",
                                                    "REORGANIZE",
                                                    "REPAIR",
                                                    "ROW_FORMAT",
                                                    "SECONDARY_ENGINE",
                                                    "SECONDARY_LOAD",
                                                    "SECONDARY_UNLOAD",
                                                    "STATS_AUTO_RECALC",
                                                    "STATS_PERSISTENT",
                                                    "STATS_SAMPLE_PAGES",
                                                    "STORAGE",
                                                    "TABLESPACE",
                                                    "TRANSACTIONAL",
                                                    "TRUNCATE",
                                                    "TYPE",
                                                    "UNION",
                                                    "CHAR"};
  if (std::ranges::any_of(kWords, [&in](std::string_view word) { return in.is(word); }))
    return true;
  const StatementCursor::Token second = in.peek_second();
  const bool is_validation = (in.is("WITH") || in.is("WITHOUT")) && second.is("VALIDATION");
  const bool is_name =
      in.peek().kind == TokenKind::kWord || in.peek().kind == TokenKind::kQuotedIdentifier;
  return is_validation || (is_name && (second.is_symbol('=') || second.kind == TokenKind::kString));
}

// Options in a row, without commas.
void read_options(StatementCursor& in, AlterTable& alter) {
  if (!is_at_option(in)) return in.fail("a clause of ALTER TABLE");
  while (!in.at_end() && !in.is_symbol(',') && !in.is_symbol(';')) {
    if (alter.default_collation.read(in)) continue;
    if (in.is_symbol('(')) {
      in.skip_parentheses();
    } else {
      in.take();
    }
  }
}

void read_clause(StatementCursor& in, const Session& session, AlterTable& alter) {
  if (in.accept("ADD")) {
    read_add(in, session, alter);
  } else if (in.accept("DROP")) {
    read_drop(in, alter);
  } else if (in.accept("MODIFY")) {
    read_redefine(in, session, false, alter);
  } else if (in.accept("CHANGE")) {
    read_redefine(in, session, true, alter);
  } else if (in.accept("RENAME")) {
    read_rename(in, session, alter);
  } else if (in.accept("CONVERT")) {
    read_convert(in, session, alter);
  } else if (in.is("ALTER")) {
    skip_clause(in);
  } else if (in.accept("ORDER")) {
    skip_order(in);
  } else {
    read_options(in, alter);
  }
}

}  // namespace

AlterTable read_alter_table(StatementCursor& in, const Session& session) {
  AlterTable alter;
  do {
    // ALTER TABLE t alone is allowed.
    if (in.at_end() || in.is_symbol(';')) break;
    read_clause(in, session, alter);
    // PARTITION BY … may follow the last clause without a comma.
    if (in.is("PARTITION") || in.is("REMOVE")) read_options(in, alter);
  } while (in.accept_symbol(','));
  if (!in.at_end() && !in.is_symbol(';')) in.fail("','");
  return alter;
}

}  // namespace pikachu::schema
