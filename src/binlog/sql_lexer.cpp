#include "binlog/sql_lexer.h"

#include <algorithm>

namespace pikachu::binlog {

namespace {

// Spec: mysql-server 9.7 sql/system_variables.h, MODE_ANSI_QUOTES and MODE_NO_BACKSLASH_ESCAPES;
// MariaDB has the same bits.
constexpr std::uint64_t kAnsiQuotes = 0x4;
constexpr std::uint64_t kNoBackslashEscapes = 0x100000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Bytes of multi-byte characters belong to words in every client character set.
bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
}

}  // namespace

bool SqlLexer::Token::is(std::string_view upper) const {
  const auto same = [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  };
  return kind == TokenKind::kWord && std::ranges::equal(text, upper, same);
}

SqlLexer::Token SqlLexer::take(TokenKind kind, std::size_t size) {
  const Token token{kind, sql_.substr(position_, size)};
  position_ += token.text.size();
  return token;
}

// Steps over one comment, or the marks around an executed one, that begins here; false if none
// does.
bool SqlLexer::skip_comment() {
  const std::string_view here = rest();
  const bool dashes = here.starts_with("--") && (here.size() == 2 || is_blank(here[2]));
  if (here.front() == '#' || dashes) {
    position_ += std::min(here.find('\n'), here.size());
    return true;
  }
  if (in_executed_comment_ && here.starts_with("*/")) {
    in_executed_comment_ = false;
    position_ += 2;
    return true;
  }
  if (!here.starts_with("/*")) return false;
  const bool mariadb = mariadb_comments_ == MariadbComments::kCode && here.starts_with("/*M!");
  if (!here.starts_with("/*!") && !mariadb) {
    const std::size_t end = here.find("*/", 2);
    position_ += end == std::string_view::npos ? here.size() : end + 2;
    return true;
  }
  constexpr std::size_t kVersionDigitsMax = 6;
  constexpr std::size_t kVersionDigitsMin = 5;
  in_executed_comment_ = true;
  const std::size_t mark = here.find('!') + 1;
  std::size_t digits = 0;
  while (digits < kVersionDigitsMax && mark + digits < here.size() &&
         is_digit(here[mark + digits])) {
    ++digits;
  }
  position_ += mark + (digits >= kVersionDigitsMin ? digits : 0);
  return true;
}

void SqlLexer::skip_to_token() {
  while (position_ < sql_.size()) {
    if (is_blank(sql_[position_])) {
      ++position_;
    } else if (!skip_comment()) {
      return;
    }
  }
}

// The size of the quoted text that begins here, quotes included. A doubled quote stands for one.
std::size_t SqlLexer::quoted_size(char quote, bool escapes) const {
  const std::string_view here = rest();
  for (std::size_t i = 1; i < here.size(); ++i) {
    if (escapes && here[i] == '\\') {
      ++i;
    } else if (here[i] == quote) {
      if (i + 1 == here.size() || here[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return here.size();
}

SqlLexer::Token SqlLexer::next() {
  skip_to_token();
  const std::string_view here = rest();
  if (here.empty()) return {};
  const char first = here.front();
  const bool escapes = (sql_mode_ & kNoBackslashEscapes) == 0;
  if (first == '`') return take(TokenKind::kQuotedIdentifier, quoted_size(first, false));
  if (first == '"' && (sql_mode_ & kAnsiQuotes) != 0) {
    return take(TokenKind::kQuotedIdentifier, quoted_size(first, false));
  }
  if (first == '\'' || first == '"') return take(TokenKind::kString, quoted_size(first, escapes));
  if (!is_word_byte(first)) return take(TokenKind::kSymbol, 1);
  std::size_t size = 1;
  while (size < here.size() && is_word_byte(here[size])) ++size;
  return take(TokenKind::kWord, size);
}

std::string unquote(std::string_view quoted) {
  if (quoted.empty()) return {};
  const char quote = quoted.front();
  if (quote != '`' && quote != '"' && quote != '\'') return std::string(quoted);
  quoted.remove_prefix(1);
  if (quoted.ends_with(quote)) quoted.remove_suffix(1);
  std::string plain;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    plain += quoted[i];
    if (quoted[i] == quote && i + 1 < quoted.size() && quoted[i + 1] == quote) ++i;
  }
  return plain;
}

}  // namespace pikachu::binlog
