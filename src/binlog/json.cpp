#include "binlog/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "base/short_decimal.h"
#include "binlog/json_text.h"

namespace pikachu::binlog {
namespace {

constexpr std::size_t kExponentTextMax = 4;  // "-324"

}  // namespace

base::Result<void> append_json_text(Bytes value, std::string& out) {
  JsonTextWriter writer(value.size(), out, out.size());
  writer.write(json_document(value), 0);
  writer.finish();
  if (writer.problem() != nullptr) return corrupt_json(value.size(), writer.problem());
  return {};
}

base::Result<std::string_view> json_text(Bytes value, std::string& scratch) {
  JsonTextWriter writer(value.size(), scratch, 0);
  writer.write(json_document(value), 0);
  if (writer.problem() != nullptr) return corrupt_json(value.size(), writer.problem());
  return std::string_view(scratch.data(), writer.end());
}

char* format_json_double(double value, char* to) {
  constexpr unsigned kPlacesMax = 4;  // more are rare, and each costs all others a division
  if (const auto decimal = base::short_decimal(std::abs(value), kPlacesMax);
      decimal && decimal->places > 0) {
    if (value < 0) *to++ = '-';
    return base::put_short_decimal(*decimal, to);
  }
  const auto put = [&to](std::string_view text) { to = std::ranges::copy(text, to).out; };
  constexpr int kPlainDigitsMax = 15;
  std::array<char, 32> scientific{};
  const auto end = std::to_chars(scientific.data(), scientific.data() + scientific.size(), value,
                                 std::chars_format::scientific);
  std::string_view text(scientific.data(), static_cast<std::size_t>(end.ptr - scientific.data()));
  if (!std::isfinite(value)) {  // The server stores none; the text has to stay JSON.
    put("null");
    return to;
  }
  if (text.front() == '-') {
    *to++ = '-';
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
      put("0.");
      to = std::fill_n(to, -point, '0');
      put(significant);
    } else if (static_cast<std::size_t>(point) >= count) {
      put(significant);
      to = std::fill_n(to, static_cast<std::size_t>(point) - count, '0');
      put(".0");
    } else {
      put(significant.substr(0, static_cast<std::size_t>(point)));
      *to++ = '.';
      put(significant.substr(static_cast<std::size_t>(point)));
    }
    return to;
  }
  *to++ = significant.front();
  if (count > 1) {
    *to++ = '.';
    put(significant.substr(1));
  }
  *to++ = 'e';
  return std::to_chars(to, to + kExponentTextMax, exponent).ptr;
}

}  // namespace pikachu::binlog
