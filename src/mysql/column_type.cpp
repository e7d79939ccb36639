#include "mysql/column_type.h"

namespace pikachu::mysql {
namespace {

char unescaped(char c) {
  switch (c) {
    case '0':
      return '\0';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    default:
      return c;
  }
}

// Reads one quoted label from `text` and moves behind it. False if it does not end.
bool read_label(std::string_view& text, bool escapes, std::string& label) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\' && escapes && i + 1 < text.size()) {
      label += unescaped(text[++i]);
      continue;
    }
    if (text[i] != '\'') {
      label += text[i];
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '\'') {
      label += text[i++];
      continue;
    }
    text.remove_prefix(i + 1);
    return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> parse_labels(std::string_view column_type, bool escapes) {
  for (const std::string_view type : {"enum(", "set("}) {
    if (!column_type.starts_with(type)) continue;
    column_type.remove_prefix(type.size());
    std::vector<std::string> labels;
    while (column_type.starts_with('\'')) {
      if (!read_label(column_type, escapes, labels.emplace_back())) return {};
      if (column_type.starts_with(')')) return labels;
      if (!column_type.starts_with(',')) return {};
      column_type.remove_prefix(1);
    }
    return {};
  }
  return {};
}

bool is_unsigned_type(std::string_view column_type) {
  if (column_type.starts_with("enum(") || column_type.starts_with("set(")) return false;
  return column_type.find(" unsigned") != std::string_view::npos ||
         column_type.find(" zerofill") != std::string_view::npos;
}

std::optional<std::string> json_checked_column(std::string_view check_clause) {
  constexpr std::string_view kBegin = "json_valid(`";
  constexpr std::string_view kEnd = "`)";
  if (!check_clause.starts_with(kBegin) || !check_clause.ends_with(kEnd)) return std::nullopt;
  if (check_clause.size() < kBegin.size() + kEnd.size()) return std::nullopt;
  check_clause.remove_prefix(kBegin.size());
  check_clause.remove_suffix(kEnd.size());
  std::string name;
  for (std::size_t i = 0; i < check_clause.size(); ++i) {
    name += check_clause[i];
    if (check_clause[i] != '`') continue;
    // A quote in a name is doubled: any other ends it, and more than a name stands here.
    if (i + 1 == check_clause.size() || check_clause[i + 1] != '`') return std::nullopt;
    ++i;
  }
  return name;
}

}  // namespace pikachu::mysql
