#pragma once

#include <cstdint>
#include <string_view>

namespace pikachu::change {

/// How a value is shown in a body; docs/reference/webhook.md has the table per column type.
enum class ValueKind : std::uint8_t {
  kAbsent,    ///< The column is not in the row image (binlog_row_image=MINIMAL). Not the same as
              ///< null.
  kNull,      ///< SQL NULL.
  kSigned,    ///< `number.as_signed`.
  kUnsigned,  ///< `number.as_unsigned`.
  kFloat,   ///< `number.as_float`: FLOAT, shown as the shortest text that reads back as that float.
  kDouble,  ///< `number.as_double`.
  kText,    ///< `bytes` is UTF-8, shown as a JSON string. Also decimals, temporals, ENUM and SET.
  kBinary,  ///< `bytes` is shown in base64.
  kJson,    ///< `bytes` is a JSON text, shown as it is.
  kGeometry,  ///< `bytes` is a little-endian SRID (4 bytes) and WKB.
  kVector,    ///< `bytes` is a sequence of little-endian IEEE 754 single floats.
};

/// One column's value in one row image.
///
/// Lifetime: `bytes` points into the event or into the decoder's scratch memory; it is valid until
/// the decoder that made it reads the next row.
struct Value {
  ValueKind kind = ValueKind::kAbsent;
  /// That nothing in `bytes` has to be changed to stand in JSON: in a string nothing is escaped and
  /// all is UTF-8, a JSON text has no line breaks (its UTF-8 is not vouched for). False: not known.
  bool is_verbatim = false;
  union Number {
    std::int64_t as_signed = 0;
    std::uint64_t as_unsigned;
    double as_double;
    float as_float;
  } number;
  std::string_view bytes;

  static Value null() { return with_kind(ValueKind::kNull); }
  static Value absent() { return with_kind(ValueKind::kAbsent); }
  static Value of_signed(std::int64_t number) {
    Value value = with_kind(ValueKind::kSigned);
    value.number.as_signed = number;
    return value;
  }
  static Value of_unsigned(std::uint64_t number) {
    Value value = with_kind(ValueKind::kUnsigned);
    value.number.as_unsigned = number;
    return value;
  }
  static Value of_double(double number) {
    Value value = with_kind(ValueKind::kDouble);
    value.number.as_double = number;
    return value;
  }
  static Value of_float(float number) {
    Value value = with_kind(ValueKind::kFloat);
    value.number.as_float = number;
    return value;
  }
  /// REQUIRES: `kind` is one of those that use `bytes`.
  static Value of_bytes(ValueKind kind, std::string_view bytes) {
    Value value = with_kind(kind);
    value.bytes = bytes;
    return value;
  }
  /// As of_bytes(). REQUIRES: what is_verbatim says.
  static Value of_verbatim(ValueKind kind, std::string_view bytes) {
    Value value = of_bytes(kind, bytes);
    value.is_verbatim = true;
    return value;
  }

 private:
  static Value with_kind(ValueKind kind) {
    Value value;
    value.kind = kind;
    return value;
  }
};

}  // namespace pikachu::change
