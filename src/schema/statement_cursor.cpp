#include "schema/statement_cursor.h"

#include <charconv>

namespace pikachu::schema {
namespace {

using Token = StatementCursor::Token;
using TokenKind = StatementCursor::TokenKind;

constexpr std::uint64_t kNoBackslashEscapes = 0x100000;

// Names have at most 64 characters. Spec: MySQL 9 Reference Manual, "Identifier Length Limits".
constexpr std::size_t kNameBytesMax = 256;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Spec: MySQL 9 Reference Manual, "String Literals", table "Special Character Escape Sequences".
// \% and \_ keep their backslash.
void append_escaped(std::string& text, char c) {
  switch (c) {
    case '0':
      text += '\0';
      return;
    case 'b':
      text += '\b';
      return;
    case 'n':
      text += '\n';
      return;
    case 'r':
      text += '\r';
      return;
    case 't':
      text += '\t';
      return;
    case 'Z':
      text += '\x1a';
      return;
    case '%':
    case '_':
      text += '\\';
      break;
    default:
      break;
  }
  text += c;
}

std::string string_value(std::string_view literal, bool escapes) {
  const char quote = literal.front();
  literal.remove_prefix(1);
  if (literal.ends_with(quote)) literal.remove_suffix(1);
  std::string text;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (escapes && literal[i] == '\\' && i + 1 < literal.size()) {
      append_escaped(text, literal[++i]);
      continue;
    }
    text += literal[i];
    if (literal[i] == quote) ++i;
  }
  return text;
}

// The bytes that digits of base 2 or 16 stand for, filled up with zeros in front; nothing if there
// are other characters.
std::optional<std::string> bytes_of(std::string_view digits, int base) {
  const std::size_t per_byte = base == 2 ? 8 : 2;
  std::string padded((per_byte - digits.size() % per_byte) % per_byte, '0');
  padded += digits;
  std::string bytes;
  for (std::size_t i = 0; i < padded.size(); i += per_byte) {
    unsigned byte = 0;
    const char* end = padded.data() + i + per_byte;
    const auto parsed = std::from_chars(padded.data() + i, end, byte, base);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

// Tokens as a message may show them: never what stands in quotes, which may be a secret.
std::string described(const Token& token) {
  constexpr std::size_t kShownMax = 40;
  switch (token.kind) {
    case TokenKind::kEnd:
      return "the end";
    case TokenKind::kString:
      return "a string";
    default:
      return "\"" + std::string(token.text.substr(0, kShownMax)) + "\"";
  }
}

}  // namespace

StatementCursor::StatementCursor(std::string_view sql, std::uint64_t sql_mode,
                                 change::Flavor flavor)
    : sql_(sql),
      sql_mode_(sql_mode),
      lexer_(sql, sql_mode,
             flavor == change::Flavor::kMariadb ? binlog::SqlLexer::MariadbComments::kCode
                                                : binlog::SqlLexer::MariadbComments::kComment),
      token_(lexer_.next()) {
}

StatementCursor::Token StatementCursor::peek_second() const {
  binlog::SqlLexer ahead = lexer_;
  return failure_ ? Token() : ahead.next();
}

StatementCursor::Token StatementCursor::take() {
  const Token taken = token_;
  if (!failure_) token_ = lexer_.next();
  return taken;
}

bool StatementCursor::accept(std::string_view word) {
  if (!token_.is(word)) return false;
  take();
  return true;
}

bool StatementCursor::accept_symbol(char c) {
  if (!token_.is_symbol(c)) return false;
  take();
  return true;
}

bool StatementCursor::accept(std::string_view word, std::string_view second) {
  if (!token_.is(word) || !peek_second().is(second)) return false;
  take();
  take();
  return true;
}

void StatementCursor::expect(std::string_view word) {
  if (!accept(word)) fail(word);
}

void StatementCursor::expect_symbol(char c) {
  if (!accept_symbol(c)) fail(std::string("'") + c + "'");
}

std::string StatementCursor::take_name(std::string_view what) {
  if (token_.kind != TokenKind::kWord && token_.kind != TokenKind::kQuotedIdentifier) {
    fail(what);
    return {};
  }
  std::string name = binlog::unquote(token_.text);
  if (name.size() > kNameBytesMax) {
    fail(std::string(what) + " of at most 256 bytes");
    return {};
  }
  take();
  return name;
}

std::string StatementCursor::take_named_value(std::string_view what) {
  accept_symbol('=');
  if (token_.kind != TokenKind::kString) return take_name(what);
  if (token_.text.size() > kNameBytesMax) {
    fail(std::string(what) + " of at most 256 bytes");
    return {};
  }
  return take_string();
}

TableName StatementCursor::take_table_name(std::string_view database) {
  TableName name{std::string(database), {}};
  if (!accept_symbol('.')) {
    name.table = take_name("a table's name");
    if (!accept_symbol('.')) return name;
    name.database = std::move(name.table);
  }
  name.table = take_name("a table's name");
  return name;
}

std::uint32_t StatementCursor::take_number() {
  std::uint32_t number = 0;
  const char* end = token_.text.data() + token_.text.size();
  const auto parsed = std::from_chars(token_.text.data(), end, number);
  if (token_.kind != TokenKind::kWord || parsed.ec != std::errc() || parsed.ptr != end) {
    fail("a number");
    return 0;
  }
  take();
  return number;
}

std::string StatementCursor::take_string() {
  if (token_.kind == TokenKind::kString) {
    return string_value(take().text, (sql_mode_ & kNoBackslashEscapes) == 0);
  }
  std::optional<std::string> bytes;
  if ((is("X") || is("B")) && peek_second().kind == TokenKind::kString) {
    const int base = is("X") ? 16 : 2;
    const Token digits = peek_second();
    if (digits.text.size() >= 2) {
      bytes = bytes_of(digits.text.substr(1, digits.text.size() - 2), base);
    }
    if (bytes) take();
  } else if (token_.text.starts_with("0x")) {
    bytes = bytes_of(token_.text.substr(2), 16);
  } else if (token_.text.starts_with("0b")) {
    bytes = bytes_of(token_.text.substr(2), 2);
  }
  if (!bytes) {
    fail("a string");
    return {};
  }
  take();
  return *bytes;
}

bool StatementCursor::accept_if_exists() {
  return accept("IF", "EXISTS");
}

bool StatementCursor::accept_if_not_exists() {
  if (!accept("IF", "NOT")) return false;
  expect("EXISTS");
  return true;
}

void StatementCursor::skip_parentheses() {
  if (!is_symbol('(')) return fail("'('");
  std::size_t depth = 0;
  do {
    if (at_end()) return fail("')'");
    const Token token = take();
    if (token.is_symbol('(')) ++depth;
    if (token.is_symbol(')')) --depth;
  } while (depth > 0);
}

bool StatementCursor::is_next_to_token(const Token& token) const {
  return token.text.data() + token.text.size() == token_.text.data();
}

// 1e-5 is cut into "1e", "-" and "5".
void StatementCursor::skip_number_tail(const Token& number) {
  if (number.kind != TokenKind::kWord || !is_digit(number.text.front())) return;
  const char last = number.text.back();
  if (last != 'e' && last != 'E') return;
  if ((!is_symbol('-') && !is_symbol('+')) || !is_next_to_token(number)) return;
  take();
  take();
}

void StatementCursor::skip_value() {
  while (is_symbol('-') || is_symbol('+') || is_symbol('~') || is_symbol('!') || is_symbol('@')) {
    take();
  }
  if (is_symbol('(')) return skip_parentheses();
  // MariaDB's sequences: NEXT VALUE FOR s, PREVIOUS VALUE FOR s.
  if ((is("NEXT") || is("PREVIOUS")) && peek_second().is("VALUE")) {
    take();
    take();
    expect("FOR");
  }
  if (is("CASE")) {
    std::size_t depth = 0;
    do {
      if (at_end()) return fail("END");
      if (is("CASE")) ++depth;
      if (is("END")) --depth;
      take();
    } while (depth > 0);
    return;
  }
  accept_symbol('.');
  if (at_end() || (token_.kind == TokenKind::kSymbol && !is_symbol('.'))) return fail("a value");
  skip_number_tail(take());
  while (is_symbol('.')) {
    const Token dot = take();
    // "1." may be a whole number.
    if (token_.kind != TokenKind::kSymbol && is_next_to_token(dot)) skip_number_tail(take());
  }
  // Behind _utf8mb4, x, DATE, or another string.
  while (token_.kind == TokenKind::kString) take();
  while (is_symbol('(')) skip_parentheses();
}

void StatementCursor::fail(std::string_view expected) {
  if (failure_) return;
  const auto place =
      at_end() ? sql_.size() : static_cast<std::size_t>(token_.text.data() - sql_.data());
  failure_ = std::string(expected) + " expected, but there is " + described(token_) + " at byte " +
             std::to_string(place);
  token_ = {};
}

}  // namespace pikachu::schema
