// Statements that define tables. An input is
//
//     options:u8 statements, one a line
//
// with the options' bit 0 for MariaDB, bits 1 and 2 for the SQL modes that change how text is read,
// and bit 3 for all lines as one dump.

#include <algorithm>
#include <string_view>

#include "schema/catalog.h"
#include "tests/fuzz/property.h"

namespace pikachu::fuzz {
namespace {

// Names that seeds and dictionary use.
void check_tables(const schema::Catalog& catalog) {
  for (const char* const table : {"t", "t1", "t2", "a1", "a2"}) {
    const auto found = catalog.find("d", table);
    if (!found) continue;
    require(found->database == "d" && found->table == table, "a table is found by its name");
    require(!found->columns.empty() || found->primary_key.empty(), "a key has columns");
    for (const change::Column& column : found->columns) {
      require(!column.name.empty(), "a column has a name");
      require(!column.sql_type.empty(), "a column has a type");
      require(column.fractional_digits <= 6, "a fraction has up to six digits");
    }
    for (const std::size_t index : found->primary_key) {
      require(index < found->columns.size(), "a key has columns of the table");
    }
  }
}

void check(const base::Result<void>& applied) {
  require(applied || !applied.error().message.empty(), "an error has a message");
}

void decode(binlog::Bytes input) {
  if (input.empty()) return;
  const std::uint8_t options = input[0];
  std::string_view text = as_text(input.subspan(1));
  schema::Catalog catalog(flavor_of(options));
  if ((options & 8U) != 0) {
    check(catalog.load_sql(text));
    return check_tables(catalog);
  }
  constexpr std::uint64_t kAnsiQuotes = 0x4;
  constexpr std::uint64_t kNoBackslashEscapes = 0x100000;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    schema::Statement statement;
    statement.sql = line;
    statement.database = "d";
    statement.sql_mode =
        ((options & 2U) != 0 ? kAnsiQuotes : 0) | ((options & 4U) != 0 ? kNoBackslashEscapes : 0);
    check(catalog.apply(statement));
    check_tables(catalog);
  }
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
