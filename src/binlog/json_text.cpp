#include "binlog/json_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

#include "binlog/decimal.h"
#include "binlog/json.h"
#include "binlog/table_map.h"
#include "binlog/temporal.h"

namespace pikachu::binlog {
namespace {

using wire::ByteReader;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kIntegerTextMax = 20;
constexpr std::size_t kEscapeMax = 6;  // "\u001f" for one byte

/// Whether a byte stands in the text as it is; those from 0x80 on do, in whatever order.
constexpr std::array<bool, 256> kIsPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < plain.size(); ++byte) {
    plain[byte] = byte != '"' && byte != '\\';
  }
  return plain;
}();

char* put_escaped(unsigned char byte, char* to) {
  *to++ = '\\';
  switch (byte) {
    case '\b':
      *to++ = 'b';
      return to;
    case '\t':
      *to++ = 't';
      return to;
    case '\n':
      *to++ = 'n';
      return to;
    case '\f':
      *to++ = 'f';
      return to;
    case '\r':
      *to++ = 'r';
      return to;
    case '"':
    case '\\':
      *to++ = static_cast<char>(byte);
      return to;
    default:
      to = std::ranges::copy(std::string_view("u00"), to).out;
      *to++ = kHexDigits[byte >> 4U];
      *to++ = kHexDigits[byte & 0x0fU];
      return to;
  }
}

char* put_base64(Bytes bytes, char* to) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t kBytesPerLine = 57;  // 76 characters
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    if (i != 0 && i % kBytesPerLine == 0) to = std::ranges::copy(std::string_view("\\n"), to).out;
    const std::size_t left = bytes.size() - i;
    std::uint32_t group = std::uint32_t{bytes[i]} << 16U;
    if (left > 1) group |= std::uint32_t{bytes[i + 1]} << 8U;
    if (left > 2) group |= bytes[i + 2];
    *to++ = kAlphabet[group >> 18U];
    *to++ = kAlphabet[(group >> 12U) & 0x3fU];
    *to++ = left > 1 ? kAlphabet[(group >> 6U) & 0x3fU] : '=';
    *to++ = left > 2 ? kAlphabet[group & 0x3fU] : '=';
  }
  return to;
}

}  // namespace

void JsonTextWriter::write(const JsonValue& value, int depth) {
  if (value.is_object() || value.is_array()) return write_container(value, depth);
  ByteReader in(value.bytes);
  switch (value.type) {
    case JsonType::kLiteral:
      return write_literal(in);
    case JsonType::kInt16:
      put_integer(static_cast<std::int16_t>(in.u16()));
      break;
    case JsonType::kUint16:
      put_integer(in.u16());
      break;
    case JsonType::kInt32:
      put_integer(static_cast<std::int32_t>(in.u32()));
      break;
    case JsonType::kUint32:
      put_integer(in.u32());
      break;
    case JsonType::kInt64:
      put_integer(static_cast<std::int64_t>(in.u64()));
      break;
    case JsonType::kUint64:
      put_integer(in.u64());
      break;
    case JsonType::kDouble: {
      const auto number = std::bit_cast<double>(in.u64());
      advance_to(format_json_double(number, room(kJsonDoubleTextMax)));
      break;
    }
    case JsonType::kString:
      put_quoted(read_text(in), {});
      break;
    case JsonType::kOpaque:
      return write_opaque(in);
    default:
      return stop("a type that MySQL does not write");
  }
  if (!in.ok()) stop("a scalar goes beyond its end");
}

void JsonTextWriter::write_key(std::string_view key) {
  if (spend(key.size())) put_quoted(key, ": ");
}

template <typename Integer>
void JsonTextWriter::put_integer(Integer value) {
  char* const to = room(kIntegerTextMax);
  advance_to(std::to_chars(to, to + kIntegerTextMax, value).ptr);
}

// Escapes are rare: what comes before one is copied while it is looked at, byte by byte.
void JsonTextWriter::put_quoted(std::string_view text, std::string_view behind) {
  char* to = room(text.size() + 2 + behind.size());
  *to++ = '"';
  std::size_t plain = 0;
  while (plain < text.size() && kIsPlain[static_cast<unsigned char>(text[plain])]) {
    *to++ = text[plain++];
  }
  if (plain < text.size()) [[unlikely]] {
    advance_to(to);
    text.remove_prefix(plain);
    to = room(text.size() * kEscapeMax + 1 + behind.size());
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (kIsPlain[byte]) {
        *to++ = c;
      } else {
        to = put_escaped(byte, to);
      }
    }
  }
  *to++ = '"';
  advance_to(std::ranges::copy(behind, to).out);
}

void JsonTextWriter::write_literal(ByteReader& in) {
  const std::uint8_t literal = in.u8();
  if (!in.ok() || literal > 2) return stop("a literal that is none of null, true, false");
  constexpr std::array<std::string_view, 3> kLiterals{"null", "true", "false"};
  put(kLiterals.at(literal));
}

void JsonTextWriter::write_container(const JsonValue& container, int depth) {
  if (depth >= kDepthMax) return stop("nested deeper than 100 levels");
  JsonItems items(container);
  if (items.problem() != nullptr) return stop(items.problem());
  open(items.is_object());
  for (std::uint64_t i = 0; i < items.count() && problem_ == nullptr; ++i) {
    if (i != 0) separate();
    const JsonItems::Item item = items.next();
    if (items.problem() != nullptr) return stop(items.problem());
    if (items.is_object()) write_key(item.key);
    if (!spend(items.entry_size())) return;
    write(item.value, depth + 1);
  }
  close(items.is_object());
}

/// A length (seven bits a byte, lowest first) and that many bytes.
std::string_view JsonTextWriter::read_text(ByteReader& in) {
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

void JsonTextWriter::write_opaque(ByteReader& in) {
  const std::uint8_t field_type = in.u8();
  const std::string_view text = read_text(in);
  if (!in.ok()) return stop("an opaque value goes beyond its end");
  const Bytes bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  switch (static_cast<ColumnType>(field_type)) {
    case ColumnType::kNewDecimal:
      return write_decimal(bytes);
    case ColumnType::kDate:
    case ColumnType::kTime:
    case ColumnType::kDatetime:
    case ColumnType::kTimestamp:
      return write_temporal(field_type, bytes);
    default:
      put("\"base64:type");
      put_integer(field_type);
      put(":");
      // Four characters for three bytes, and two for each line.
      advance_to(put_base64(bytes, room(bytes.size() / 3 * 4 + bytes.size() / 28 + 8)));
      put("\"");
  }
}

void JsonTextWriter::write_decimal(Bytes bytes) {
  ByteReader in(bytes);
  const std::size_t precision = in.u8();
  const std::size_t scale = in.u8();
  const auto size = decimal_size(precision, scale);
  if (!in.ok() || !size || *size != in.remaining()) return stop("a decimal of the wrong size");
  char* const to = room(kDecimalTextMax);
  const auto length = format_decimal(in.rest(), precision, scale, to);
  if (!length) return stop("a decimal with impossible digits");
  advance_to(to + *length);
}

void JsonTextWriter::write_temporal(std::uint8_t field_type, Bytes bytes) {
  ByteReader in(bytes);
  const auto packed = static_cast<std::int64_t>(in.u64());
  if (!in.ok() || !in.at_end()) return stop("a date or time that is not 8 bytes");
  char* const to = room(kTemporalTextMax + 2);
  char* const text = to + 1;
  std::size_t length = 0;
  switch (static_cast<ColumnType>(field_type)) {
    case ColumnType::kDate:
      length = format_date(unpack_json_datetime(packed), text);
      break;
    case ColumnType::kTime:
      length = format_time(unpack_json_time(packed), kFractionalDigitsMax, text);
      break;
    default:
      length = format_datetime(unpack_json_datetime(packed), kFractionalDigitsMax, text);
  }
  if (length == 0) return stop("a date or time with impossible fields");
  *to = '"';
  text[length] = '"';
  advance_to(text + length + 1);
}

char* JsonTextWriter::make_room(std::size_t size) {
  out_.resize(std::max(2 * out_.size(), used_ + size));
  return out_.data() + used_;
}

bool JsonTextWriter::spend(std::uint64_t bytes) {
  if (bytes > budget_) {
    stop("its parts overlap");
    return false;
  }
  budget_ -= bytes;
  return true;
}

tl::unexpected<base::Error> corrupt_json(std::size_t size, const char* problem) {
  return base::fail(base::ErrorCode::kCorrupt,
                    "JSON value of " + std::to_string(size) + " bytes: " + problem);
}

}  // namespace pikachu::binlog
