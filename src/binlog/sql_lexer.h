#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pikachu::binlog {

/// Cuts a statement into tokens as the servers do, for as much of their grammar as telling the kind
/// of a statement takes.
///
/// Plain comments are passed over. What stands in an executed comment (/*! … */, /*!80000 … */,
/// /*M! … */) is read as code whatever version it names: where a server does not execute one, it
/// takes the '!' out before it logs the statement.
///
/// Never fails: a literal or comment that does not end runs to the end of the text.
/// Lifetime: tokens point into the text.
/// Spec: MySQL 9 Reference Manual, "Comments", "String Literals", "Schema Object Names";
/// mysql-server 9.7 sql/sql_lex.cc, lex_one_token.
class SqlLexer {
 public:
  enum class TokenKind : std::uint8_t {
    kEnd,
    kWord,              ///< Keyword, unquoted name or number.
    kQuotedIdentifier,  ///< `…`, and "…" under ANSI_QUOTES; `text` has the quotes.
    kString,            ///< '…', and "…" else; `text` has the quotes.
    kSymbol,            ///< Any other byte.
  };
  struct Token {
    TokenKind kind = TokenKind::kEnd;
    std::string_view text;

    /// Whether this is the word `upper`, in any case. REQUIRES: `upper` is in upper case.
    bool is(std::string_view upper) const;
    bool is_symbol(char c) const { return kind == TokenKind::kSymbol && text.front() == c; }
  };

  /// What stands in /*M! … */: code on MariaDB, a comment on MySQL.
  enum class MariadbComments : std::uint8_t { kCode, kComment };

  SqlLexer(std::string_view sql, std::uint64_t sql_mode,
           MariadbComments mariadb_comments = MariadbComments::kCode)
      : sql_(sql), sql_mode_(sql_mode), mariadb_comments_(mariadb_comments) {}

  Token next();

  /// What has not been cut into tokens yet.
  std::string_view rest() const { return sql_.substr(position_); }

 private:
  void skip_to_token();
  bool skip_comment();
  Token take(TokenKind kind, std::size_t size);
  std::size_t quoted_size(char quote, bool escapes) const;

  std::string_view sql_;
  std::uint64_t sql_mode_;
  MariadbComments mariadb_comments_;
  std::size_t position_ = 0;
  bool in_executed_comment_ = false;
};

/// The text of a quoted or unquoted name or string, without quotes and with doubled quotes undone.
std::string unquote(std::string_view quoted);

}  // namespace pikachu::binlog
