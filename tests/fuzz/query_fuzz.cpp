// QUERY events, their status variables, and what their text means. An input is
//
//     options:u8 plain_size:u16 body of a QUERY event
//
// With the options' bit 0 all of the body but its first plain_size bytes is compressed as MariaDB
// does; bits 1 and 2 are the SQL modes that change how text is read.

#include <string>
#include <vector>

#include "binlog/events.h"
#include "binlog/sql_lexer.h"
#include "tests/fuzz/property.h"
#include "wire/byte_reader.h"

namespace pikachu::fuzz {
namespace {

using binlog::Bytes;
using binlog::EventType;
using binlog::SqlLexer;

void check_tokens(std::string_view sql, std::uint64_t sql_mode) {
  SqlLexer lexer(sql, sql_mode);
  const char* end = sql.data();
  while (true) {
    const SqlLexer::Token token = lexer.next();
    if (token.kind == SqlLexer::TokenKind::kEnd) break;
    require(!token.text.empty(), "a token has text");
    require(token.text.data() >= end &&
                token.text.data() + token.text.size() <= sql.data() + sql.size(),
            "tokens stand one behind the other");
    end = token.text.data() + token.text.size();
    require(lexer.rest().data() == end, "what is left begins behind the token");
    if (token.kind == SqlLexer::TokenKind::kSymbol) {
      require(token.text.size() == 1, "a symbol is one byte");
    }
    require(binlog::unquote(token.text).size() <= token.text.size(), "unquoting adds nothing");
  }
  require(lexer.next().kind == SqlLexer::TokenKind::kEnd, "the end stays the end");
}

void check_meaning(std::string_view sql, std::uint64_t sql_mode) {
  using binlog::QueryKind;
  const binlog::QueryMeaning meaning = binlog::classify_query(sql, sql_mode);
  require(meaning.name.size() <= sql.size(), "a name stands in the text");
  switch (meaning.kind) {
    case QueryKind::kSavepoint:
    case QueryKind::kRollbackToSavepoint:
    case QueryKind::kReleaseSavepoint:
    case QueryKind::kXaStart:
    case QueryKind::kXaEnd:
    case QueryKind::kXaCommit:
    case QueryKind::kXaRollback:
      return;
    case QueryKind::kRowChangeStatement:
      require(!meaning.name.empty(), "a statement that changes rows has its verb");
      return;
    case QueryKind::kDdl:
      require(meaning.name.empty() != meaning.fills_table, "a table that is filled has its verb");
      return;
    default:
      require(meaning.name.empty(), "nothing else has a name");
  }
}

void decode(Bytes input) {
  wire::ByteReader in(input);
  const std::uint8_t options = in.u8();
  const std::size_t plain_size = in.u16();
  if (!in.ok()) return;
  const Bytes body = in.rest();
  const bool compress = (options & 1U) != 0 && plain_size <= body.size();
  std::vector<std::uint8_t> whole(body.begin(), body.end());
  if (compress) {
    whole.resize(plain_size);
    append(whole, mariadb_compressed(body.subspan(plain_size)));
  }
  const auto event =
      event_around(compress ? EventType::kMariadbQueryCompressed : EventType::kQuery, whole);
  std::string scratch;
  const auto query = binlog::parse_query(event, scratch);
  if (!query) return;
  require(is_within(query->database, event), "the database's name lies in the event");
  require(compress ? query->sql.data() == scratch.data() : is_within(query->sql, event),
          "the text lies in the event, or where it was decompressed to");
  constexpr std::uint64_t kAnsiQuotes = 0x4;
  constexpr std::uint64_t kNoBackslashEscapes = 0x100000;
  const std::uint64_t sql_mode = query->sql_mode ^ ((options & 2U) != 0 ? kAnsiQuotes : 0) ^
                                 ((options & 4U) != 0 ? kNoBackslashEscapes : 0);
  check_tokens(query->sql, sql_mode);
  check_meaning(query->sql, sql_mode);
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
