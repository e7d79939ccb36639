#include "binlog/json_path.h"

#include <algorithm>
#include <charconv>

namespace pikachu::binlog {
namespace {

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

void append_utf8(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
    return;
  }
  if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0U | code >> 6U));
  } else {
    out.push_back(static_cast<char>(0xe0U | code >> 12U));
    out.push_back(static_cast<char>(0x80U | (code >> 6U & 0x3fU)));
  }
  out.push_back(static_cast<char>(0x80U | (code & 0x3fU)));
}

// What stands behind a backslash. The server writes characters beyond the first 65536 as they are.
bool take_escape(std::string_view& text, std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (text.empty()) return false;
  const char name = text.front();
  text.remove_prefix(1);
  if (const auto known = kNames.find(name); known != std::string_view::npos) {
    out.push_back(kMeanings[known]);
    return true;
  }
  constexpr std::size_t kDigits = 4;
  std::uint32_t code = 0;
  if (name != 'u' || text.size() < kDigits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + kDigits, code, 16);
  if (error != std::errc{} || end != text.data() + kDigits) return false;
  if (code >= 0xd800 && code < 0xe000) return false;
  text.remove_prefix(kDigits);
  append_utf8(code, out);
  return true;
}

bool take_quoted(std::string_view& text, std::string& out) {
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return true;
    if (c != '\\') {
      out.push_back(c);
    } else if (!take_escape(text, out)) {
      return false;
    }
  }
  return false;
}

// An unquoted name is read as if it stood in quotes.
bool take_name(std::string_view& text, std::string& out) {
  const std::size_t size = std::min(text.find_first_of(".[*\""), text.size());
  std::string_view name = text.substr(0, size);
  text.remove_prefix(size);
  if (name.empty()) return false;
  while (!name.empty()) {
    const char c = name.front();
    name.remove_prefix(1);
    if (c != '\\') {
      out.push_back(c);
    } else if (!take_escape(name, out)) {
      return false;
    }
  }
  return true;
}

bool take_leg(std::string_view& text, JsonPathLeg& leg) {
  if (take(text, ".")) {
    leg.is_member = true;
    return take(text, "\"") ? take_quoted(text, leg.member) : take_name(text, leg.member);
  }
  if (!take(text, "[")) return false;
  leg.from_end = take(text, "last");
  const bool has_number = !leg.from_end || take(text, "-");
  if (has_number && !take_number(text, leg.index)) return false;
  return take(text, "]");
}

}  // namespace

std::uint64_t JsonPathLeg::position(std::uint64_t size) const {
  if (index >= size) return size;
  return from_end ? size - index - 1 : index;
}

std::uint64_t JsonPathLeg::insert_position(std::uint64_t size) const {
  if (index < size) return position(size);
  return from_end ? 0 : size;
}

bool parse_json_path(std::string_view text, std::vector<JsonPathLeg>& legs) {
  legs.clear();
  if (!take(text, "$")) return false;
  while (!text.empty()) {
    if (!take_leg(text, legs.emplace_back())) return false;
  }
  return true;
}

}  // namespace pikachu::binlog
