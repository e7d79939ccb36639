#include "binlog/column_layout.h"

#include <string>

#include "binlog/decimal.h"
#include "binlog/sql_type.h"
#include "binlog/temporal.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using change::Column;
using change::ColumnHint;
using ColumnLayout = TableLayout::ColumnLayout;

constexpr std::uint8_t kPrefixedByOneByteMax = 255;

tl::unexpected<base::Error> impossible_metadata(const MappedColumn& mapped) {
  return base::fail(ErrorCode::kCorrupt, describe(mapped) + " is nothing that a server writes");
}

void set_fixed(ColumnLayout& layout, Storage storage, std::size_t size) {
  layout.storage = storage;
  layout.size_bytes = static_cast<std::uint8_t>(size);
}

base::Result<void> set_decimal(ColumnLayout& layout, const MappedColumn& mapped) {
  const auto size = decimal_size(mapped.metadata >> 8U, mapped.metadata & 0xffU);
  if (!size) return impossible_metadata(mapped);
  set_fixed(layout, Storage::kDecimal, *size);
  return {};
}

base::Result<void> set_bit(ColumnLayout& layout, const MappedColumn& mapped) {
  const std::size_t odd_bits = mapped.metadata & 0xffU;
  const std::size_t size = (mapped.metadata >> 8U) + (odd_bits != 0 ? 1U : 0U);
  if (odd_bits > 7 || size == 0 || size > 8) return impossible_metadata(mapped);
  set_fixed(layout, Storage::kBit, size);
  return {};
}

base::Result<void> set_temporal2(ColumnLayout& layout, const MappedColumn& mapped) {
  if (mapped.metadata > kFractionalDigitsMax) return impossible_metadata(mapped);
  layout.fractional_digits = static_cast<std::uint8_t>(mapped.metadata);
  const std::size_t fraction = fraction_size(mapped.metadata);
  if (mapped.type == ColumnType::kTime2) {
    set_fixed(layout, Storage::kTime2, 3 + fraction);
  } else if (mapped.type == ColumnType::kDatetime2) {
    set_fixed(layout, Storage::kDatetime2, 5 + fraction);
  } else {
    set_fixed(layout, Storage::kTimestamp2, 4 + fraction);
  }
  return {};
}

void set_old_temporal(ColumnLayout& layout, const Column& column, bool digits_known) {
  const unsigned digits = column.fractional_digits;
  if (!digits_known || digits > kFractionalDigitsMax) {
    layout.storage = Storage::kOldTemporalOfUnknownSize;
  } else if (layout.type == ColumnType::kTime) {
    set_fixed(layout, digits == 0 ? Storage::kOldTime : Storage::kHiresTime,
              hires_time_size(digits));
  } else if (layout.type == ColumnType::kDatetime) {
    set_fixed(layout, digits == 0 ? Storage::kOldDatetime : Storage::kHiresDatetime,
              hires_datetime_size(digits));
  } else {
    set_fixed(layout, digits == 0 ? Storage::kOldTimestamp : Storage::kHiresTimestamp,
              hires_timestamp_size(digits));
  }
}

base::Result<void> set_labelled(ColumnLayout& layout, const MappedColumn& mapped) {
  const std::uint16_t size = mapped.metadata;
  const bool is_enum = mapped.type == ColumnType::kEnum;
  const bool possible = is_enum ? size == 1 || size == 2 : (size >= 1 && size <= 4) || size == 8;
  if (!possible) return impossible_metadata(mapped);
  set_fixed(layout, is_enum ? Storage::kEnum : Storage::kSet, size);
  return {};
}

/// CHAR, VARCHAR, TEXT and their binary and compressed kin, with the length prefix already set.
base::Result<void> set_string(ColumnLayout& layout, const MappedColumn& mapped) {
  const auto charset = charset_of_collation(layout.collation_id);
  if (!charset) {
    return base::fail(ErrorCode::kUnsupported,
                      "its collation " + std::to_string(layout.collation_id) +
                          " has a character set that is not known; change the column's collation, "
                          "or leave the table out");
  }
  layout.charset = *charset;
  layout.is_binary = *charset == Charset::kBinary;
  const bool is_compressed =
      mapped.type == ColumnType::kBlobCompressed || mapped.type == ColumnType::kVarcharCompressed;
  if (is_compressed) {
    layout.storage = layout.is_binary ? Storage::kCompressedBinary : Storage::kCompressedText;
  } else if (layout.hint == ColumnHint::kJsonText && !layout.is_binary) {
    layout.storage = Storage::kJsonText;
  } else if (!layout.is_binary) {
    const bool is_utf8 = *charset == Charset::kUtf8mb4 || *charset == Charset::kUtf8mb3;
    layout.storage = is_utf8 ? Storage::kUtf8Text : Storage::kText;
  } else if (layout.hint == ColumnHint::kVector) {
    layout.storage = Storage::kVector;
  } else if (mapped.type != ColumnType::kString) {
    layout.storage = Storage::kBinary;
  } else if (layout.hint == ColumnHint::kUuid) {
    layout.storage = Storage::kUuid;
  } else if (layout.hint == ColumnHint::kInet4) {
    layout.storage = Storage::kInet4;
  } else if (layout.hint == ColumnHint::kInet6) {
    layout.storage = Storage::kInet6;
  } else {
    layout.storage = Storage::kPaddedBinary;
    layout.pad_to_bytes = mapped.metadata;
  }
  return {};
}

base::Result<void> set_prefixed(ColumnLayout& layout, Storage storage, const MappedColumn& mapped) {
  if (mapped.metadata == 0 || mapped.metadata > 4) return impossible_metadata(mapped);
  set_fixed(layout, storage, mapped.metadata);
  return {};
}

base::Result<void> set_storage(ColumnLayout& layout, const MappedColumn& mapped,
                               const Column& column, bool digits_known) {
  switch (mapped.type) {
    case ColumnType::kTiny:
      set_fixed(layout, Storage::kTiny, 1);
      return {};
    case ColumnType::kShort:
      set_fixed(layout, Storage::kShort, 2);
      return {};
    case ColumnType::kInt24:
      set_fixed(layout, Storage::kInt24, 3);
      return {};
    case ColumnType::kLong:
      set_fixed(layout, Storage::kLong, 4);
      return {};
    case ColumnType::kLongLong:
      set_fixed(layout, Storage::kLongLong, 8);
      return {};
    case ColumnType::kFloat:
      set_fixed(layout, Storage::kFloat, 4);
      return {};
    case ColumnType::kDouble:
      set_fixed(layout, Storage::kDouble, 8);
      return {};
    case ColumnType::kYear:
      set_fixed(layout, Storage::kYear, 1);
      return {};
    case ColumnType::kDate:
    case ColumnType::kNewDate:
      set_fixed(layout, Storage::kDate, 3);
      return {};
    case ColumnType::kNewDecimal:
      return set_decimal(layout, mapped);
    case ColumnType::kBit:
      return set_bit(layout, mapped);
    case ColumnType::kTime2:
    case ColumnType::kDatetime2:
    case ColumnType::kTimestamp2:
      return set_temporal2(layout, mapped);
    case ColumnType::kTime:
    case ColumnType::kDatetime:
    case ColumnType::kTimestamp:
      set_old_temporal(layout, column, digits_known);
      return {};
    case ColumnType::kEnum:
    case ColumnType::kSet:
      return set_labelled(layout, mapped);
    case ColumnType::kVarchar:
    case ColumnType::kVarString:
    case ColumnType::kVarcharCompressed:
    case ColumnType::kString:
      layout.size_bytes = mapped.metadata > kPrefixedByOneByteMax ? 2 : 1;
      return set_string(layout, mapped);
    case ColumnType::kBlob:
    case ColumnType::kBlobCompressed:
      if (auto prefix = set_prefixed(layout, Storage::kBinary, mapped); !prefix) return prefix;
      return set_string(layout, mapped);
    case ColumnType::kJson:
      return set_prefixed(layout, Storage::kJson, mapped);
    case ColumnType::kGeometry:
      return set_prefixed(layout, Storage::kGeometry, mapped);
    case ColumnType::kVector:
      return set_prefixed(layout, Storage::kVector, mapped);
    default:
      layout.storage = Storage::kUnsupported;
      return {};
  }
}

}  // namespace

bool is_temporal2(ColumnType type) {
  return type == ColumnType::kTime2 || type == ColumnType::kDatetime2 ||
         type == ColumnType::kTimestamp2;
}

base::Result<ColumnLayout> make_column_layout(const MappedColumn& mapped, const Column& column,
                                              bool digits_known) {
  ColumnLayout layout;
  layout.type = mapped.type;
  layout.metadata = mapped.metadata;
  layout.is_unsigned = column.is_unsigned;
  layout.collation_id = column.collation_id;
  layout.hint = column.hint;
  layout.fractional_digits = column.fractional_digits;
  if (auto storage = set_storage(layout, mapped, column, digits_known); !storage) {
    return base::propagate(std::move(storage));
  }
  return layout;
}

}  // namespace pikachu::binlog
