#include "encode/json_value.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <string>

#include "base/decimal_text.h"
#include "base/short_decimal.h"
#include "base/text_word.h"
#include "encode/json_grammar.h"
#include "encode/json_string.h"
#include "encode/utf8.h"

namespace pikachu::encode {
namespace {

using base::put_pair;
using change::Value;
using change::ValueKind;

// More than the text of any double, and of any timestamp with its quotes.
constexpr std::size_t kNumberSize = 32;

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The two base64 digits of each number of twelve bits.
constexpr std::array<char, 8192> kDigitPairs = [] {
  std::array<char, 8192> pairs{};
  for (std::size_t i = 0; i < 4096; ++i) {
    pairs[2 * i] = kDigits[i >> 6U];
    pairs[2 * i + 1] = kDigits[i & 63U];
  }
  return pairs;
}();

// The servers store no infinity and no NaN; JSON could not show them.
template <typename Real>
void put_real(Real number, TextBuffer& out) {
  if (!std::isfinite(number)) return out.put("null");
  char* const begin = out.room(kNumberSize);
  out.advance_to(std::to_chars(begin, begin + kNumberSize, number).ptr);
}

// With so many places or less std::to_chars writes no exponent, for the text would be longer.
constexpr unsigned kPlainPlacesMax = 3;

// Whether that is so without any. Of 0 the sign is not known here.
bool is_shown_plainly(const base::ShortDecimal& decimal) {
  return decimal.places > 0 || (decimal.digits > 0 && decimal.digits < 100'000);
}

// As put_real(), quicker for numbers like 3.7 and 485.15.
void put_double(double number, TextBuffer& out) {
  const auto decimal = base::short_decimal(std::abs(number), kPlainPlacesMax);
  if (!decimal || !is_shown_plainly(*decimal)) return put_real(number, out);
  char* to = out.room(base::kShortDecimalRoom + 1);
  if (number < 0) *to++ = '-';
  out.advance_to(base::put_short_decimal(*decimal, to));
}

template <typename Number>
Number little_endian(const char* bytes) {
  static_assert(sizeof(Number) == 4);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    bits |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  Number number{};
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

// Eight bytes as a number, the first of them highest.
std::uint64_t big_endian(const char* bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return std::endian::native == std::endian::little ? __builtin_bswap64(number) : number;
}

// Text that has nothing to escape: numbers and dates of 10 to 26 characters, most of all.
void put_quoted(std::string_view text, TextBuffer& out) {
  constexpr std::size_t kHalf = 16;
  if (text.size() < kHalf / 2 || text.size() > 2 * kHalf) {
    out.put('"');
    out.put(text);
    return out.put('"');
  }
  char* const to = out.room(2 * kHalf + 2);
  *to = '"';
  // The first and the last half of a text cover it together.
  const std::size_t half = text.size() < kHalf ? kHalf / 2 : kHalf;
  const char* const last = text.data() + text.size() - half;
  if (half == kHalf) {
    std::memcpy(to + 1, text.data(), kHalf);
    std::memcpy(to + 1 + (last - text.data()), last, kHalf);
  } else {
    std::memcpy(to + 1, text.data(), kHalf / 2);
    std::memcpy(to + 1 + (last - text.data()), last, kHalf / 2);
  }
  to[text.size() + 1] = '"';
  out.advance_to(to + text.size() + 2);
}

// MariaDB hands its JSON on as it was stored, also over several lines; line breaks can stand only
// between the tokens of a valid text, where a blank means the same.
//
// Its json_valid() takes more than JSON: "\x", [-], 1. (observed on 11.8.6), and rows that no CHECK
// has seen (check_constraint_checks=0, or from before the CHECK) may hold anything. Such a text is
// a string; as it is it would break the body, or put members of its own into it.
//
// `to` has room for the text and its padding; if it is JSON, it is there now.
JsonForm copy_json(std::string_view text, char* to) {
  std::memcpy(to, text.data(), text.size());
  std::memset(to + text.size(), 0, kJsonPadding);
  const JsonForm form = json_form(to, text.size());
  if (form.is_json && form.has_lines) {
    std::replace_if(
        to, to + text.size(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  }
  return form;
}

void put_json(std::string_view text, TextBuffer& out) {
  if (text.size() + kJsonPadding <= TextBuffer::kSize) {
    char* const to = out.room(text.size() + kJsonPadding);
    const JsonForm form = copy_json(text, to);
    if (!form.is_json) return put_string(text, out);
    if (form.is_ascii || is_utf8(text)) return out.advance_to(to + text.size());
  }
  std::string copy(text.size() + kJsonPadding, '\0');
  if (!copy_json(text, copy.data()).is_json) return put_string(text, out);
  put_utf8(std::string_view(copy).substr(0, text.size()), out);
}

// A value too short for its SRID is not taken apart: all of it is the WKB of SRID 0.
void put_geometry(std::string_view bytes, TextBuffer& out) {
  std::uint32_t srid = 0;
  if (bytes.size() >= 4) {
    srid = little_endian<std::uint32_t>(bytes.data());
    bytes.remove_prefix(4);
  }
  out.put(R"({"srid":)");
  put_number(srid, out);
  out.put(R"(,"wkb":")");
  put_base64(bytes, out);
  out.put(R"("})");
}

void put_vector(std::string_view bytes, TextBuffer& out) {
  out.put('[');
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    if (i > 0) out.put(',');
    put_real(little_endian<float>(bytes.data() + i), out);
  }
  out.put(']');
}

}  // namespace

void put_number(std::uint64_t number, TextBuffer& out) {
  out.advance_to(base::put_unsigned(number, out.room(base::kIntegerRoom)));
}

void put_base64(std::string_view bytes, TextBuffer& out) {
  constexpr std::size_t kStep = 768;  // Bytes a step: a multiple of six, four thirds of it fit.
  const auto at = [&bytes](std::size_t i) -> std::uint32_t {
    return static_cast<unsigned char>(bytes[i]);
  };
  const auto put_digits = [](std::uint64_t twelve_bits, char* to) {
    std::memcpy(to, &kDigitPairs[std::size_t{2} * (twelve_bits & 0xfffU)], 2);
    return to + 2;
  };
  const std::size_t whole = bytes.size() - bytes.size() % 3;
  for (std::size_t begin = 0; begin < whole; begin += kStep) {
    const std::size_t end = std::min(whole, begin + kStep);
    char* to = out.room(kStep / 3 * 4);
    std::size_t i = begin;
    for (; i + 6 <= end && i + 8 <= bytes.size(); i += 6) {
      const std::uint64_t bits = big_endian(bytes.data() + i);  // the first six of eight bytes
      to = put_digits(bits >> 52U, to);
      to = put_digits(bits >> 40U, to);
      to = put_digits(bits >> 28U, to);
      to = put_digits(bits >> 16U, to);
    }
    for (; i < end; i += 3) {
      const std::uint32_t bits = at(i) << 16U | at(i + 1) << 8U | at(i + 2);
      to = put_digits(bits, put_digits(bits >> 12U, to));
    }
    out.advance_to(to);
  }
  const std::size_t left = bytes.size() - whole;
  if (left == 0) return;
  const std::uint32_t bits = at(whole) << 16U | (left == 2 ? at(whole + 1) << 8U : 0U);
  out.put(kDigits[bits >> 18U]);
  out.put(kDigits[bits >> 12U & 63U]);
  out.put(left == 2 ? kDigits[bits >> 6U & 63U] : '=');
  out.put('=');
}

void put_timestamp(std::int64_t microseconds_since_1970, bool has_microseconds, TextBuffer& out) {
  // RFC 3339 ends at 9999; no server writes such times, and a damaged one must not break the body.
  using std::chrono::sys_days;
  constexpr std::chrono::microseconds kFirst =
      sys_days{std::chrono::January / 1 / 0}.time_since_epoch();
  constexpr std::chrono::microseconds kEnd =
      sys_days{std::chrono::January / 1 / 10'000}.time_since_epoch();
  const std::chrono::microseconds time{
      std::clamp(microseconds_since_1970, kFirst.count(), kEnd.count() - 1)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{sys_days{day}};
  const auto in_day = static_cast<std::uint64_t>((time - day).count());
  const auto second = static_cast<unsigned>(in_day / 1'000'000);
  const auto fraction = static_cast<unsigned>(in_day % 1'000'000);
  const auto year = static_cast<unsigned>(int{date.year()});

  char* to = out.room(kNumberSize);
  *to++ = '"';
  to = put_pair(year / 100, to);
  to = put_pair(year % 100, to);
  *to++ = '-';
  to = put_pair(unsigned{date.month()}, to);
  *to++ = '-';
  to = put_pair(unsigned{date.day()}, to);
  *to++ = 'T';
  to = put_pair(second / 3600, to);
  *to++ = ':';
  to = put_pair(second / 60 % 60, to);
  *to++ = ':';
  to = put_pair(second % 60, to);
  if (has_microseconds) {
    *to++ = '.';
    to = put_pair(fraction / 10'000, to);
    to = put_pair(fraction / 100 % 100, to);
    to = put_pair(fraction % 100, to);
  }
  *to++ = 'Z';
  *to++ = '"';
  out.advance_to(to);
}

void put_value(const Value& value, TextBuffer& out) {
  switch (value.kind) {
    case ValueKind::kAbsent:
    case ValueKind::kNull:
      return out.put("null");
    case ValueKind::kSigned:
      return out.advance_to(
          base::put_signed(value.number.as_signed, out.room(base::kIntegerRoom + 1)));
    case ValueKind::kUnsigned:
      return put_number(value.number.as_unsigned, out);
    case ValueKind::kFloat:
      return put_real(value.number.as_float, out);
    case ValueKind::kDouble:
      return put_double(value.number.as_double, out);
    case ValueKind::kText:
      if (value.is_verbatim) return put_quoted(value.bytes, out);
      return put_string(value.bytes, out);
    case ValueKind::kBinary:
      out.put('"');
      put_base64(value.bytes, out);
      return out.put('"');
    case ValueKind::kJson:
      if (value.is_verbatim) return put_utf8(value.bytes, out);
      return put_json(value.bytes, out);
    case ValueKind::kGeometry:
      return put_geometry(value.bytes, out);
    case ValueKind::kVector:
      return put_vector(value.bytes, out);
  }
}

}  // namespace pikachu::encode
