#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "binlog/events.h"
#include "binlog/sql_lexer.h"

namespace pikachu::binlog {

namespace {

using Token = SqlLexer::Token;
using TokenKind = SqlLexer::TokenKind;

template <std::size_t kCount>
bool is_any(const Token& token, const std::array<std::string_view, kCount>& words) {
  return std::ranges::any_of(words, [&token](std::string_view word) { return token.is(word); });
}

// What CREATE, ALTER and DROP can concern besides tables, views, indexes, databases and sequences.
// None of these changes a column. A word that is in neither list is taken as something that might.
constexpr std::array<std::string_view, 20> kObjectsWithoutRows = {
    "USER",    "ROLE",      "FUNCTION", "PROCEDURE", "TRIGGER",    "EVENT",    "SERVER",
    "LOGFILE", "REFERENCE", "INSTANCE", "PACKAGE",   "TABLESPACE", "LIBRARY",  "RESOURCE",
    "PREPARE", "UNDO",      "CATALOG",  "LOADABLE",  "COMPONENT",  "TEMPORARY"};
constexpr std::array<std::string_view, 8> kObjectsWithRows = {
    "TABLE", "TABLES", "VIEW", "INDEX", "DATABASE", "SCHEMA", "SEQUENCE", "MATERIALIZED"};
// SELECT and DO are logged only where a stored function in them changed rows.
constexpr std::array<std::string_view, 6> kRowChangeVerbs = {"INSERT",  "UPDATE", "DELETE",
                                                             "REPLACE", "SELECT", "DO"};

std::string lower_ascii(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool is_name(const Token& token) {
  return token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedIdentifier;
}

QueryMeaning of_kind(QueryKind kind, std::string name = {}) {
  QueryMeaning meaning;
  meaning.kind = kind;
  meaning.name = std::move(name);
  return meaning;
}

QueryMeaning savepoint(QueryKind kind, const Token& name) {
  return of_kind(kind, lower_ascii(unquote(name.text)));
}

// A name between backticks, in which MySQL 5.6 does not double its own backticks where it writes
// ROLLBACK TO: `a`b`. (Observed on 5.6.24; not in the docs.)
std::optional<std::string_view> undoubled_name(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('`') || !text.ends_with('`')) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '`') continue;
    if (i + 1 == text.size() || text[i + 1] != '`') return text;
    ++i;
  }
  return std::nullopt;
}

// ROLLBACK [WORK] [TO [SAVEPOINT] name]
QueryMeaning classify_rollback(SqlLexer& lexer) {
  Token token = lexer.next();
  if (token.is("WORK")) token = lexer.next();
  if (!token.is("TO")) return of_kind(QueryKind::kRollback);
  const std::string_view name = lexer.rest();
  token = lexer.next();
  // SAVEPOINT is no reserved word: a savepoint may have just this name.
  const Token after = lexer.next();
  if (token.is("SAVEPOINT") && after.kind != TokenKind::kEnd) token = after;
  if (const auto undoubled = undoubled_name(name.substr(std::min(name.find('`'), name.size())))) {
    return of_kind(QueryKind::kRollbackToSavepoint, lower_ascii(std::string(*undoubled)));
  }
  return savepoint(QueryKind::kRollbackToSavepoint, token);
}

// XA verb xid [ONE PHASE]
QueryMeaning classify_xa(SqlLexer& lexer) {
  const Token verb = lexer.next();
  std::string_view xid = lexer.rest();
  for (Token token = lexer.next(); token.kind != TokenKind::kEnd; token = lexer.next()) {
    if (!token.is("ONE")) continue;
    xid = xid.substr(0, static_cast<std::size_t>(token.text.data() - xid.data()));
    break;
  }
  constexpr std::string_view kBlanks = " \t\r\n;";
  xid.remove_prefix(std::min(xid.find_first_not_of(kBlanks), xid.size()));
  xid = xid.substr(0, xid.find_last_not_of(kBlanks) + 1);
  std::string name(xid);
  if (verb.is("START") || verb.is("BEGIN")) return of_kind(QueryKind::kXaStart, std::move(name));
  if (verb.is("END")) return of_kind(QueryKind::kXaEnd, std::move(name));
  if (verb.is("COMMIT")) return of_kind(QueryKind::kXaCommit, std::move(name));
  if (verb.is("ROLLBACK")) return of_kind(QueryKind::kXaRollback, std::move(name));
  return {};
}

// Reads the table that follows, `first` on, behind what may stand before it.
void read_table(SqlLexer& lexer, Token first, QueryMeaning& meaning) {
  constexpr std::array<std::string_view, 10> kModifiers = {
      "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "IGNORE",
      "INTO",         "FROM",          "IF",      "NOT",   "EXISTS"};
  while (is_any(first, kModifiers)) first = lexer.next();
  if (!is_name(first)) return;
  meaning.table = unquote(first.text);
  if (!lexer.next().is_symbol('.')) return;
  meaning.database = std::exchange(meaning.table, unquote(lexer.next().text));
}

QueryMeaning row_change(std::string verb, SqlLexer& lexer, Token first) {
  QueryMeaning meaning;
  meaning.kind = QueryKind::kRowChangeStatement;
  meaning.name = std::move(verb);
  read_table(lexer, first, meaning);
  return meaning;
}

// Whether a word begins a query, as in CREATE TABLE a SELECT …, a TABLE b, a VALUES (…) or
// a VALUES ROW(…); partitions have VALUES too. What stands behind a dot is a name.
bool begins_query(const Token& before, const Token& token) {
  if (before.is_symbol('.')) return false;
  if (token.is("SELECT") || token.is("TABLE")) return true;
  return before.is("VALUES") && (token.is("ROW") || token.is_symbol('('));
}

// CREATE TABLE … SELECT as it was typed is in the binlog where its rows are not. With rows, MySQL
// writes a definition that ends in START TRANSACTION, and others write the definition alone.
QueryMeaning classify_create_table(SqlLexer& lexer) {
  QueryMeaning meaning;
  meaning.kind = QueryKind::kDdl;
  SqlLexer name = lexer;
  bool start = false;
  bool transaction = false;
  Token before;
  for (Token token = lexer.next(); token.kind != TokenKind::kEnd; token = lexer.next()) {
    if (token.is_symbol(';')) continue;
    transaction = start && token.is("TRANSACTION");
    start = token.is("START");
    meaning.fills_table = meaning.fills_table || begins_query(before, token);
    before = token;
  }
  if (transaction) return of_kind(QueryKind::kCreateTableInTransaction);
  if (!meaning.fills_table) return meaning;
  meaning.name = "CREATE TABLE";
  read_table(name, name.next(), meaning);
  return meaning;
}

// CREATE, ALTER, DROP and RENAME. Between verb and object stand OR REPLACE, ALGORITHM=…, DEFINER=…,
// SQL SECURITY …, UNIQUE, ONLINE and their like. Temporary tables are no one else's, are never
// logged with rows, and (CREATE and DROP) do not commit what is open.
QueryMeaning classify_definition(SqlLexer& lexer, bool create) {
  for (Token token = lexer.next(); token.kind != TokenKind::kEnd; token = lexer.next()) {
    if (is_any(token, kObjectsWithoutRows)) return {};
    if (!is_any(token, kObjectsWithRows)) continue;
    if (create && token.is("TABLE")) return classify_create_table(lexer);
    break;
  }
  return of_kind(QueryKind::kDdl);
}

// The first word outside parentheses that `wanted` takes; true if there is one.
template <typename Predicate>
bool find_outside_parentheses(SqlLexer& lexer, Predicate wanted) {
  std::size_t depth = 0;
  for (Token token = lexer.next(); token.kind != TokenKind::kEnd; token = lexer.next()) {
    if (token.is_symbol('(')) ++depth;
    if (token.is_symbol(')') && depth > 0) --depth;
    if (depth == 0 && wanted(token)) return true;
  }
  return false;
}

// LOAD DATA [LOCAL] INFILE 'file' [REPLACE | IGNORE] INTO TABLE name, and LOAD XML.
QueryMeaning classify_load(SqlLexer& lexer) {
  const Token what = lexer.next();
  if (!what.is("DATA") && !what.is("XML")) return {};
  Token token = lexer.next();
  while (token.kind != TokenKind::kEnd && !token.is("TABLE")) token = lexer.next();
  return row_change("LOAD", lexer, lexer.next());
}

QueryMeaning classify_verb(const Token& verb, SqlLexer& lexer) {
  if (verb.is("BEGIN")) return of_kind(QueryKind::kBegin);
  if (verb.is("COMMIT")) return of_kind(QueryKind::kCommit);
  if (verb.is("ROLLBACK")) return classify_rollback(lexer);
  if (verb.is("SAVEPOINT")) return savepoint(QueryKind::kSavepoint, lexer.next());
  if (verb.is("RELEASE")) {
    lexer.next();  // SAVEPOINT
    return savepoint(QueryKind::kReleaseSavepoint, lexer.next());
  }
  if (verb.is("START")) {
    return of_kind(lexer.next().is("TRANSACTION") ? QueryKind::kBegin : QueryKind::kOther);
  }
  if (verb.is("XA")) return classify_xa(lexer);
  if (verb.is("TRUNCATE")) return of_kind(QueryKind::kDdl);
  if (verb.is("CREATE") || verb.is("ALTER") || verb.is("DROP") || verb.is("RENAME")) {
    return classify_definition(lexer, verb.is("CREATE"));
  }
  if (is_any(verb, kRowChangeVerbs)) {
    // SELECT and DO change what their functions change.
    const bool names_table = !verb.is("SELECT") && !verb.is("DO");
    return row_change(std::string(verb.text), lexer, names_table ? lexer.next() : Token());
  }
  if (verb.is("LOAD")) return classify_load(lexer);
  if (verb.is("WITH")) {
    const bool found = find_outside_parentheses(
        lexer, [](const Token& token) { return is_any(token, kRowChangeVerbs); });
    if (!found) return {};
    return row_change("WITH", lexer, Token());
  }
  return {};
}

}  // namespace

QueryMeaning classify_query(std::string_view sql, std::uint64_t sql_mode) {
  // Nearly every transaction has these.
  if (sql == "BEGIN") return of_kind(QueryKind::kBegin);
  if (sql == "COMMIT") return of_kind(QueryKind::kCommit);
  SqlLexer lexer(sql, sql_mode);
  while (true) {
    Token verb = lexer.next();
    while (verb.is_symbol('(')) verb = lexer.next();
    if (!verb.is("SET")) return classify_verb(verb, lexer);
    // MariaDB: SET STATEMENT variable=value,… FOR statement.
    if (!lexer.next().is("STATEMENT")) return {};
    if (!find_outside_parentheses(lexer, [](const Token& token) { return token.is("FOR"); })) {
      return {};
    }
  }
}

}  // namespace pikachu::binlog
