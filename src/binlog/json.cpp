#include "binlog/json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "binlog/json_text.h"

namespace pikachu::binlog {

base::Result<void> append_json_text(Bytes value, std::string& out) {
  JsonTextWriter writer(value.size(), out);
  writer.write(json_document(value), 0);
  if (writer.problem() != nullptr) return corrupt_json(value.size(), writer.problem());
  return {};
}

void append_json_double(double value, std::string& out) {
  constexpr int kPlainDigitsMax = 15;
  std::array<char, 32> scientific{};
  const auto end = std::to_chars(scientific.data(), scientific.data() + scientific.size(), value,
                                 std::chars_format::scientific);
  std::string_view text(scientific.data(), static_cast<std::size_t>(end.ptr - scientific.data()));
  if (!std::isfinite(value)) {  // The server stores none; the text has to stay JSON.
    out.append("null");
    return;
  }
  if (text.front() == '-') {
    out.push_back('-');
    text.remove_prefix(1);
  }
  // "d.ddde±xx": the digits, and where the point stands after the first of them.
  const std::size_t exponent_at = text.find('e');
  int exponent = 0;
  const std::size_t sign_skip = text[exponent_at + 1] == '+' ? 2 : 1;
  std::from_chars(text.data() + exponent_at + sign_skip, text.data() + text.size(), exponent);
  std::array<char, 24> digits{};
  std::size_t count = 0;
  for (const char c : text.substr(0, exponent_at)) {
    if (c != '.') digits.at(count++) = c;
  }
  const std::string_view significant(digits.data(), count);
  const int point = value == 0 ? 1 : exponent + 1;
  if (point > -kPlainDigitsMax && (point <= kPlainDigitsMax || static_cast<int>(count) > point)) {
    if (point <= 0) {
      out.append("0.").append(static_cast<std::size_t>(-point), '0').append(significant);
    } else if (static_cast<std::size_t>(point) >= count) {
      out.append(significant).append(static_cast<std::size_t>(point) - count, '0').append(".0");
    } else {
      out.append(significant, 0, static_cast<std::size_t>(point)).push_back('.');
      out.append(significant, static_cast<std::size_t>(point));
    }
    return;
  }
  out.push_back(significant.front());
  if (count > 1) out.append(1, '.').append(significant, 1);
  out.push_back('e');
  out.append(std::to_string(exponent));
}

}  // namespace pikachu::binlog
