#include "schema/table_element.h"

#include <algorithm>
#include <array>

namespace pikachu::schema {
namespace {

constexpr std::size_t kKeyPartsMax = 64;

// [IF NOT EXISTS] [name] [USING x] (column [(n)] [ASC|DESC], …) and options.
PrimaryKeyClause read_primary_key(StatementCursor& in) {
  PrimaryKeyClause key;
  key.if_not_exists = in.accept_if_not_exists();
  if (!in.is_symbol('(') && !in.is("USING") && !in.is("TYPE")) in.take_name("a key's name");
  if (in.accept("USING") || in.accept("TYPE")) in.take();
  in.expect_symbol('(');
  do {
    if (key.columns.size() == kKeyPartsMax) in.fail("at most 64 columns of a key");
    std::string name = in.take_name("a column's name");
    if (in.accept("WITHOUT")) {
      in.expect("OVERLAPS");
      key.period = std::move(name);
      continue;
    }
    key.columns.push_back(std::move(name));
    if (in.is_symbol('(')) in.skip_parentheses();
    if (!in.accept("ASC")) in.accept("DESC");
  } while (in.accept_symbol(','));
  in.expect_symbol(')');
  return key;
}

// FOR name (first, last)
void read_period(StatementCursor& in, TableElements& elements) {
  in.expect("FOR");
  in.accept_if_not_exists();
  const bool of_rows = in.is("SYSTEM_TIME");
  Period period;
  period.name = in.take_name("a period's name");
  in.expect_symbol('(');
  period.first = in.take_name("a column's name");
  in.expect_symbol(',');
  period.last = in.take_name("a column's name");
  in.expect_symbol(')');
  if (!of_rows) elements.period = std::move(period);
}

}  // namespace

bool is_at_table_element(const StatementCursor& in) {
  constexpr std::array<std::string_view, 9> kWords{
      "PRIMARY", "KEY", "INDEX", "UNIQUE", "FULLTEXT", "SPATIAL", "FOREIGN", "CHECK", "CONSTRAINT"};
  if (std::ranges::any_of(kWords, [&in](std::string_view word) { return in.is(word); })) {
    return true;
  }
  if (in.is("PERIOD")) return in.peek_second().is("FOR");
  if (!in.is("VECTOR")) return false;
  const StatementCursor::Token second = in.peek_second();
  return second.is("INDEX") || second.is("KEY");
}

void read_table_element(StatementCursor& in, TableElements& elements) {
  if (in.accept("CONSTRAINT")) {
    const auto is_kind = [&in] {
      return in.is("PRIMARY") || in.is("UNIQUE") || in.is("FOREIGN") || in.is("CHECK");
    };
    in.accept_if_not_exists();
    if (!is_kind()) in.take_name("a constraint's name");
    if (!is_kind()) return in.fail("PRIMARY, UNIQUE, FOREIGN or CHECK");
  }
  if (in.accept("PRIMARY")) {
    in.expect("KEY");
    elements.primary_key = read_primary_key(in);
  } else if (in.accept("PERIOD")) {
    read_period(in, elements);
  }
  skip_clause(in);
}

void skip_clause(StatementCursor& in) {
  while (!in.at_end() && !in.is_symbol(',') && !in.is_symbol(')') && !in.is_symbol(';')) {
    if (in.is_symbol('(')) {
      in.skip_parentheses();
    } else {
      in.take();
    }
  }
}

base::Result<std::vector<std::size_t>> find_primary_key(const PrimaryKeyClause& key,
                                                        const TableDefinition& table) {
  std::vector<std::string> names = key.columns;
  if (!key.period.empty()) {
    if (!table.period || !is_same_column(table.period->name, key.period)) {
      return base::fail(base::ErrorCode::kUnsupported,
                        "the period " + key.period + " of its primary key is not known");
    }
    names.push_back(table.period->last);
    names.push_back(table.period->first);
  }
  std::vector<std::size_t> found;
  for (const std::string& name : names) {
    const auto index = find_column(table.columns, name);
    if (!index) {
      return base::fail(base::ErrorCode::kUnsupported,
                        "the column " + name + " of its primary key is not known");
    }
    found.push_back(*index);
  }
  return found;
}

}  // namespace pikachu::schema
