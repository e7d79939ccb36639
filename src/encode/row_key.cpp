#include <bit>
#include <cstddef>

#include "encode/body.h"

namespace pikachu::encode {
namespace {

using change::Value;
using change::ValueKind;

// FNV-1a, 64 bits. Spec: draft-eastlake-fnv, section 2 and 5.
constexpr std::uint64_t kBasis = 14'695'981'039'346'656'037U;
constexpr std::uint64_t kPrime = 1'099'511'628'211U;

std::uint64_t with_byte(std::uint64_t hash, unsigned char byte) {
  return (hash ^ byte) * kPrime;
}

std::uint64_t with_number(std::uint64_t hash, std::uint64_t number) {
  for (unsigned shift = 0; shift < 64; shift += 8) {
    hash = with_byte(hash, static_cast<unsigned char>(number >> shift));
  }
  return hash;
}

std::uint64_t with_text(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = with_byte(hash, static_cast<unsigned char>(c));
  return with_number(hash, text.size());  // So that "ab","c" differs from "a","bc".
}

// Most collations hold 'A' for 'a' and ignore blanks at the end: such keys are the same row to the
// server, which may delete one and insert the other. Where they are not the same, two rows wait for
// each other now and then, and nothing else.
std::uint64_t with_key_text(std::uint64_t hash, std::string_view text) {
  const std::size_t last = text.find_last_not_of(' ');
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  for (const char c : text) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    hash = with_byte(hash, static_cast<unsigned char>(is_upper ? c - 'A' + 'a' : c));
  }
  return with_number(hash, text.size());
}

// Numbers hash by their value, so a key keeps its hash when its column becomes unsigned or wider.
std::uint64_t with_value(std::uint64_t hash, const Value& value) {
  switch (value.kind) {
    case ValueKind::kAbsent:
    case ValueKind::kNull:
      return with_byte(hash, 0);
    case ValueKind::kSigned:
      return with_number(with_byte(hash, 1), static_cast<std::uint64_t>(value.number.as_signed));
    case ValueKind::kUnsigned:
      return with_number(with_byte(hash, 1), value.number.as_unsigned);
    case ValueKind::kFloat:
    case ValueKind::kDouble: {
      double number = value.kind == ValueKind::kFloat ? static_cast<double>(value.number.as_float)
                                                      : value.number.as_double;
      if (number == 0) number = 0;  // -0.0 is the same key.
      return with_number(with_byte(hash, 2), std::bit_cast<std::uint64_t>(number));
    }
    case ValueKind::kText:
      return with_key_text(with_byte(hash, 3), value.bytes);
    case ValueKind::kBinary:
    case ValueKind::kJson:
    case ValueKind::kGeometry:
    case ValueKind::kVector:
      return with_text(with_byte(hash, 4), value.bytes);
  }
  return hash;
}

}  // namespace

std::optional<std::uint64_t> row_key(const change::TableSchema& schema,
                                     std::span<const Value> image) {
  std::uint64_t key = with_text(with_text(kBasis, schema.database), schema.table);
  for (const std::size_t column : schema.primary_key) {
    if (column >= image.size() || image[column].kind == ValueKind::kAbsent) {
      return std::nullopt;
    }
    key = with_value(key, image[column]);
  }
  return key;
}

}  // namespace pikachu::encode
