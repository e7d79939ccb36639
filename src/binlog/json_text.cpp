#include "binlog/json_text.h"

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

}  // namespace

void JsonTextWriter::write(const JsonValue& value, int depth) {
  if (value.is_object() || value.is_array()) return write_container(value, depth);
  ByteReader in(value.bytes);
  switch (value.type) {
    case JsonType::kLiteral:
      return write_literal(in);
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
      return write_opaque(in);
    default:
      return stop("a type that MySQL does not write");
  }
  if (!in.ok()) stop("a scalar goes beyond its end");
}

void JsonTextWriter::write_key(std::string_view key) {
  if (!spend(key.size())) return;
  append_quoted(key, out_);
  out_.append(": ");
}

void JsonTextWriter::write_literal(ByteReader& in) {
  const std::uint8_t literal = in.u8();
  if (!in.ok() || literal > 2) return stop("a literal that is none of null, true, false");
  constexpr std::array<std::string_view, 3> kLiterals{"null", "true", "false"};
  out_.append(kLiterals.at(literal));
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
      out_.append("\"base64:type");
      append_integer(field_type, out_);
      out_.push_back(':');
      append_base64(bytes, out_);
      out_.push_back('"');
  }
}

void JsonTextWriter::write_decimal(Bytes bytes) {
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

void JsonTextWriter::write_temporal(std::uint8_t field_type, Bytes bytes) {
  ByteReader in(bytes);
  const auto packed = static_cast<std::int64_t>(in.u64());
  if (!in.ok() || !in.at_end()) return stop("a date or time that is not 8 bytes");
  std::array<char, kTemporalTextMax> text{};
  std::size_t length = 0;
  switch (static_cast<ColumnType>(field_type)) {
    case ColumnType::kDate:
      length = format_date(unpack_json_datetime(packed), text.data());
      break;
    case ColumnType::kTime:
      length = format_time(unpack_json_time(packed), kFractionalDigitsMax, text.data());
      break;
    default:
      length = format_datetime(unpack_json_datetime(packed), kFractionalDigitsMax, text.data());
  }
  out_.push_back('"');
  out_.append(text.data(), length);
  out_.push_back('"');
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
