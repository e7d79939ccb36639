#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "binlog/json.h"
#include "binlog/value_decoder.h"

// The types that are stored as a length and that many bytes.

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using change::Value;
using change::ValueKind;
using wire::ByteReader;

constexpr std::size_t kUuidBytes = 16;
constexpr std::size_t kInet4Bytes = 4;
constexpr std::size_t kInet6Bytes = 16;
constexpr std::size_t kAddressTextMax = 48;
constexpr std::size_t kSridBytes = 4;

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

char* put_number(unsigned value, int base, char* out) {
  constexpr std::ptrdiff_t kDigitsMax = 5;
  return std::to_chars(out, out + kDigitsMax, value, base).ptr;
}

char* put_uuid(std::string_view stored, char* out) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < kUuidBytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    *out++ = kHexDigits[byte_at(stored, i) >> 4U];
    *out++ = kHexDigits[byte_at(stored, i) & 0x0fU];
  }
  return out;
}

char* put_inet4(std::string_view stored, char* out) {
  for (std::size_t i = 0; i < kInet4Bytes; ++i) {
    if (i != 0) *out++ = '.';
    out = put_number(byte_at(stored, i), 10, out);
  }
  return out;
}

struct Group {
  std::size_t start = 0;
  std::size_t length = 0;
};

/// MariaDB's text, not quite that of RFC 5952: "::" stands for the first of the longest runs of
/// zero words, even of one; ::ffff:0:0/96 and ::/96 (from ::1:0 on) end in an IPv4 address.
/// Observed on MariaDB 11.8.6.
char* put_inet6(std::string_view stored, char* out) {
  constexpr std::size_t kWords = 8;
  std::array<unsigned, kWords> words{};
  for (std::size_t i = 0; i < kWords; ++i) {
    words.at(i) = (unsigned{byte_at(stored, 2 * i)} << 8U) | byte_at(stored, 2 * i + 1);
  }
  Group gap;
  for (std::size_t i = 0; i < kWords; ++i) {
    std::size_t length = 0;
    while (i + length < kWords && words.at(i + length) == 0) ++length;
    if (length > gap.length) gap = {i, length};
  }
  const bool first_five_are_zero =
      std::all_of(words.begin(), words.begin() + 5, [](unsigned word) { return word == 0; });
  const bool ends_in_inet4 =
      first_five_are_zero && (words[5] == 0xffff || (words[5] == 0 && words[6] != 0));
  for (std::size_t i = 0; i < kWords;) {
    if (gap.length != 0 && i == gap.start) {
      *out++ = ':';
      *out++ = ':';
      i += gap.length;
      continue;
    }
    if (i != 0 && i != gap.start + gap.length) *out++ = ':';
    if (i == 6 && ends_in_inet4) return put_inet4(stored.substr(12), out);
    out = put_number(words.at(i), 16, out);
    ++i;
  }
  return out;
}

}  // namespace

Value ValueDecoder::decode_prefixed(const ColumnLayout& layout, ByteReader& in) {
  const std::string_view stored = in.text(in.uint(layout.size_bytes));
  if (!in.ok()) return Value::null();
  switch (layout.storage) {
    case Storage::kText:
      return text_value(layout, ValueKind::kText, stored);
    case Storage::kJsonText:
      return text_value(layout, ValueKind::kJson, stored);
    case Storage::kBinary:
      return Value::of_bytes(ValueKind::kBinary, stored);
    case Storage::kPaddedBinary:
      return Value::of_bytes(ValueKind::kBinary, padded(stored, layout.pad_to_bytes));
    case Storage::kUuid:
    case Storage::kInet4:
    case Storage::kInet6:
      return decode_address(layout, stored);
    case Storage::kCompressedText:
      return text_value(layout, ValueKind::kText, decompressed(stored));
    case Storage::kCompressedBinary:
      return Value::of_bytes(ValueKind::kBinary, decompressed(stored));
    case Storage::kJson:
      return decode_json(stored);
    case Storage::kGeometry:
      // Servers that are not strict store an empty one where none was given (observed on MySQL 5.6
      // and MariaDB 10.11).
      if (!stored.empty() && stored.size() < kSridBytes) {
        return fail(ErrorCode::kCorrupt, "a geometry of " + std::to_string(stored.size()) +
                                             " bytes has no room for its 4-byte SRID");
      }
      return Value::of_bytes(ValueKind::kGeometry, stored);
    case Storage::kVector:
      if (stored.size() % sizeof(float) != 0) {
        return fail(ErrorCode::kCorrupt, "a vector of " + std::to_string(stored.size()) +
                                             " bytes is no sequence of 4-byte floats");
      }
      return Value::of_bytes(ValueKind::kVector, stored);
    default:
      return fail(
          ErrorCode::kUnsupported,
          "column type " + std::to_string(static_cast<unsigned>(layout.type)) + " is not handled");
  }
}

Value ValueDecoder::text_value(const ColumnLayout& layout, ValueKind kind,
                               std::string_view stored) {
  const auto text = converter_.to_utf8(layout.charset, stored, arena_);
  if (!text) {
    return fail(ErrorCode::kUnsupported, "this system cannot convert the character set " +
                                             std::string(traits_of(layout.charset).name) +
                                             "; install the C library's gconv modules");
  }
  return Value::of_bytes(kind, *text);
}

Value ValueDecoder::decode_json(std::string_view stored) {
  const auto text = json_text(as_bytes(stored), json_text_);
  if (!text) return fail(text.error().code, text.error().message);
  const std::string_view kept = arena_.copy(*text);
  if (json_text_.capacity() > ScratchArena::kKeptBytes) json_text_ = std::string();
  return Value::of_verbatim(ValueKind::kJson, kept);
}

Value ValueDecoder::decode_address(const ColumnLayout& layout, std::string_view stored) {
  const std::size_t size = layout.storage == Storage::kUuid    ? kUuidBytes
                           : layout.storage == Storage::kInet4 ? kInet4Bytes
                                                               : kInet6Bytes;
  if (stored.size() > size) {
    return fail(ErrorCode::kCorrupt, "a UUID or network address of " +
                                         std::to_string(stored.size()) + " bytes, above its " +
                                         std::to_string(size));
  }
  stored = padded(stored, size);
  char* out = arena_.reserve(kAddressTextMax);
  const char* end = layout.storage == Storage::kUuid    ? put_uuid(stored, out)
                    : layout.storage == Storage::kInet4 ? put_inet4(stored, out)
                                                        : put_inet6(stored, out);
  return Value::of_bytes(ValueKind::kText, arena_.commit(static_cast<std::size_t>(end - out)));
}

std::string_view ValueDecoder::padded(std::string_view stored, std::size_t size) {
  if (stored.size() >= size) return stored;
  char* out = arena_.reserve(size);
  std::ranges::copy(stored, out);
  std::memset(out + stored.size(), 0, size - stored.size());
  return arena_.commit(size);
}

// An empty value is no bytes at all. Else the first byte says how the rest is stored: 0, as it is;
// 0x80 + (8 for deflate without zlib's frame) + n, an n-byte big-endian size and the stream.
std::string_view ValueDecoder::decompressed(std::string_view stored) {
  if (stored.empty()) return {};
  ByteReader in(as_bytes(stored));
  const std::uint8_t method = in.u8();
  if (method == 0) return in.rest_as_text();
  const std::uint64_t size = in.uint_be(method & 0x07U);
  const Bytes stream = in.rest();
  if ((method & 0xf0U) != 0x80U || !in.ok() || !Inflater::is_possible_size(size, stream.size())) {
    fail(ErrorCode::kCorrupt, "a compressed value with an impossible method or size");
    return {};
  }
  const auto format =
      (method & 0x08U) != 0 ? Inflater::Format::kRawDeflate : Inflater::Format::kZlib;
  const auto out_size = static_cast<std::size_t>(size);
  char* out = arena_.reserve(out_size);
  if (!inflater_.inflate(stream, format, {out, out_size})) {
    fail(ErrorCode::kCorrupt,
         "a compressed value does not decompress to its stated " + std::to_string(size) + " bytes");
    return {};
  }
  return arena_.commit(out_size);
}

}  // namespace pikachu::binlog
