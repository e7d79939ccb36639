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

bool is_json_check(std::string_view check_clause, std::string_view column) {
  std::string quoted;
  for (const char c : column) {
    quoted += c;
    if (c == '`') quoted += c;
  }
  return check_clause == "json_valid(`" + quoted + "`)";
}

}  // namespace pikachu::mysql
