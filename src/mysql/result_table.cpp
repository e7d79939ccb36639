#include "mysql/result_table.h"

#include <algorithm>

namespace pikachu::mysql {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string ResultTable::text(std::size_t row, std::string_view name) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (same_name(columns[i], name)) return rows[row][i].value_or("");
  }
  return "";
}

std::string utf8_literal(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result = "_utf8mb4 x'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    result += kDigits[byte >> 4U];
    result += kDigits[byte & 0xfU];
  }
  return result + "'";
}

}  // namespace pikachu::mysql
