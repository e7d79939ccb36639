#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pikachu::test {

/// "0x" and the bytes in hexadecimal: a literal that means the same under every sql_mode and
/// character set. Nothing but '' for no bytes, which is no literal in that form.
std::string hex_literal(std::string_view bytes);

/// UTF-8 of one code point.
void append_utf8(char32_t code_point, std::string& out);

/// Random SQL expressions, each a value that servers tend to get wrong as often as one that they do
/// not: limits, zeros, the values beside them. The same seed gives the same expressions.
///
/// Expressions need a session without strict mode, with ALLOW_INVALID_DATES, in UTC.
/// Threads: one owner.
class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : engine_(seed) {}

  /// 0 to `limit` - 1. REQUIRES: limit > 0.
  std::uint64_t below(std::uint64_t limit);
  /// `first` to `last`, both included.
  std::int64_t between(std::int64_t first, std::int64_t last);
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  template <typename T>
  const T& pick(std::span<const T> choices) {
    return choices[below(choices.size())];
  }
  template <typename T>
  const T& pick(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }

  std::string integer(unsigned bits, bool is_unsigned);
  std::string decimal(unsigned precision, unsigned scale);
  std::string single();   ///< Any finite FLOAT: denormals, -0.
  std::string twofold();  ///< Any finite DOUBLE.
  std::string bits(unsigned count);
  std::string year();

  /// Zero, partly zero and impossible days too.
  std::string date();
  std::string time(unsigned fraction_digits);
  std::string datetime(unsigned fraction_digits);
  /// Up to `last_second` after 1970.
  std::string timestamp(unsigned fraction_digits, std::int64_t last_second);

  /// A length from 0 to `most`, most often short, and now and then at a border of a length prefix.
  std::size_t length(std::size_t most);
  /// Text of `characters` code points of `pool`.
  std::string text(const std::vector<char32_t>& pool, std::size_t characters);
  /// Bytes, often with zeros at the end.
  std::string bytes(std::size_t size);

  /// The text of a JSON value; deep, wide, with odd keys and numbers.
  std::string json_text();
  /// A JSON expression of MySQL with types that no text gives: DECIMAL, dates, opaque bytes.
  std::string json_of_sql_values();

  /// WKT of any type, with all kinds of coordinates.
  std::string geometry_text();
  std::string uuid();
  std::string inet4();
  std::string inet6();
  /// "[1.5,-2e-3,…]", `dimensions` floats.
  std::string vector_text(std::size_t dimensions);

 private:
  std::string fraction(unsigned digit_count);
  std::string digits(std::size_t count);
  std::string json_value(unsigned depth);
  std::string json_string();
  std::string json_number();
  std::string points(std::size_t count);
  std::string ring();
  std::string point();
  std::string quads_or_zeros(std::size_t size);

  std::mt19937_64 engine_;
};

}  // namespace pikachu::test
