#include "schema/create_table.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "schema/collation_option.h"
#include "schema/column_clause.h"
#include "schema/table_element.h"

namespace pikachu::schema {
namespace {

using base::ErrorCode;

constexpr std::size_t kColumnsMax = 4096;

struct TableBody {
  std::vector<ColumnClause> columns;
  TableElements elements;
  CollationOption collation;
  bool is_versioned = false;
  bool has_query = false;
};

void read_elements(StatementCursor& in, const Session& session, TableBody& body) {
  do {
    if (is_at_table_element(in)) {
      read_table_element(in, body.elements);
      continue;
    }
    if (body.columns.size() == kColumnsMax) return in.fail("at most 4096 columns");
    body.columns.push_back(read_column(in, session));
  } while (in.accept_symbol(','));
  in.expect_symbol(')');
}

bool is_at_query(const StatementCursor& in) {
  constexpr std::array<std::string_view, 7> kWords{"SELECT", "AS",     "IGNORE", "REPLACE",
                                                   "WITH",   "VALUES", "TABLE"};
  return in.is_symbol('(') ||
         std::ranges::any_of(kWords, [&in](std::string_view word) { return in.is(word); });
}

// Behind PARTITION: to the end, or to a query. Parentheses hold the partitions.
void skip_partitioning(StatementCursor& in) {
  while (!in.at_end() && !in.is("SELECT") && !in.is("AS") && !in.is("IGNORE") &&
         !in.is("REPLACE")) {
    if (in.is_symbol('(')) {
      in.skip_parentheses();
    } else {
      in.take();
    }
  }
}

// What stands behind the parenthesis of columns, in any order: name [=] value, one or more words.
void read_options(StatementCursor& in, TableBody& body) {
  while (!in.at_end()) {
    if (in.accept("WITH", "SYSTEM")) {
      in.expect("VERSIONING");
      body.is_versioned = true;
    } else if (in.accept("PARTITION")) {
      skip_partitioning(in);
    } else if (is_at_query(in)) {
      body.has_query = true;
      return;
    } else if (!body.collation.read(in)) {
      in.take();
      if (in.accept_symbol('=') && !in.is_symbol('(')) in.take();
      // UNION (a, b)
      if (in.is_symbol('(') && !in.peek_second().is("SELECT")) in.skip_parentheses();
    }
  }
}

base::Result<TableDefinition> build(TableBody body, std::uint32_t database_collation,
                                    const Session& session) {
  TableDefinition table;
  const auto collation = body.collation.resolve(database_collation, database_collation, session);
  if (!collation) return tl::unexpected(collation.error());
  table.collation = *collation;
  table.period = std::move(body.elements.period);
  table.is_versioned = body.is_versioned;
  for (ColumnClause& clause : body.columns) {
    if (clause.is_primary_key) table.primary_key = {table.columns.size()};
    table.is_versioned = table.is_versioned || clause.is_versioned;
    auto column = finish_column(std::move(clause), table.collation, session);
    if (!column) return base::propagate(std::move(column));
    table.columns.push_back(std::move(*column));
  }
  if (body.elements.primary_key) {
    auto key = find_primary_key(*body.elements.primary_key, table);
    if (!key) return base::propagate(std::move(key));
    table.primary_key = std::move(*key);
  }
  return table;
}

}  // namespace

base::Result<CreateTable> read_create_table(StatementCursor& in, std::uint32_t database_collation,
                                            const Session& session) {
  CreateTable created;
  const bool in_parentheses = in.is_symbol('(');
  if (in.is("LIKE") || (in_parentheses && in.peek_second().is("LIKE"))) {
    if (in_parentheses) in.take();
    in.take();
    created.like = in.take_table_name(session.database);
    if (!in.ok()) return base::fail(ErrorCode::kUnsupported, in.failure());
    return created;
  }
  TableBody body;
  if (in_parentheses && !in.peek_second().is("SELECT")) {
    in.take();
    read_elements(in, session, body);
  }
  read_options(in, body);
  if (!in.ok()) return base::fail(ErrorCode::kUnsupported, in.failure());
  if (body.has_query || body.columns.empty()) {
    return base::fail(
        ErrorCode::kUnsupported,
        "its columns come from a query, which binlog_format=ROW would have spelled out");
  }
  auto definition = build(std::move(body), database_collation, session);
  if (!definition) return base::propagate(std::move(definition));
  created.definition = std::move(*definition);
  return created;
}

TableDefinition read_sequence(StatementCursor& in, const Session& session) {
  // MariaDB 11.5: AS type.
  ColumnType value;
  value.kind = TypeKind::kBigint;
  value.length = 21;
  while (!in.at_end()) {
    if (!in.accept("AS")) {
      in.take();
      continue;
    }
    ColumnClause clause = read_column_named("value", in, session);
    value = clause.column.type;
    value.length = display_width_of(value.kind) + 1;
    break;
  }
  TableDefinition table;
  const auto add = [&table](std::string_view name, const ColumnType& type) {
    table.columns.emplace_back();
    table.columns.back().name = name;
    table.columns.back().type = type;
  };
  ColumnType plain;
  plain.kind = TypeKind::kBigint;
  plain.length = 21;
  ColumnType cache = plain;
  cache.is_unsigned = true;
  ColumnType flag;
  flag.kind = TypeKind::kTinyint;
  flag.length = 1;
  flag.is_unsigned = true;
  add("next_not_cached_value", value);
  add("minimum_value", value);
  add("maximum_value", value);
  add("start_value", value);
  add("increment", plain);
  add("cache_size", cache);
  add("cycle_option", flag);
  add("cycle_count", plain);
  return table;
}

}  // namespace pikachu::schema
