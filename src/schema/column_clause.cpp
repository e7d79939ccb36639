#include "schema/column_clause.h"

#include <algorithm>
#include <array>
#include <utility>

#include "schema/ascii.h"
#include "schema/column_type_clause.h"

namespace pikachu::schema {
namespace {

using TokenKind = StatementCursor::TokenKind;

// REFERENCES table [(columns)] [MATCH x] [ON DELETE x] [ON UPDATE x]: the ONs are read as
// attributes.
void read_reference(StatementCursor& in, const Session& session) {
  in.take_table_name(session.database);
  if (in.is_symbol('(')) in.skip_parentheses();
  if (in.accept("MATCH")) in.take();
}

// Behind ON: UPDATE NOW(3), DELETE SET NULL, UPDATE NO ACTION.
void read_on(StatementCursor& in) {
  if (!in.accept("UPDATE")) in.expect("DELETE");
  if (in.accept("SET") || in.accept("NO")) {
    in.take();
    return;
  }
  in.skip_value();
}

// (expression), or MariaDB's ROW START and ROW END.
void read_generated(StatementCursor& in, ColumnClause& clause) {
  in.accept("ALWAYS");
  in.expect("AS");
  if (in.accept("ROW")) {
    clause.column.row_bound = in.accept("START") ? RowBound::kStart : RowBound::kEnd;
    if (clause.column.row_bound == RowBound::kEnd) in.expect("END");
    return;
  }
  in.skip_parentheses();
}

// CHECK (json_valid(`column`)): the condition that makes a LONGTEXT JSON.
void read_check(StatementCursor& in, ColumnClause& clause) {
  StatementCursor condition = in;
  std::size_t depth = 0;
  while (condition.accept_symbol('(')) ++depth;
  bool is_json_check = condition.accept("JSON_VALID") && condition.accept_symbol('(');
  is_json_check = is_json_check &&
                  is_same_column(condition.take_name("a column"), clause.column.name) &&
                  condition.accept_symbol(')');
  while (depth > 0 && condition.accept_symbol(')')) --depth;
  clause.column.is_json_text = is_json_check && depth == 0;
  clause.has_check = true;
  in.skip_parentheses();
}

// What belongs to a text type, and how it is stored.
bool read_type_attribute(StatementCursor& in, const Session& session, ColumnClause& clause) {
  ColumnType& type = clause.column.type;
  if (in.accept("UNSIGNED")) {
    type.is_unsigned = true;
  } else if (in.accept("ZEROFILL")) {
    type.is_zerofill = true;
    type.is_unsigned = true;
  } else if (in.accept("CHARACTER", "SET") || in.accept("CHAR", "SET") || in.accept("CHARSET")) {
    clause.charset = in.take_named_value("a character set's name");
  } else if (in.accept("COLLATE")) {
    clause.collation = in.take_named_value("a collation's name");
  } else if (in.accept("ASCII")) {
    clause.charset = "latin1";
  } else if (in.accept("UNICODE")) {
    clause.charset = "ucs2";
  } else if (in.accept("BINARY")) {
    clause.binary_collation = true;
  } else if (in.accept("BYTE")) {
    clause.as_bytes = true;
  } else if (session.is_mariadb() && in.accept("COMPRESSED")) {
    type.is_compressed = true;
    if (in.accept_symbol('=')) in.take();
  } else {
    return in.accept("SIGNED");
  }
  return true;
}

bool read_key_attribute(StatementCursor& in, const Session& session, ColumnClause& clause) {
  if (in.accept("PRIMARY")) {
    in.expect("KEY");
    clause.is_primary_key = true;
  } else if (in.accept("KEY")) {
    clause.is_primary_key = true;
  } else if (in.accept("UNIQUE")) {
    in.accept("KEY");
  } else if (in.accept("REFERENCES")) {
    read_reference(in, session);
  } else if (in.accept("CONSTRAINT")) {
    if (!in.is("CHECK")) in.take_name("a constraint's name");
  } else if (in.accept("CHECK")) {
    read_check(in, clause);
  } else {
    return false;
  }
  return true;
}

bool read_value_attribute(StatementCursor& in, ColumnClause& clause) {
  if (in.accept("NOT")) {
    // NOT NULL, NOT ENFORCED, NOT SECONDARY
    in.take_name("NULL");
  } else if (in.accept("DEFAULT")) {
    in.skip_value();
  } else if (in.accept("ON")) {
    read_on(in);
  } else if (in.accept("SERIAL")) {
    in.expect("DEFAULT");
    in.expect("VALUE");
  } else if (in.accept("GENERATED") || in.is("AS")) {
    read_generated(in, clause);
  } else {
    constexpr std::array<std::string_view, 9> kAlone{"NULL",    "AUTO_INCREMENT", "VIRTUAL",
                                                     "STORED",  "PERSISTENT",     "INVISIBLE",
                                                     "VISIBLE", "ENFORCED",       "HIDDEN"};
    return std::ranges::any_of(kAlone, [&in](std::string_view word) { return in.accept(word); });
  }
  return true;
}

// Attributes that end in a word, a number or a string, engines' own among them: name [=] value.
bool read_option(StatementCursor& in, ColumnClause& clause) {
  if (in.accept("WITH", "SYSTEM")) {
    in.expect("VERSIONING");
    clause.is_versioned = true;
    return true;
  }
  if (in.accept("WITHOUT", "SYSTEM")) {
    in.expect("VERSIONING");
    return true;
  }
  constexpr std::array<std::string_view, 6> kOptions{
      "COMMENT", "COLUMN_FORMAT",    "STORAGE",
      "SRID",    "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE"};
  const bool known =
      std::ranges::any_of(kOptions, [&in](std::string_view word) { return in.accept(word); });
  if (!known) {
    const bool is_option = in.peek().kind != TokenKind::kSymbol && in.peek_second().is_symbol('=');
    if (!is_option) return false;
    in.take();
  }
  in.accept_symbol('=');
  in.skip_value();
  // Percona Server: COLUMN_FORMAT COMPRESSED WITH COMPRESSION_DICTIONARY name
  if (in.accept("WITH", "COMPRESSION_DICTIONARY")) in.take_name("a dictionary's name");
  return true;
}

bool is_end_of_column(const StatementCursor& in) {
  return in.at_end() || in.is_symbol(',') || in.is_symbol(')') || in.is_symbol(';') ||
         in.is("FIRST") || in.is("AFTER") || in.is("PARTITION");
}

}  // namespace

ColumnClause read_column_named(std::string name, StatementCursor& in, const Session& session) {
  ColumnClause clause;
  clause.column.name = std::move(name);
  read_type(in, session, clause);
  while (!is_end_of_column(in)) {
    const bool read = read_type_attribute(in, session, clause) ||
                      read_key_attribute(in, session, clause) || read_value_attribute(in, clause) ||
                      read_option(in, clause);
    if (!read) in.fail("a column's attribute");
  }
  return clause;
}

ColumnClause read_column(StatementCursor& in, const Session& session) {
  std::string name = in.take_name("a column's name");
  return read_column_named(std::move(name), in, session);
}

}  // namespace pikachu::schema
