#include "route/task.h"

#include <cstddef>
#include <optional>
#include <utility>

namespace pikachu::route {
namespace {

using base::ErrorCode;
using base::Result;

// MySQL's limit for the names of databases and tables.
constexpr std::size_t kNameMaxCharacters = 64;

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += is_continuation(c) ? 0U : 1U;
  return count;
}

// The byte after the character at `at`.
std::size_t after_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && is_continuation(text[at])) ++at;
  return at;
}

// After a mismatch the last star takes one character more; earlier stars need not be tried again,
// so the time is at most the product of both lengths.
bool matches_glob(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::optional<std::size_t> star;  // The place after the last star met …
  std::size_t star_end = 0;         // … and what in the name follows the part that it took.
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_end = n;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      n = after_character(name, n);
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star) {
      p = *star;
      star_end = after_character(name, star_end);
      n = star_end;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

tl::unexpected<base::Error> bad(std::string_view pattern, std::string_view why) {
  return base::fail(ErrorCode::kInvalid,
                    "table pattern \"" + std::string(pattern) + "\" " + std::string(why));
}

// A part in backquotes, with rest[0] the opening one: two of them within stand for one.
Result<TablePattern::Part> cut_quoted(std::string_view& rest, std::string_view whole) {
  TablePattern::Part part;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] != '`') {
      part.text += rest[i];
    } else if (i + 1 < rest.size() && rest[i + 1] == '`') {
      part.text += rest[i++];
    } else {
      rest.remove_prefix(i + 1);
      return part;
    }
  }
  return bad(whole, "opens a backquote and does not close it; a backquote in a name is written ``");
}

Result<TablePattern::Part> cut_plain(std::string_view& rest, std::string_view whole) {
  const std::size_t end = rest.find_first_of(".`");
  TablePattern::Part part;
  part.text = rest.substr(0, end);
  part.is_glob = part.text.find_first_of("*?") != std::string::npos;
  rest.remove_prefix(part.text.size());
  if (!rest.empty() && rest.front() == '`') {
    return bad(whole, "has a backquote inside a name; quote the whole name: `odd``name`");
  }
  return part;
}

Result<void> check(const TablePattern::Part& part, std::string_view whole) {
  if (part.text.empty()) {
    return bad(whole, "has an empty name; write table, database.table or database.*");
  }
  if (part.text.front() == ' ' || part.text.back() == ' ') {
    return bad(whole, "has a blank at the edge of a name, which no server allows; remove it");
  }
  for (const char c : part.text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\x7F') {
      return bad(whole, "has a control character in it; remove it");
    }
  }
  if (!part.is_glob && count_characters(part.text) > kNameMaxCharacters) {
    return bad(whole, "has a name of " + std::to_string(count_characters(part.text)) +
                          " characters; servers allow 64");
  }
  return {};
}

}  // namespace

bool TablePattern::Part::matches(std::string_view name) const {
  return is_glob ? matches_glob(text, name) : text == name;
}

TablePattern::TablePattern(Part database, Part table)
    : database_(std::move(database)), table_(std::move(table)) {
}

Result<TablePattern> TablePattern::parse(std::string_view text, std::string_view default_database) {
  std::vector<Part> parts;
  std::string_view rest = text;
  while (true) {
    const bool quoted = !rest.empty() && rest.front() == '`';
    auto part = quoted ? cut_quoted(rest, text) : cut_plain(rest, text);
    if (!part) return base::propagate(std::move(part));
    if (auto checked = check(*part, text); !checked) return base::propagate(std::move(checked));
    parts.push_back(*std::move(part));
    if (rest.empty()) break;
    if (rest.front() != '.') {
      return bad(text, "goes on after a closing backquote; only a dot may follow");
    }
    if (parts.size() == 2) {
      return bad(text,
                 "has more than one dot; names with dots in them are quoted: `my.db`.`table`");
    }
    rest.remove_prefix(1);
  }
  if (parts.size() == 2) return TablePattern(std::move(parts[0]), std::move(parts[1]));
  if (default_database.empty()) {
    return bad(text, "names no database, and there is no default one; write database.table");
  }
  return TablePattern(Part{std::string(default_database), default_database == "*"},
                      std::move(parts[0]));
}

bool TablePattern::matches(std::string_view database, std::string_view table) const {
  return table_.matches(table) && database_.matches(database);
}

bool TaskRoute::wants(change::Operation operation) const {
  switch (operation) {
    case change::Operation::kInsert:
      return wants_insert;
    case change::Operation::kUpdate:
      return wants_update;
    case change::Operation::kDelete:
      return wants_delete;
  }
  return false;
}

}  // namespace pikachu::route
