#include "tests/corpus/replayed_definitions.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "binlog/sql_lexer.h"

namespace pikachu::corpus {
namespace {

using change::ValueKind;
using Token = binlog::SqlLexer::Token;
using TokenKind = binlog::SqlLexer::TokenKind;

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_integer_type(const Token& token) {
  constexpr std::array<std::string_view, 6> kTypes{"TINYINT", "SMALLINT", "MEDIUMINT",
                                                   "INT",     "INTEGER",  "BIGINT"};
  return std::ranges::any_of(kTypes, [&](std::string_view type) { return token.is(type); });
}

/// Integers change their kind with their sign; all else stays as it is.
OwnedValue retyped(OwnedValue value, const change::Column& column) {
  if (value.kind == ValueKind::kSigned && column.is_unsigned) value.kind = ValueKind::kUnsigned;
  if (value.kind == ValueKind::kUnsigned && !column.is_unsigned) value.kind = ValueKind::kSigned;
  return value;
}

}  // namespace

/// The tokens of a statement, or of a part of it, read from the front. Points into its text.
class ReplayedDefinitions::Words {
 public:
  Words(std::string_view sql, std::uint64_t sql_mode, std::string_view database)
      : database_(database) {
    binlog::SqlLexer lexer(sql, sql_mode);
    for (Token token = lexer.next(); token.kind != TokenKind::kEnd; token = lexer.next()) {
      tokens_.push_back(token);
    }
  }

  bool at_end() const { return at_ == tokens_.size(); }
  Token peek() const { return at_end() ? Token{} : tokens_[at_]; }
  Token take() { return at_end() ? Token{} : tokens_[at_++]; }
  bool accept(std::string_view upper) {
    if (!peek().is(upper)) return false;
    ++at_;
    return true;
  }
  bool accept_symbol(char symbol) {
    if (at_end() || !peek().is_symbol(symbol)) return false;
    ++at_;
    return true;
  }
  std::string identifier() { return binlog::unquote(take().text); }
  /// Passes everything up to the word, and the word; all that is left if it does not come.
  bool skip_past(std::string_view upper) {
    while (!at_end()) {
      if (take().is(upper)) return true;
    }
    return false;
  }
  void skip_if_exists() {
    if (!accept("IF")) return;
    accept("NOT");
    accept("EXISTS");
  }

  /// What comes before the next comma that is in no parentheses; passes the comma.
  Words clause() {
    return until([](const Token& token, int depth) { return depth == 0 && token.is_symbol(','); });
  }
  /// What is in the parentheses that come next; passes them.
  Words parenthesised() {
    accept_symbol('(');
    return until([](const Token& token, int depth) { return depth == 0 && token.is_symbol(')'); });
  }

  std::string_view default_database() const { return database_; }

 private:
  explicit Words(std::string_view database) : database_(database) {}

  template <typename Ends>
  Words until(Ends ends) {
    Words part(database_);
    int depth = 0;
    while (!at_end()) {
      const Token token = take();
      if (ends(token, depth)) break;
      if (token.is_symbol('(')) ++depth;
      if (token.is_symbol(')')) --depth;
      part.tokens_.push_back(token);
    }
    return part;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::string_view database_;
};

base::Result<std::optional<change::TableSchema>> ReplayedDefinitions::read(
    const std::string& database, const std::string& table, const std::stop_token&) {
  return catalog_.find(database, table);
}

void ReplayedDefinitions::apply(const source::DefinitionStatement& statement) {
  const auto applied = catalog_.apply(schema::statement_of(statement.query, statement.temporary));
  EXPECT_TRUE(applied) << applied.error().message << " in: " << statement.query.sql;
}

void ReplayedDefinitions::definition_changed(const source::DefinitionStatement& statement) {
  Words words(statement.query.sql, statement.query.sql_mode, statement.query.database);
  if (words.accept("SET")) words.skip_past("FOR");
  if (words.accept("ALTER")) return alter_table(std::move(words), statement);
  apply(statement);
  if (words.accept("CREATE")) return create_table(std::move(words));
  if (words.accept("DROP")) return drop(std::move(words));
  if (words.accept("RENAME")) return rename_tables(std::move(words));
  // MariaDB sets the flag of a temporary table in CREATE OR REPLACE of others too.
  if (words.accept("TRUNCATE") && !statement.temporary) {
    words.accept("TABLE");
    tables_.rows(read_table_name(words).full()).clear();
  }
}

ReplayedDefinitions::TableName ReplayedDefinitions::read_table_name(Words& words) {
  std::string first = words.identifier();
  if (words.accept_symbol('.')) return {std::move(first), words.identifier()};
  return {std::string(words.default_database()), std::move(first)};
}

ReplayedDefinitions::ColumnClause ReplayedDefinitions::read_column_clause(Words words) {
  ColumnClause clause;
  clause.name = words.identifier();
  const bool is_integer = is_integer_type(words.peek());
  bool is_unsigned = false;
  bool may_be_null = true;
  while (!words.at_end()) {
    const Token word = words.take();
    if (word.is("UNSIGNED")) is_unsigned = true;
    if (word.is("NOT")) may_be_null = false;
    if (word.is("GENERATED") || word.is("AS") || word.is("AUTO_INCREMENT")) return clause;
    if (!word.is("DEFAULT")) continue;
    const Token value = words.take();
    const std::string text = binlog::unquote(value.text);
    if (value.is("NULL")) break;
    if (value.kind != TokenKind::kString && !is_number(text)) return clause;
    clause.by_default.kind = ValueKind::kText;
    clause.by_default.bytes = text;
    if (is_integer) {
      clause.by_default.kind = is_unsigned ? ValueKind::kUnsigned : ValueKind::kSigned;
      clause.by_default.bytes.clear();
      clause.by_default.number.as_signed = std::strtoll(text.c_str(), nullptr, 10);
    }
    return clause;
  }
  if (may_be_null) clause.by_default.kind = ValueKind::kNull;
  return clause;
}

std::vector<ReplayedDefinitions::Partition> ReplayedDefinitions::read_partitions(Words words) {
  std::vector<Partition> partitions;
  if (!words.skip_past("RANGE")) return partitions;
  words.parenthesised();
  for (Words list = words.parenthesised(); !list.at_end();) {
    Words partition = list.clause();
    partition.accept("PARTITION");
    Partition& read = partitions.emplace_back();
    read.name = partition.identifier();
    partition.skip_past("THAN");
    if (partition.accept("MAXVALUE")) {
      read.end = std::numeric_limits<std::int64_t>::max();
    } else {
      read.end =
          std::strtoll(std::string(partition.parenthesised().take().text).c_str(), nullptr, 10);
    }
  }
  return partitions;
}

void ReplayedDefinitions::create_table(Words words) {
  const bool replaces = words.accept("OR");
  if (replaces) words.accept("REPLACE");
  if (!words.accept("TABLE")) return;
  words.skip_if_exists();
  const std::string name = read_table_name(words).full();
  if (replaces) tables_.drop(name);
  Words columns = words.peek().is("LIKE") ? words : words.parenthesised();
  if (columns.accept("LIKE")) {
    const std::string like = read_table_name(columns).full();
    tables_.defaults(name) = tables_.defaults(like);
    partitions_[name] = partitions_[like];
    return;
  }
  // Keys are taken for columns that nobody has.
  while (!columns.at_end()) {
    const ColumnClause column = read_column_clause(columns.clause());
    if (column.by_default.kind == ValueKind::kAbsent) continue;
    tables_.defaults(name)[column.name] = column.by_default;
  }
  partitions_[name] = read_partitions(std::move(words));
}

void ReplayedDefinitions::drop(Words words) {
  if (words.accept("DATABASE") || words.accept("SCHEMA")) {
    words.skip_if_exists();
    tables_.drop_database(words.identifier());
    return;
  }
  if (!words.accept("TABLE") && !words.accept("TABLES")) return;
  words.skip_if_exists();
  while (!words.at_end()) {
    Words clause = words.clause();
    tables_.drop(read_table_name(clause).full());
  }
}

void ReplayedDefinitions::rename_tables(Words words) {
  if (!words.accept("TABLE") && !words.accept("TABLES")) return;
  words.skip_if_exists();
  while (!words.at_end()) {
    Words clause = words.clause();
    const TableName from = read_table_name(clause);
    if (clause.skip_past("TO")) tables_.rename(from.full(), read_table_name(clause).full());
  }
}

std::vector<ReplayedDefinitions::ColumnClause> ReplayedDefinitions::read_column_clauses(
    Words clause) {
  const bool adds = clause.accept("ADD");
  const bool changes = !adds && clause.accept("CHANGE");
  const bool modifies = !adds && !changes && clause.accept("MODIFY");
  const bool renames = !adds && !changes && !modifies && clause.accept("RENAME");
  const bool is_column = clause.accept("COLUMN");
  if (renames) {
    if (!is_column) return {};
    const std::string from = clause.identifier();
    clause.accept("TO");
    return {{clause.identifier(), from, {}}};
  }
  if (!adds && !changes && !modifies) return {};
  clause.skip_if_exists();
  if (adds && clause.peek().kind == TokenKind::kSymbol) {
    std::vector<ColumnClause> added;
    for (Words list = clause.parenthesised(); !list.at_end();) {
      added.push_back(read_column_clause(list.clause()));
    }
    return added;
  }
  const std::string former = changes ? clause.identifier() : "";
  ColumnClause column = read_column_clause(std::move(clause));
  column.former_name = former;
  return {std::move(column)};
}

void ReplayedDefinitions::alter_table(Words words, const source::DefinitionStatement& statement) {
  apply(statement);
  words.accept("ONLINE");
  words.accept("IGNORE");
  if (statement.temporary || !words.accept("TABLE")) return;
  words.skip_if_exists();
  const TableName table = read_table_name(words);
  TableName renamed = table;
  std::vector<ColumnClause> columns;
  while (!words.at_end()) {
    Words clause = words.clause();
    if (alter_partition(clause, table)) return;
    std::ranges::move(read_column_clauses(clause), std::back_inserter(columns));
    if (!clause.accept("RENAME") || clause.accept("COLUMN")) continue;
    if (clause.accept("INDEX") || clause.accept("KEY")) continue;
    if (!clause.accept("TO")) clause.accept("AS");
    renamed = read_table_name(clause);
  }
  const auto after = catalog_.find(renamed.database, renamed.table);
  ASSERT_TRUE(after) << "no " << renamed.full() << " after " << statement.query.sql;
  alter_columns(table, columns, *after);
  if (renamed.full() != table.full()) tables_.rename(table.full(), renamed.full());
}

void ReplayedDefinitions::alter_columns(const TableName& table,
                                        const std::vector<ColumnClause>& clauses,
                                        const change::TableSchema& after) {
  const auto altered = [&](const Row& before) {
    Row row;
    for (const change::Column& column : after.columns) {
      const auto clause = std::ranges::find(clauses, column.name, &ColumnClause::name);
      const bool had_other_name = clause != clauses.end() && !clause->former_name.empty();
      const auto value = before.find(had_other_name ? clause->former_name : column.name);
      if (value != before.end()) {
        row[column.name] = retyped(value->second, column);
      } else if (clause != clauses.end() && clause->by_default.kind != ValueKind::kAbsent) {
        row[column.name] = clause->by_default;
      }
    }
    return row;
  };
  for (Row& row : tables_.rows(table.full())) row = altered(row);
  tables_.defaults(table.full()) = altered(tables_.defaults(table.full()));
}

std::vector<Row> ReplayedDefinitions::take_partition(const TableName& table,
                                                     const std::string& partition) {
  const std::vector<Partition>& partitions = partitions_[table.full()];
  const auto found = std::ranges::find(partitions, partition, &Partition::name);
  EXPECT_NE(found, partitions.end()) << "no partition " << partition << " of " << table.full();
  std::vector<Row> taken;
  if (found == partitions.end()) return taken;
  const std::int64_t begin = found == partitions.begin() ? std::numeric_limits<std::int64_t>::min()
                                                         : std::prev(found)->end;
  std::erase_if(tables_.rows(table.full()), [&](const Row& row) {
    const std::int64_t id = row.at("id").number.as_signed;
    if (id < begin || id >= found->end) return false;
    taken.push_back(row);
    return true;
  });
  return taken;
}

bool ReplayedDefinitions::alter_partition(Words clause, const TableName& table) {
  if (clause.accept("EXCHANGE")) {
    clause.accept("PARTITION");
    std::vector<Row> taken = take_partition(table, clause.identifier());
    clause.skip_past("TABLE");
    std::vector<Row>& other = tables_.rows(read_table_name(clause).full());
    std::swap(taken, other);
    std::ranges::move(taken, std::back_inserter(tables_.rows(table.full())));
    return true;
  }
  const bool drops = clause.accept("DROP");
  if (!drops && !clause.accept("TRUNCATE")) return false;
  if (!clause.accept("PARTITION")) return false;
  const std::string partition = clause.identifier();
  take_partition(table, partition);
  if (drops) {
    std::erase_if(partitions_[table.full()],
                  [&](const Partition& candidate) { return candidate.name == partition; });
  }
  return true;
}

}  // namespace pikachu::corpus
