#include "decode/definition_history.h"

#include <algorithm>
#include <utility>

#include "binlog/sql_lexer.h"

namespace pikachu::decode {

namespace {

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

}  // namespace

DefinitionHistory::DefinitionHistory(Warnings& warnings, std::function<std::string()> here)
    : warnings_(warnings), here_(std::move(here)) {
}

base::Result<void> DefinitionHistory::begin(change::Flavor flavor, std::string_view sql) {
  if (catalog_) return {};
  catalog_.emplace(flavor);
  return sql.empty() ? base::Result<void>() : catalog_->load_sql(sql);
}

base::Result<std::optional<change::TableSchema>> DefinitionHistory::read(
    const std::string& database, const std::string& table, const std::stop_token&) {
  return catalog_->find(database, table);
}

void DefinitionHistory::definition_changed(const source::DefinitionStatement& statement) {
  const auto applied = catalog_->apply(schema::statement_of(statement.query, statement.temporary));
  if (applied) return;
  warnings_.add_frequent(here_(),
                         statement_kind(statement.query.sql, statement.query.sql_mode) +
                             " is not understood (" + applied.error().message +
                             "); from here on the columns of its tables have no names where the "
                             "binlog itself does not have them");
}

std::string statement_kind(std::string_view sql, std::uint64_t sql_mode) {
  binlog::SqlLexer lexer(sql, sql_mode);
  std::string kind;
  for (int word = 0; word < 2; ++word) {
    const auto token = lexer.next();
    const bool is_word = token.kind == binlog::SqlLexer::TokenKind::kWord &&
                         std::ranges::all_of(token.text, is_letter);
    if (!is_word) break;
    if (!kind.empty()) kind += ' ';
    std::ranges::transform(token.text, std::back_inserter(kind), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
  }
  return kind;
}

}  // namespace pikachu::decode
