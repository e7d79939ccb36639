#include "binlog/json.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <string_view>

#include "binlog/decimal.h"
#include "binlog/table_map.h"
#include "binlog/temporal.h"
#include "wire/byte_reader.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using base::fail;
using wire::ByteReader;

constexpr int kDepthMax = 100;

enum class JsonType : std::uint8_t {
  kSmallObject = 0x00,
  kLargeObject = 0x01,
  kSmallArray = 0x02,
  kLargeArray = 0x03,
  kLiteral = 0x04,
  kInt16 = 0x05,
  kUint16 = 0x06,
  kInt32 = 0x07,
  kUint32 = 0x08,
  kInt64 = 0x09,
  kUint64 = 0x0a,
  kDouble = 0x0b,
  kString = 0x0c,
  kOpaque = 0x0f,
};

template <typename Integer>
void append_integer(Integer value, std::string& out) {
  std::array<char, 24> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), result.ptr);
}

void append_quoted(std::string_view text, std::string& out) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  out.push_back('"');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out.push_back('\\');
    switch (byte) {
      case '\b':
        out.push_back('b');
        break;
      case '\t':
        out.push_back('t');
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\f':
        out.push_back('f');
        break;
      case '\r':
        out.push_back('r');
        break;
      case '"':
      case '\\':
        out.push_back(text[i]);
        break;
      default:
        out.append("u00");
        out.push_back(kHexDigits[byte >> 4U]);
        out.push_back(kHexDigits[byte & 0x0fU]);
    }
  }
  out.append(text, plain, text.size() - plain);
  out.push_back('"');
}

void append_base64(Bytes bytes, std::string& out) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t kBytesPerLine = 57;  // 76 characters
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    if (i != 0 && i % kBytesPerLine == 0) out.append("\\n");
    const std::size_t left = bytes.size() - i;
    std::uint32_t group = std::uint32_t{bytes[i]} << 16U;
    if (left > 1) group |= std::uint32_t{bytes[i + 1]} << 8U;
    if (left > 2) group |= bytes[i + 2];
    out.push_back(kAlphabet[group >> 18U]);
    out.push_back(kAlphabet[(group >> 12U) & 0x3fU]);
    out.push_back(left > 1 ? kAlphabet[(group >> 6U) & 0x3fU] : '=');
    out.push_back(left > 2 ? kAlphabet[group & 0x3fU] : '=');
  }
}

/// Walks one stored value and writes its text.
class JsonPrinter {
 public:
  JsonPrinter(Bytes document, std::string& out) : budget_(document.size()), out_(out) {}

  base::Result<void> print(Bytes document) {
    print_value(document[0], document.subspan(1), 0);
    if (problem_ == nullptr) return {};
    return fail(ErrorCode::kCorrupt, std::string("JSON value of ") +
                                         std::to_string(document.size()) + " bytes: " + problem_);
  }

 private:
  void print_value(std::uint8_t type, Bytes bytes, int depth) {
    ByteReader in(bytes);
    switch (static_cast<JsonType>(type)) {
      case JsonType::kSmallObject:
        return print_container(bytes, 2, true, depth);
      case JsonType::kLargeObject:
        return print_container(bytes, 4, true, depth);
      case JsonType::kSmallArray:
        return print_container(bytes, 2, false, depth);
      case JsonType::kLargeArray:
        return print_container(bytes, 4, false, depth);
      case JsonType::kLiteral:
        return print_literal(in);
      case JsonType::kInt16:
        append_integer(static_cast<std::int16_t>(in.u16()), out_);
        break;
      case JsonType::kUint16:
        append_integer(in.u16(), out_);
        break;
      case JsonType::kInt32:
        append_integer(static_cast<std::int32_t>(in.u32()), out_);
        break;
      case JsonType::kUint32:
        append_integer(in.u32(), out_);
        break;
      case JsonType::kInt64:
        append_integer(static_cast<std::int64_t>(in.u64()), out_);
        break;
      case JsonType::kUint64:
        append_integer(in.u64(), out_);
        break;
      case JsonType::kDouble:
        append_json_double(std::bit_cast<double>(in.u64()), out_);
        break;
      case JsonType::kString:
        append_quoted(read_text(in), out_);
        break;
      case JsonType::kOpaque:
        return print_opaque(in);
      default:
        return stop("a type that MySQL does not write");
    }
    if (!in.ok()) stop("a scalar goes beyond its end");
  }

  void print_literal(ByteReader& in) {
    const std::uint8_t literal = in.u8();
    if (!in.ok() || literal > 2) return stop("a literal that is none of null, true, false");
    constexpr std::array<std::string_view, 3> kLiterals{"null", "true", "false"};
    out_.append(kLiterals.at(literal));
  }

  void print_container(Bytes bytes, std::size_t offset_size, bool is_object, int depth) {
    if (depth >= kDepthMax) return stop("nested deeper than 100 levels");
    ByteReader head(bytes);
    const std::uint64_t count = head.uint(offset_size);
    const std::uint64_t size = head.uint(offset_size);
    const std::uint64_t key_entry_size = is_object ? offset_size + 2 : 0;
    const std::uint64_t header_size = head.position() + count * (key_entry_size + offset_size + 1);
    if (!head.ok() || size > bytes.size() || header_size > size) {
      return stop("an array or object goes beyond its end");
    }
    const Bytes container = bytes.first(static_cast<std::size_t>(size));
    ByteReader keys(container.subspan(head.position()));
    ByteReader values(container.subspan(head.position()));
    values.skip(count * key_entry_size);
    out_.push_back(is_object ? '{' : '[');
    for (std::uint64_t i = 0; i < count && problem_ == nullptr; ++i) {
      if (i != 0) out_.append(", ");
      if (is_object) print_key(container, keys, offset_size);
      print_entry(container, values, offset_size, depth);
    }
    out_.push_back(is_object ? '}' : ']');
  }

  void print_key(Bytes container, ByteReader& keys, std::size_t offset_size) {
    const std::uint64_t offset = keys.uint(offset_size);
    const std::uint64_t length = keys.u16();
    ByteReader in(container);
    in.skip(offset);
    const std::string_view key = in.text(length);
    if (!in.ok()) return stop("a key goes beyond its object");
    if (!spend(length)) return;
    append_quoted(key, out_);
    out_.append(": ");
  }

  void print_entry(Bytes container, ByteReader& values, std::size_t offset_size, int depth) {
    if (!spend(1 + offset_size)) return;
    const std::uint8_t type = values.u8();
    const Bytes entry = values.bytes(offset_size);
    if (is_inlined(static_cast<JsonType>(type), offset_size)) {
      return print_value(type, entry, depth + 1);
    }
    const std::uint64_t offset = ByteReader(entry).uint(offset_size);
    if (offset >= container.size()) return stop("a value's offset goes beyond its container");
    print_value(type, container.subspan(static_cast<std::size_t>(offset)), depth + 1);
  }

  static bool is_inlined(JsonType type, std::size_t offset_size) {
    switch (type) {
      case JsonType::kLiteral:
      case JsonType::kInt16:
      case JsonType::kUint16:
        return true;
      case JsonType::kInt32:
      case JsonType::kUint32:
        return offset_size == 4;
      default:
        return false;
    }
  }

  /// A length (seven bits a byte, lowest first) and that many bytes.
  std::string_view read_text(ByteReader& in) {
    constexpr unsigned kLengthBytesMax = 5;
    std::uint64_t length = 0;
    for (unsigned i = 0; i < kLengthBytesMax; ++i) {
      const std::uint8_t byte = in.u8();
      length |= std::uint64_t{byte & 0x7fU} << (7 * i);
      if ((byte & 0x80U) == 0) break;
      if (i + 1 == kLengthBytesMax) in.fail();
    }
    const std::string_view text = in.text(length);
    if (in.ok()) spend(text.size());
    return problem_ == nullptr ? text : std::string_view();
  }

  void print_opaque(ByteReader& in) {
    const std::uint8_t field_type = in.u8();
    const std::string_view text = read_text(in);
    if (!in.ok()) return stop("an opaque value goes beyond its end");
    const Bytes bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    switch (static_cast<ColumnType>(field_type)) {
      case ColumnType::kNewDecimal:
        return print_decimal(bytes);
      case ColumnType::kDate:
      case ColumnType::kTime:
      case ColumnType::kDatetime:
      case ColumnType::kTimestamp:
        return print_temporal(static_cast<ColumnType>(field_type), bytes);
      default:
        out_.append("\"base64:type");
        append_integer(field_type, out_);
        out_.push_back(':');
        append_base64(bytes, out_);
        out_.push_back('"');
    }
  }

  void print_decimal(Bytes bytes) {
    ByteReader in(bytes);
    const std::size_t precision = in.u8();
    const std::size_t scale = in.u8();
    const auto size = decimal_size(precision, scale);
    if (!in.ok() || !size || *size != in.remaining()) return stop("a decimal of the wrong size");
    std::array<char, kDecimalTextMax> text{};
    const auto length = format_decimal(in.rest(), precision, scale, text.data());
    if (!length) return stop("a decimal with impossible digits");
    out_.append(text.data(), *length);
  }

  void print_temporal(ColumnType type, Bytes bytes) {
    ByteReader in(bytes);
    const auto packed = static_cast<std::int64_t>(in.u64());
    if (!in.ok() || !in.at_end()) return stop("a date or time that is not 8 bytes");
    std::array<char, kTemporalTextMax> text{};
    std::size_t length = 0;
    if (type == ColumnType::kDate) {
      length = format_date(unpack_json_datetime(packed), text.data());
    } else if (type == ColumnType::kTime) {
      length = format_time(unpack_json_time(packed), kFractionalDigitsMax, text.data());
    } else {
      length = format_datetime(unpack_json_datetime(packed), kFractionalDigitsMax, text.data());
    }
    out_.push_back('"');
    out_.append(text.data(), length);
    out_.push_back('"');
  }

  /// Offsets may point anywhere, also many at one place: every byte of the value is paid for once,
  /// so that a few kilobytes of damage cannot make gigabytes of text.
  bool spend(std::uint64_t bytes) {
    if (bytes > budget_) {
      stop("its parts overlap");
      return false;
    }
    budget_ -= bytes;
    return true;
  }

  void stop(const char* problem) {
    if (problem_ == nullptr) problem_ = problem;
  }

  std::uint64_t budget_;
  const char* problem_ = nullptr;
  std::string& out_;
};

}  // namespace

base::Result<void> append_json_text(Bytes value, std::string& out) {
  if (value.empty()) {
    out.append("null");
    return {};
  }
  return JsonPrinter(value, out).print(value);
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
  append_integer(exponent, out);
}

}  // namespace pikachu::binlog
