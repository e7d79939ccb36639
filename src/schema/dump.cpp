#include "schema/dump.h"

#include <algorithm>

#include "binlog/sql_lexer.h"
#include "schema/ascii.h"
#include "schema/statement_cursor.h"

namespace pikachu::schema {
namespace {

using Token = binlog::SqlLexer::Token;
using TokenKind = binlog::SqlLexer::TokenKind;

constexpr std::uint64_t kAnsiQuotes = 0x4;
constexpr std::uint64_t kNoBackslashEscapes = 0x100000;

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

bool is_delimiter_line(std::string_view line) {
  constexpr std::string_view kWord = "delimiter";
  const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(begin);
  return line.size() > kWord.size() && lower_ascii(line.substr(0, kWord.size())) == kWord &&
         (line[kWord.size()] == ' ' || line[kWord.size()] == '\t');
}

std::string delimiter_of(std::string_view line) {
  const std::size_t end = line.find_last_not_of(" \t\r");
  line = line.substr(0, end + 1);
  return std::string(line.substr(line.find_last_of(" \t") + 1));
}

// The bits of "ANSI_QUOTES,NO_BACKSLASH_ESCAPES" that matter to where quotes end.
std::uint64_t mode_bits(std::string_view names) {
  std::uint64_t bits = 0;
  const std::string lower = "," + lower_ascii(names) + ",";
  for (const char* ansi :
       {",ansi,", ",ansi_quotes,", ",oracle,", ",db2,", ",mssql,", ",maxdb,", ",postgresql,"}) {
    if (lower.find(ansi) != std::string::npos) bits |= kAnsiQuotes;
  }
  if (lower.find(",no_backslash_escapes,") != std::string::npos) bits |= kNoBackslashEscapes;
  return bits;
}

}  // namespace

std::optional<DumpReader::DumpStatement> DumpReader::next() {
  while (!text_.empty()) {
    if (skip_client_line()) continue;
    const std::size_t line = line_;
    const std::string_view sql = cut_statement();
    binlog::SqlLexer lexer(sql, sql_mode_);
    const Token verb = lexer.next();
    if (verb.is("USE")) {
      database_ = binlog::unquote(lexer.next().text);
    } else if (verb.is("SET")) {
      take_setting(sql);
    } else if (verb.kind != TokenKind::kEnd) {
      const auto begin = static_cast<std::size_t>(verb.text.data() - sql.data());
      const auto lines_before = std::ranges::count(sql.substr(0, begin), '\n');
      return DumpStatement{sql, database_, sql_mode_,
                           line + static_cast<std::size_t>(lines_before)};
    }
  }
  return std::nullopt;
}

// Over what is the client's: DELIMITER sections, and the line in front of MariaDB's dumps that
// makes other clients stop. False if none is here.
bool DumpReader::skip_client_line() {
  const std::size_t blanks = std::min(text_.find_first_not_of(" \t\r\n"), text_.size());
  line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(0, blanks), '\n'));
  text_.remove_prefix(blanks);
  const std::string_view line = first_line(text_);
  const auto skip_line = [this] {
    const std::size_t size = std::min(first_line(text_).size() + 1, text_.size());
    text_.remove_prefix(size);
    ++line_;
  };
  if (line.starts_with("/*M!999999\\-")) {
    skip_line();
    return true;
  }
  if (!is_delimiter_line(line)) return false;
  bool in_section = delimiter_of(line) != ";";
  skip_line();
  while (in_section && !text_.empty()) {
    const std::string_view inner = first_line(text_);
    if (is_delimiter_line(inner)) in_section = delimiter_of(inner) != ";";
    skip_line();
  }
  return true;
}

std::string_view DumpReader::cut_statement() {
  binlog::SqlLexer lexer(text_, sql_mode_);
  Token token = lexer.next();
  while (token.kind != TokenKind::kEnd && !token.is_symbol(';')) token = lexer.next();
  const std::size_t size = token.kind == TokenKind::kEnd
                               ? text_.size()
                               : static_cast<std::size_t>(token.text.data() - text_.data());
  const std::string_view sql = text_.substr(0, size);
  const std::size_t taken = std::min(size + 1, text_.size());
  line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(0, taken), '\n'));
  text_.remove_prefix(taken);
  return sql;
}

// SET … sql_mode = '…' among other settings.
void DumpReader::take_setting(std::string_view sql) {
  StatementCursor in(sql, sql_mode_, change::Flavor::kMariadb);
  while (!in.at_end()) {
    if (!in.accept("SQL_MODE")) {
      in.take();
      continue;
    }
    in.accept_symbol(':');
    if (!in.accept_symbol('=')) continue;
    if (in.peek().kind == TokenKind::kString) {
      sql_mode_ = mode_bits(in.take_string());
    } else if (in.is_symbol('@')) {
      // Back to what it was before: SQL_MODE=@OLD_SQL_MODE.
      sql_mode_ = 0;
    }
  }
}

}  // namespace pikachu::schema
