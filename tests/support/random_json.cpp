// The JSON of RandomValues.
#include <array>

#include "tests/support/random_values.h"

namespace pikachu::test {

std::string RandomValues::json_string() {
  constexpr std::array<std::string_view, 16> kPieces{"a",
                                                     "B",
                                                     "0",
                                                     " ",
                                                     "\\\"",
                                                     "\\\\",
                                                     "\\n",
                                                     "\\u0000",
                                                     "\\u001f",
                                                     "/",
                                                     "\\t",
                                                     "\xc3\xa9",
                                                     "\xe6\x97\xa5",
                                                     "\xf0\x9f\x98\x80",
                                                     "\x7f",
                                                     "\\ud83d\\ude00"};
  std::string text = "\"";
  // Beyond 127 bytes the length takes two bytes.
  const std::size_t pieces = one_in(12) ? 100 + below(60) : below(8);
  for (std::size_t i = 0; i < pieces; ++i) text += pick(std::span<const std::string_view>(kPieces));
  return text + "\"";
}

std::string RandomValues::json_number() {
  constexpr std::array<std::string_view, 12> kEdges{
      "0",      "-1",         "32767",       "32768",
      "-32769", "2147483648", "-2147483649", "18446744073709551615",
      "1.0",    "-0.0",       "1e16",        "9223372036854775808"};
  if (one_in(3)) return std::string(pick(std::span<const std::string_view>(kEdges)));
  if (one_in(3)) return twofold();
  return integer(64, false);
}

std::string RandomValues::json_value(unsigned depth) {
  const std::uint64_t what = below(depth == 0 ? 5 : 9);
  if (what == 0) return json_string();
  if (what == 1) return json_number();
  if (what == 2) return "true";
  if (what == 3) return "false";
  if (what == 4) return "null";
  const bool is_object = what < 7;
  std::string text(1, is_object ? '{' : '[');
  const std::size_t members = below(5);
  for (std::size_t i = 0; i < members; ++i) {
    if (i > 0) text += one_in(2) ? ", " : ",";
    if (is_object) text += json_string() + ":";
    text += json_value(depth - 1);
  }
  return text + (is_object ? '}' : ']');
}

std::string RandomValues::json_text() {
  constexpr unsigned kDepth = 4;
  if (one_in(20)) {
    // No server takes more than 100 levels; MariaDB less.
    const std::size_t levels = 1 + below(30);
    std::string text;
    for (std::size_t i = 0; i < levels; ++i) text += i % 2 == 0 ? "[" : "{\"k\":";
    text += json_value(1);
    for (std::size_t i = levels; i > 0; --i) text += i % 2 == 1 ? "]" : "}";
    return text;
  }
  if (one_in(30)) {
    // More than 64 KiB: MySQL's large format.
    std::string text = "[";
    while (text.size() < 70'000) text += json_value(1) + ",\"" + std::string(300, 'w') + "\",";
    return text + "1]";
  }
  return json_value(kDepth);
}

std::string RandomValues::json_of_sql_values() {
  std::string expression = "JSON_ARRAY(NULL";
  const std::size_t members = 1 + below(6);
  for (std::size_t i = 0; i < members; ++i) {
    const auto scale = static_cast<unsigned>(below(10));
    const auto digits = static_cast<unsigned>(below(7));
    switch (below(8)) {
      case 0:
        expression +=
            ", CAST(" + decimal(20, scale) + " AS DECIMAL(20," + std::to_string(scale) + "))";
        break;
      case 1:
        expression += ", CAST(" + date() + " AS DATE)";
        break;
      case 2:
        expression += ", CAST(" + time(digits) + " AS TIME(" + std::to_string(digits) + "))";
        break;
      case 3:
        expression +=
            ", CAST(" + datetime(digits) + " AS DATETIME(" + std::to_string(digits) + "))";
        break;
      case 4:
        expression += ", CAST(" + hex_literal(bytes(1 + below(100))) + " AS BINARY)";
        break;
      case 5:
        expression += ", CAST(" + integer(64, true) + " AS UNSIGNED)";
        break;
      case 6:
        expression += ", " + twofold();
        break;
      default:
        expression += ", JSON_OBJECT('k', " + decimal(30, 5) + ")";
        break;
    }
  }
  return expression + ")";
}

}  // namespace pikachu::test
