#include "binlog/json_text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "base/decimal_text.h"
#include "base/text_word.h"
#include "binlog/decimal.h"
#include "binlog/json.h"
#include "binlog/table_map.h"
#include "binlog/temporal.h"
#include "wire/little_endian.h"

namespace pikachu::binlog {
namespace {

using wire::ByteReader;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kEscapeMax = 6;  // "\u001f" for one byte

/// Whether a byte stands in the text as it is; those from 0x80 on do, in whatever order.
constexpr std::array<bool, 256> kIsPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < plain.size(); ++byte) {
    plain[byte] = byte != '"' && byte != '\\';
  }
  return plain;
}();

constexpr const char* kScalarBeyondEnd = "a scalar goes beyond its end";
constexpr std::size_t kAround = 4;  // a quote, and a quote, a colon and a blank
constexpr std::size_t kBlock = 16;  // bytes that are looked at together

// Copies what `text` begins with that needs no escape, and returns how much. `readable` bytes can
// be read at text.data(), and kBlock more than are copied can be written to `to`.
std::size_t copy_plain(std::string_view text, std::size_t readable, char* to) {
  std::size_t done = 0;
#ifdef __SSE2__
  while (done < text.size() && readable - done >= kBlock) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + done));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + done), bytes);
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    const __m128i escaped =
        _mm_or_si128(control, _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                           _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(escaped));
    const std::size_t left = text.size() - done;
    if (left <= kBlock) {
      if (mask << (32 - left) == 0) return text.size();
      return done;
    }
    if (mask != 0) return done;
    done += kBlock;
  }
#endif
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    while (done < text.size()) {
      const std::size_t size = std::min(text.size() - done, kWord);
      const std::uint64_t word = base::load_word(text.data() + done, size);
      // The zeros behind the end are no escapes of the text.
      if (base::json_escapes(word) << (8 * (kWord - size)) != 0) return done;
      std::memcpy(to + done, &word, kWord);
      done += size;
    }
  }
  return done;
}

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

// Escapes are rare: what comes before one is copied while it is looked at, many bytes at a time.
inline void JsonTextWriter::put_quoted(std::string_view text, std::size_t readable, bool is_key) {
  char* to = room(text.size() + kBlock + kAround);
  *to++ = '"';
  const std::size_t plain = copy_plain(text, readable, to);
  to += plain;
  if (plain < text.size()) [[unlikely]] {
    advance_to(to);
    to = put_escaping(text.substr(plain));
  }
  // ':' and ' ' are overwritten by what comes next if they do not belong here.
  std::memcpy(to, "\": ", 3);
  advance_to(to + (is_key ? 3 : 1));
}

// Leaves room for what put_quoted() writes behind the text.
char* JsonTextWriter::put_escaping(std::string_view text) {
  char* to = room(text.size() * kEscapeMax + kAround);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kIsPlain[byte]) {
      *to++ = c;
    } else {
      to = put_escaped(byte, to);
    }
  }
  return to;
}

void JsonTextWriter::write(const JsonValue& value, int depth) {
  const auto put = [this](auto number) {
    if (number) put_integer(*number);
  };
  // Stored two's complement, seen as signed.
  const auto put_signed = [this](auto number) {
    if (number)
      put_integer(static_cast<std::make_signed_t<typename decltype(number)::value_type>>(*number));
  };
  const Bytes bytes = value.bytes;
  switch (value.type) {
    case JsonType::kSmallObject:
    case JsonType::kLargeObject:
    case JsonType::kSmallArray:
    case JsonType::kLargeArray:
      return write_container(value, depth);
    case JsonType::kString:
      return write_string(bytes);
    case JsonType::kLiteral:
      return write_literal(bytes);
    case JsonType::kInt16:
      return put_signed(stored_integer<std::uint16_t>(bytes));
    case JsonType::kUint16:
      return put(stored_integer<std::uint16_t>(bytes));
    case JsonType::kInt32:
      return put_signed(stored_integer<std::uint32_t>(bytes));
    case JsonType::kUint32:
      return put(stored_integer<std::uint32_t>(bytes));
    case JsonType::kInt64:
      return put_signed(stored_integer<std::uint64_t>(bytes));
    case JsonType::kUint64:
      return put(stored_integer<std::uint64_t>(bytes));
    case JsonType::kDouble: {
      const auto bits = stored_integer<std::uint64_t>(bytes);
      if (!bits) return;
      advance_to(format_json_double(std::bit_cast<double>(*bits), room(kJsonDoubleTextMax)));
      return;
    }
    case JsonType::kOpaque:
      return write_opaque(bytes);
  }
  stop("a type that MySQL does not write");
}

template <typename Stored>
std::optional<Stored> JsonTextWriter::stored_integer(Bytes bytes) {
  if (bytes.size() < sizeof(Stored)) {
    stop(kScalarBeyondEnd);
    return std::nullopt;
  }
  if constexpr (sizeof(Stored) == 2) return wire::load_u16(bytes.data());
  if constexpr (sizeof(Stored) == 4) return wire::load_u32(bytes.data());
  return static_cast<Stored>(wire::load_u64(bytes.data()));
}

void JsonTextWriter::write_key(std::string_view key, std::size_t readable) {
  if (spend(key.size())) put_quoted(key, readable, true);
}

void JsonTextWriter::write_string(Bytes bytes) {
  ByteReader in(bytes);
  const std::string_view text = read_text(in);
  if (!in.ok()) return stop(kScalarBeyondEnd);
  if (problem_ == nullptr) put_quoted(text, text.size() + in.remaining(), false);
}

template <typename Integer>
void JsonTextWriter::put_integer(Integer value) {
  char* const to = room(base::kIntegerRoom + 1);
  if constexpr (std::is_signed_v<Integer>) {
    advance_to(base::put_signed(value, to));
  } else {
    advance_to(base::put_unsigned(value, to));
  }
}

void JsonTextWriter::write_literal(Bytes bytes) {
  if (bytes.empty() || bytes[0] > 2) return stop("a literal that is none of null, true, false");
  constexpr std::array<std::string_view, 3> kLiterals{"null", "true", "false"};
  put(kLiterals.at(bytes[0]));
}

void JsonTextWriter::write_container(const JsonValue& container, int depth) {
  if (depth >= kDepthMax) return stop("nested deeper than 100 levels");
  JsonItems items(container);
  if (items.problem() != nullptr) return stop(items.problem());
  if (!spend(items.count() * items.entry_size())) return;
  open(items.is_object());
  for (std::uint64_t i = 0; i < items.count() && problem_ == nullptr; ++i) {
    if (i != 0) separate();
    const JsonItems::Item item = items.next();
    if (items.problem() != nullptr) return stop(items.problem());
    if (items.is_object()) write_key(item.key, items.readable(item.key));
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

void JsonTextWriter::write_opaque(Bytes stored) {
  ByteReader in(stored);
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
