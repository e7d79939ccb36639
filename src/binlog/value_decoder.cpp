#include "binlog/value_decoder.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "binlog/decimal.h"
#include "binlog/temporal.h"

namespace pikachu::binlog {

using base::ErrorCode;
using change::Value;
using change::ValueKind;
using wire::ByteReader;

Value ValueDecoder::decode(const ColumnLayout& layout, const change::Column& column,
                           ByteReader& in) {
  switch (layout.storage) {
    case Storage::kTiny:
    case Storage::kShort:
    case Storage::kInt24:
    case Storage::kLong:
    case Storage::kLongLong:
      return decode_integer(layout, in);
    case Storage::kFloat:
      return Value::of_float(std::bit_cast<float>(in.u32()));
    case Storage::kDouble:
      return Value::of_double(std::bit_cast<double>(in.u64()));
    case Storage::kDecimal:
      return decode_decimal(layout, in);
    case Storage::kYear: {
      const std::uint64_t year = in.u8();
      return Value::of_unsigned(year == 0 ? 0 : 1900 + year);
    }
    case Storage::kBit:
      return Value::of_unsigned(in.uint_be(layout.size_bytes));
    case Storage::kDate:
    case Storage::kTime2:
    case Storage::kDatetime2:
    case Storage::kTimestamp2:
    case Storage::kOldTime:
    case Storage::kOldDatetime:
    case Storage::kOldTimestamp:
    case Storage::kHiresTime:
    case Storage::kHiresDatetime:
    case Storage::kHiresTimestamp:
      return decode_temporal(layout, in);
    case Storage::kEnum:
      return decode_enum(layout, column, in);
    case Storage::kSet:
      return decode_set(layout, column, in);
    case Storage::kUtf8Text:
      return Value::of_bytes(ValueKind::kText, in.text(in.uint(layout.size_bytes)));
    case Storage::kOldTemporalOfUnknownSize:
      return fail(ErrorCode::kUnsupported,
                  "a date or time in the format of MariaDB 5.3, whose number of fractional digits "
                  "the binlog does not carry; let pikachu read the table's definition, or rebuild "
                  "the table with mysql56_temporal_format=ON");
    case Storage::kUnsupported:
      return fail(ErrorCode::kUnsupported,
                  "column type " + std::to_string(static_cast<unsigned>(layout.type)) +
                      " is not handled; change the column's type or leave the table out");
    default:
      return decode_prefixed(layout, in);
  }
}

base::Error ValueDecoder::take_error() {
  base::Error error = std::move(*problem_);
  problem_.reset();
  return error;
}

Value ValueDecoder::decode_integer(const ColumnLayout& layout, ByteReader& in) {
  const std::uint64_t stored = in.uint(layout.size_bytes);
  if (layout.is_unsigned) return Value::of_unsigned(stored);
  const unsigned unused_bits = 64U - 8U * layout.size_bytes;
  return Value::of_signed(static_cast<std::int64_t>(stored << unused_bits) >> unused_bits);
}

Value ValueDecoder::decode_decimal(const ColumnLayout& layout, ByteReader& in) {
  const Bytes stored = in.bytes(layout.size_bytes);
  if (!in.ok()) return Value::null();
  const auto length = format_decimal(stored, layout.metadata >> 8U, layout.metadata & 0xffU,
                                     arena_.reserve(kDecimalTextMax));
  if (!length) {
    return fail(ErrorCode::kCorrupt,
                "a group of digits of the decimal is above 999999999 or more than its digits hold");
  }
  return Value::of_verbatim(ValueKind::kText, arena_.commit(*length));
}

Value ValueDecoder::decode_temporal(const ColumnLayout& layout, ByteReader& in) {
  const unsigned digits = layout.fractional_digits;
  const std::size_t fraction_bytes = fraction_size(digits);
  char* out = arena_.reserve(kTemporalTextMax);
  std::size_t length = 0;
  switch (layout.storage) {
    case Storage::kDate:
      length = format_date(unpack_date(in.u24()), out);
      break;
    case Storage::kTime2:
      length = format_time(unpack_time2(in.uint_be(layout.size_bytes), digits), digits, out);
      break;
    case Storage::kDatetime2: {
      DateTime value = unpack_datetime2(in.u40_be());
      const auto fraction = static_cast<std::uint32_t>(in.uint_be(fraction_bytes));
      value.microsecond = fraction_to_microseconds(fraction, digits);
      length = format_datetime(value, digits, out);
      break;
    }
    case Storage::kTimestamp2: {
      const std::uint32_t seconds = in.u32_be();
      const auto fraction = static_cast<std::uint32_t>(in.uint_be(fraction_bytes));
      length = format_timestamp({seconds, fraction_to_microseconds(fraction, digits)}, digits, out);
      break;
    }
    case Storage::kOldTime: {
      const auto stored = static_cast<std::int32_t>(in.u24() << 8U) >> 8U;
      length = format_time(unpack_old_time(stored), 0, out);
      break;
    }
    case Storage::kOldDatetime:
      length = format_datetime(unpack_old_datetime(in.u64()), 0, out);
      break;
    case Storage::kOldTimestamp:
      length = format_timestamp({in.u32(), 0}, 0, out);
      break;
    case Storage::kHiresTime:
      length = format_time(unpack_hires_time(in.uint_be(layout.size_bytes), digits), digits, out);
      break;
    case Storage::kHiresDatetime:
      length = format_datetime(unpack_hires_datetime(in.uint_be(layout.size_bytes), digits), digits,
                               out);
      break;
    default: {
      const std::uint32_t seconds = in.u32_be();
      const auto fraction = static_cast<std::uint32_t>(in.uint_be(fraction_bytes));
      length = format_timestamp(unpack_hires_timestamp(seconds, fraction, digits), digits, out);
    }
  }
  if (length == 0) {
    return fail(ErrorCode::kCorrupt,
                "a date or time has a year above 9999, an hour above 999 or a fraction of a second "
                "or more");
  }
  return Value::of_verbatim(ValueKind::kText, arena_.commit(length));
}

Value ValueDecoder::decode_enum(const ColumnLayout& layout, const change::Column& column,
                                ByteReader& in) {
  const std::uint64_t index = in.uint(layout.size_bytes);
  if (column.labels.empty()) return Value::of_unsigned(index);
  // What the server stores for an invalid value in non-strict mode, and shows as "".
  if (index == 0) return Value::of_bytes(ValueKind::kText, {});
  if (index > column.labels.size()) {
    return fail(ErrorCode::kCorrupt, "ENUM index " + std::to_string(index) + " is beyond its " +
                                         std::to_string(column.labels.size()) + " labels");
  }
  return Value::of_bytes(ValueKind::kText, column.labels[index - 1]);
}

Value ValueDecoder::decode_set(const ColumnLayout& layout, const change::Column& column,
                               ByteReader& in) {
  const std::uint64_t members = in.uint(layout.size_bytes);
  if (column.labels.empty()) return Value::of_unsigned(members);
  const auto highest = static_cast<std::size_t>(std::bit_width(members));
  if (highest > column.labels.size()) {
    return fail(ErrorCode::kCorrupt, "SET member " + std::to_string(highest) + " is beyond its " +
                                         std::to_string(column.labels.size()) + " labels");
  }
  std::size_t size = 0;
  for (std::uint64_t left = members; left != 0; left &= left - 1) {
    size += column.labels[static_cast<std::size_t>(std::countr_zero(left))].size() + 1;
  }
  char* end = arena_.reserve(size);
  for (std::uint64_t left = members; left != 0; left &= left - 1) {
    if (left != members) *end++ = ',';
    const std::string& label = column.labels[static_cast<std::size_t>(std::countr_zero(left))];
    end = std::ranges::copy(label, end).out;
  }
  return Value::of_bytes(ValueKind::kText, arena_.commit(size == 0 ? 0 : size - 1));
}

Value ValueDecoder::fail(ErrorCode code, std::string message) {
  if (!problem_) problem_ = base::Error{code, std::move(message)};
  return Value::null();
}

bool skip_value(const TableLayout::ColumnLayout& layout, ByteReader& in) {
  if (layout.storage == Storage::kOldTemporalOfUnknownSize ||
      layout.storage == Storage::kUnsupported) {
    return false;
  }
  if (layout.storage < Storage::kUtf8Text) {
    in.skip(layout.size_bytes);
  } else {
    in.skip(in.uint(layout.size_bytes));
  }
  return true;
}

}  // namespace pikachu::binlog
