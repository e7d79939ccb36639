#include "tests/support/random_values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace pikachu::test {
namespace {

std::string padded(std::uint64_t number, int width) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%0*llu", width,
                                 static_cast<unsigned long long>(number));
  return {text.data(), static_cast<std::size_t>(size)};
}

// The exponent makes it a floating-point literal, and not a DECIMAL that is converted.
std::string of_double(double number, int digits) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*e", digits - 1, number);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string quoted(const std::string& plain) {
  return "'" + plain + "'";
}

}  // namespace

std::string hex_literal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (bytes.empty()) return "''";
  std::string literal = "0x";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    literal += kDigits[byte >> 4U];
    literal += kDigits[byte & 0x0fU];
  }
  return literal;
}

void append_utf8(char32_t code_point, std::string& out) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0U | code_point >> 6U);
    put(0x80U | (code_point & 0x3fU));
  } else if (code_point < 0x10000) {
    put(0xe0U | code_point >> 12U);
    put(0x80U | (code_point >> 6U & 0x3fU));
    put(0x80U | (code_point & 0x3fU));
  } else {
    put(0xf0U | code_point >> 18U);
    put(0x80U | (code_point >> 12U & 0x3fU));
    put(0x80U | (code_point >> 6U & 0x3fU));
    put(0x80U | (code_point & 0x3fU));
  }
}

std::uint64_t RandomValues::below(std::uint64_t limit) {
  return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(engine_);
}

std::int64_t RandomValues::between(std::int64_t first, std::int64_t last) {
  return std::uniform_int_distribution<std::int64_t>(first, last)(engine_);
}

std::string RandomValues::digits(std::size_t count) {
  const std::uint64_t style = below(4);
  std::string result;
  for (std::size_t i = 0; i < count; ++i) {
    if (style == 0) {
      result += '9';
    } else if (style == 1) {
      result += one_in(5) ? '1' : '0';
    } else {
      result += static_cast<char>('0' + below(10));
    }
  }
  return result;
}

std::string RandomValues::integer(unsigned bits, bool is_unsigned) {
  const std::uint64_t mask = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  const std::uint64_t highest_bit = std::uint64_t{1} << (bits - 1);
  std::uint64_t value = engine_() & mask;
  switch (below(8)) {
    case 0:
      value = 0;
      break;
    case 1:
      value = mask;  // the greatest, or -1
      break;
    case 2:
      value = highest_bit;  // or the least
      break;
    case 3:
      value = highest_bit - 1;  // or the greatest
      break;
    case 4:
      value >>= below(bits);
      break;
    default:
      break;
  }
  if (is_unsigned) return std::to_string(value);
  return std::to_string(static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits));
}

std::string RandomValues::decimal(unsigned precision, unsigned scale) {
  std::string number = one_in(2) ? "-" : "";
  if (precision == scale) {
    number += '0';
  } else {
    // Sometimes few digits, so that the groups in front are zero.
    const std::size_t whole = precision - scale;
    number += digits(one_in(2) ? whole : 1 + below(whole));
  }
  if (scale > 0) number += "." + digits(scale);
  return number;
}

std::string RandomValues::single() {
  constexpr int kDigits = 9;
  constexpr std::array<float, 9> kEdges{0.0F,          -0.0F,   1e-45F,      1.17549435e-38F,
                                        3.4028235e38F, -1e-45F, 16777217.0F, 0.1F,
                                        -3.4028235e38F};
  if (one_in(3))
    return of_double(static_cast<double>(pick(std::span<const float>(kEdges))), kDigits);
  while (true) {
    const auto number = std::bit_cast<float>(static_cast<std::uint32_t>(engine_()));
    if (std::isfinite(number)) return of_double(static_cast<double>(number), kDigits);
  }
}

std::string RandomValues::twofold() {
  constexpr int kDigits = 17;
  constexpr std::array<double, 9> kEdges{
      0.0, -0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -5e-324, 1e15, 0.1, 1e22};
  if (one_in(3)) return of_double(pick(std::span<const double>(kEdges)), kDigits);
  while (true) {
    const auto number = std::bit_cast<double>(engine_());
    if (std::isfinite(number)) return of_double(number, kDigits);
  }
}

std::string RandomValues::bits(unsigned count) {
  return integer(count, true);
}

std::string RandomValues::year() {
  return one_in(4) ? "0" : std::to_string(between(1901, 2155));
}

std::string RandomValues::fraction(unsigned digit_count) {
  if (digit_count == 0) return "";
  return "." + digits(digit_count);
}

std::string RandomValues::date() {
  if (one_in(8)) return quoted("0000-00-00");
  const std::uint64_t year = one_in(8) ? 0 : one_in(8) ? 9999 : below(10'000);
  const std::uint64_t month = one_in(12) ? 0 : 1 + below(12);
  const std::uint64_t day = one_in(12) ? 0 : 1 + below(31);
  return quoted(padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2));
}

std::string RandomValues::time(unsigned fraction_digits) {
  const std::string sign = one_in(2) ? "-" : "";
  if (one_in(6)) return quoted(sign + "838:59:59");
  const std::uint64_t hours = one_in(3) ? 0 : below(839);
  const std::uint64_t minutes = one_in(3) ? 0 : below(60);
  const std::uint64_t seconds = one_in(3) ? 0 : below(60);
  return quoted(sign + padded(hours, 2) + ":" + padded(minutes, 2) + ":" + padded(seconds, 2) +
                fraction(fraction_digits));
}

std::string RandomValues::datetime(unsigned fraction_digits) {
  std::string day = date();
  day.pop_back();
  if (day == "'0000-00-00") return day + "'";
  return day + " " + padded(below(24), 2) + ":" + padded(below(60), 2) + ":" +
         padded(below(60), 2) + fraction(fraction_digits) + "'";
}

std::string RandomValues::timestamp(unsigned fraction_digits, std::int64_t last_second) {
  if (one_in(6)) return quoted("0000-00-00 00:00:00");
  const std::int64_t second = one_in(6) ? 1 : one_in(6) ? last_second : between(1, last_second);
  const auto days = std::chrono::sys_days{} + std::chrono::days(second / 86'400);
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(days));
  const auto of_day = static_cast<std::uint64_t>(second % 86'400);
  return quoted(padded(static_cast<std::uint64_t>(static_cast<int>(day.year())), 4) + "-" +
                padded(static_cast<unsigned>(day.month()), 2) + "-" +
                padded(static_cast<unsigned>(day.day()), 2) + " " + padded(of_day / 3600, 2) + ":" +
                padded(of_day / 60 % 60, 2) + ":" + padded(of_day % 60, 2) +
                fraction(fraction_digits));
}

std::size_t RandomValues::length(std::size_t most) {
  constexpr std::array<std::size_t, 8> kBorders{0, 1, 127, 128, 255, 256, 65'535, 65'536};
  constexpr std::size_t kShort = 12;
  // Long values cost time everywhere: seldom.
  if (one_in(8)) {
    const std::size_t border = kBorders[below(one_in(6) ? kBorders.size() : 6)];
    return std::min(most, border);
  }
  if (one_in(16) && most < 1024) return most;
  return below(std::min(most, kShort) + 1);
}

std::string RandomValues::text(const std::vector<char32_t>& pool, std::size_t characters) {
  std::string result;
  for (std::size_t i = 0; i < characters; ++i) append_utf8(pick(pool), result);
  return result;
}

std::string RandomValues::bytes(std::size_t size) {
  std::string result;
  for (std::size_t i = 0; i < size; ++i) result += static_cast<char>(below(256));
  if (one_in(3))
    std::fill(result.begin() + static_cast<std::ptrdiff_t>(below(size + 1)), result.end(), '\0');
  return result;
}

std::string RandomValues::quads_or_zeros(std::size_t size) {
  std::string result = bytes(size);
  if (one_in(8)) std::ranges::fill(result, '\0');
  return result;
}

std::string RandomValues::point() {
  const auto coordinate = [this] {
    if (one_in(3)) return of_double(std::ldexp(static_cast<double>(between(-99, 99)), -3), 6);
    return std::to_string(between(-180, 180));
  };
  return coordinate() + " " + coordinate();
}

std::string RandomValues::points(std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + point();
  return list;
}

std::string RandomValues::ring() {
  const std::string first = point();
  return "(" + first + "," + points(2 + below(4)) + "," + first + ")";
}

std::string RandomValues::geometry_text() {
  switch (below(7)) {
    case 0:
      return "POINT(" + point() + ")";
    case 1:
      return "LINESTRING(" + points(2 + below(5)) + ")";
    case 2:
      return "POLYGON(" + ring() + ")";
    case 3:
      return "MULTIPOINT(" + points(1 + below(3)) + ")";
    case 4:
      return "MULTILINESTRING((" + points(2) + "),(" + points(3) + "))";
    case 5:
      return "MULTIPOLYGON((" + ring() + "),(" + ring() + "))";
    default:
      return "GEOMETRYCOLLECTION(POINT(" + point() + "),LINESTRING(" + points(2) + "))";
  }
}

std::string RandomValues::uuid() {
  std::string text = hex_literal(quads_or_zeros(16)).substr(2);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, "-");
  return quoted(text);
}

std::string RandomValues::inet4() {
  const std::string address = quads_or_zeros(4);
  std::string text;
  for (const char c : address) {
    text += (text.empty() ? "" : ".") + std::to_string(static_cast<unsigned char>(c));
  }
  return quoted(text);
}

std::string RandomValues::inet6() {
  if (one_in(5)) return "'::ffff:" + inet4().substr(1);
  if (one_in(8)) return "'::" + inet4().substr(1);
  std::string text = hex_literal(quads_or_zeros(16)).substr(2);
  // Runs of zeros in the middle are what "::" stands for.
  if (one_in(2)) text.replace(4 * below(6), 8, "00000000");
  for (std::size_t at = 28; at > 0; at -= 4) text.insert(at, ":");
  return quoted(text);
}

std::string RandomValues::vector_text(std::size_t dimensions) {
  std::string text = "[";
  for (std::size_t i = 0; i < dimensions; ++i) text += (i == 0 ? "" : ",") + single();
  return text + "]";
}

}  // namespace pikachu::test
