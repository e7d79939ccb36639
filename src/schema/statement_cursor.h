#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "binlog/sql_lexer.h"
#include "change/gtid_set.h"

namespace pikachu::schema {

struct TableName {
  std::string database;
  std::string table;

  auto operator<=>(const TableName&) const = default;
};

/// Walks over a statement's tokens. The first thing that is not as expected is kept as the
/// failure, and then the text is at its end: parsers go on as if nothing was, and ask at their end.
///
/// Lifetime: tokens point into the text.
class StatementCursor {
 public:
  using Token = binlog::SqlLexer::Token;
  using TokenKind = binlog::SqlLexer::TokenKind;

  /// `sql` in UTF-8.
  StatementCursor(std::string_view sql, std::uint64_t sql_mode, change::Flavor flavor);

  const Token& peek() const { return token_; }
  /// The token behind the one that peek() shows.
  Token peek_second() const;
  Token take();
  bool at_end() const { return token_.kind == TokenKind::kEnd; }
  /// Whether the next token is this word (in upper case), not quoted.
  bool is(std::string_view word) const { return token_.is(word); }
  bool is_symbol(char c) const { return token_.is_symbol(c); }

  /// Steps over the token if it is this one.
  bool accept(std::string_view word);
  bool accept_symbol(char c);
  /// Steps over both words or none.
  bool accept(std::string_view word, std::string_view second);
  void expect(std::string_view word);
  void expect_symbol(char c);

  /// A name, quoted or not, without its quotes; fails if it is longer than any name is.
  std::string take_name(std::string_view what);
  /// [=] name, which may also be a string.
  std::string take_named_value(std::string_view what);
  /// [database.]table; `database` where none is named.
  TableName take_table_name(std::string_view database);
  /// A whole number that fits; fails if it is none.
  std::uint32_t take_number();
  /// The text of a string literal, escapes undone; hexadecimal and bit literals too.
  std::string take_string();
  /// IF EXISTS, IF NOT EXISTS.
  bool accept_if_exists();
  bool accept_if_not_exists();

  /// Over (…) with all that is in it.
  void skip_parentheses();
  /// Over DEFAULT's value, CHECK's condition or their like: one operand without blanks around
  /// operators, or a parenthesized expression.
  void skip_value();

  /// Keeps "… expected at …" as the failure.
  void fail(std::string_view expected);
  bool ok() const { return !failure_; }
  /// What was expected, and where. REQUIRES: !ok().
  const std::string& failure() const { return *failure_; }

 private:
  bool is_next_to_token(const Token& token) const;
  void skip_number_tail(const Token& number);

  std::string_view sql_;
  std::uint64_t sql_mode_;
  binlog::SqlLexer lexer_;
  Token token_;
  std::optional<std::string> failure_;
};

}  // namespace pikachu::schema
