#include "binlog/rows_event.h"

#include <algorithm>
#include <bit>
#include <new>
#include <string>
#include <utility>

#include "binlog/bitmap.h"
#include "binlog/event_body.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using change::Operation;
using change::Value;
using wire::ByteReader;

constexpr std::uint16_t kFlagStatementEnd = 0x0001;

/// What the type in the header says about a rows event.
struct RowsKind {
  Operation operation = Operation::kInsert;
  bool is_version_2 = false;  ///< Has extra data behind the flags.
  bool is_compressed = false;
  bool is_partial = false;  ///< JSON values may be given as changes.
};

std::optional<RowsKind> rows_kind(EventType type) {
  switch (type) {
    case EventType::kWriteRowsV1:
      return RowsKind{Operation::kInsert, false, false};
    case EventType::kUpdateRowsV1:
      return RowsKind{Operation::kUpdate, false, false};
    case EventType::kDeleteRowsV1:
      return RowsKind{Operation::kDelete, false, false};
    case EventType::kWriteRowsV2:
      return RowsKind{Operation::kInsert, true, false};
    case EventType::kUpdateRowsV2:
      return RowsKind{Operation::kUpdate, true, false};
    case EventType::kDeleteRowsV2:
      return RowsKind{Operation::kDelete, true, false};
    case EventType::kMariadbWriteRowsCompressedV1:
      return RowsKind{Operation::kInsert, false, true};
    case EventType::kMariadbUpdateRowsCompressedV1:
      return RowsKind{Operation::kUpdate, false, true};
    case EventType::kMariadbDeleteRowsCompressedV1:
      return RowsKind{Operation::kDelete, false, true};
    case EventType::kMariadbWriteRowsCompressedV2:
      return RowsKind{Operation::kInsert, true, true};
    case EventType::kMariadbUpdateRowsCompressedV2:
      return RowsKind{Operation::kUpdate, true, true};
    case EventType::kMariadbDeleteRowsCompressedV2:
      return RowsKind{Operation::kDelete, true, true};
    case EventType::kPartialUpdateRows:
      return RowsKind{Operation::kUpdate, true, false, true};
    default:
      return std::nullopt;
  }
}

/// Moves over the table id, which had four bytes before MySQL 5.1.4.
void skip_table_id(ByteReader& in, EventType type, const FormatDescription& format) {
  constexpr std::uint8_t kFixedPartWithShortId = 6;
  const auto number = static_cast<std::size_t>(type);
  const std::uint8_t fixed = number == 0 ? std::uint8_t{0} : format.post_header_lengths[number - 1];
  in.skip(fixed == kFixedPartWithShortId ? 4 : 6);
}

}  // namespace

bool is_rows_event(EventType type) {
  return rows_kind(type).has_value();
}

RowsReader::RowsReader() = default;
RowsReader::~RowsReader() = default;

//     table_id:u48 flags:u16 [version 2: extra_size:u16 extra[extra_size - 2]]
//     columns:lenenc present[(columns+7)/8] [update: present_after[(columns+7)/8]] rows
base::Result<void> RowsReader::open(Bytes event, const FormatDescription& format,
                                    const TableLayout& layout) {
  event_ = event;
  layout_ = &layout;
  rows_ = ByteReader();
  rows_have_no_bytes_ = false;
  if (decompressed_.capacity() > ScratchArena::kKeptBytes) decompressed_ = std::vector<char>();
  const EventType type = type_of(event);
  const auto kind = rows_kind(type);
  if (!kind) return corrupt_event(event, "it is no rows event");
  operation_ = kind->operation;
  ByteReader body = read_body(event);
  skip_table_id(body, type, format);
  body.skip(sizeof(std::uint16_t));
  if (kind->is_version_2) {
    const std::uint16_t extra_size = body.u16();
    if (extra_size < sizeof extra_size) body.fail();
    body.skip(extra_size - sizeof extra_size);
  }
  if (auto images = open_images(body); !images) return images;
  is_partial_ = kind->is_partial;
  if (is_partial_) number_json_columns();
  rows_ = ByteReader(body.rest());
  if (kind->is_compressed) {
    if (auto rows = decompress_rows(); !rows) return rows;
  }
  // An image without columns has no bytes: the event of such a row (all defaults, and
  // binlog_row_image=MINIMAL) ends here, and stands for one row.
  const bool no_columns = (!before_.in_event || before_.present.empty()) &&
                          (!after_.in_event || after_.present.empty());
  if (no_columns && !rows_.at_end()) {
    return corrupt_event(event, "its rows have bytes but no columns");
  }
  rows_have_no_bytes_ = no_columns;
  return {};
}

base::Result<void> RowsReader::open_images(ByteReader& body) {
  const std::uint64_t columns = body.lenenc();
  if (!body.ok()) return truncated_event(event_);
  if (columns != layout_->columns.size()) {
    return corrupt_event(event_, "it states " + std::to_string(columns) +
                                     " columns, its table map " +
                                     std::to_string(layout_->columns.size()));
  }
  before_.in_event = operation_ != Operation::kInsert;
  after_.in_event = operation_ != Operation::kDelete;
  for (Image* image : {&before_, &after_}) {
    image->present.clear();
    image->values.clear();
    if (!image->in_event) continue;
    const Bytes present = body.bytes(bitmap_size(layout_->columns.size()));
    if (!body.ok()) return truncated_event(event_);
    image->values.resize(layout_->columns.size());
    for (std::uint32_t i = 0; i < layout_->columns.size(); ++i) {
      if (bit_is_set(present, i)) image->present.push_back(i);
    }
  }
  return {};
}

// MariaDB: 0x80 | algorithm << 4 | n, an n-byte big-endian size, and the stream; algorithm 0 is
// zlib.
base::Result<void> RowsReader::decompress_rows() {
  const std::uint8_t head = rows_.u8();
  const std::uint64_t size = rows_.uint_be(head & 0x07U);
  if (!rows_.ok()) return truncated_event(event_);
  if ((head & 0xf0U) != 0x80U) {
    return corrupt_event(
        event_, "its rows are compressed by the unknown method " + std::to_string(head & 0xf0U));
  }
  const Bytes stream = rows_.rest();
  if (!Inflater::is_possible_size(size, stream.size())) {
    return corrupt_event(event_, "its rows cannot have the stated " + std::to_string(size) +
                                     " bytes before compression");
  }
  decompressed_.resize(static_cast<std::size_t>(size));
  if (!inflater_.inflate(stream, Inflater::Format::kZlib, decompressed_)) {
    return corrupt_event(
        event_, "its rows do not decompress to the stated " + std::to_string(size) + " bytes");
  }
  rows_ = ByteReader(
      {reinterpret_cast<const std::uint8_t*>(decompressed_.data()), decompressed_.size()});
  return {};
}

bool RowsReader::at_end() {
  if (rows_have_no_bytes_) {
    rows_have_no_bytes_ = false;
    return false;
  }
  return rows_.at_end();
}

base::Result<bool> RowsReader::next() {
  if (layout_ == nullptr || at_end()) return false;
  decoder_.begin_row();
  if (is_partial_) {
    const ByteReader before = rows_;
    if (auto read = read_image(before_); !read) return base::propagate(std::move(read));
    if (auto read = read_partial_after(before); !read) return base::propagate(std::move(read));
    return true;
  }
  for (Image* image : {&before_, &after_}) {
    if (!image->in_event) continue;
    if (auto read = read_image(*image); !read) return base::propagate(std::move(read));
  }
  return true;
}

// Null bits, one per present column, then the values that are not null.
base::Result<void> RowsReader::read_image(Image& image) {
  const Bytes nulls = rows_.bytes(bitmap_size(image.present.size()));
  if (!rows_.ok()) return tl::unexpected(truncated(0));
  std::size_t ordinal = 0;
  for (const std::uint32_t column : image.present) {
    Value& value = image.values[column];
    const auto& layout = layout_->columns[column];
    if (bit_is_set(nulls, ordinal++)) {
      value = layout.is_skipped ? Value::absent() : Value::null();
      continue;
    }
    if (layout.is_skipped) {
      if (!skip_value(layout, rows_)) return tl::unexpected(unknown_size(column));
      if (!rows_.ok()) return tl::unexpected(truncated(column));
      value = Value::absent();
      continue;
    }
    // Made in its place: a copy would read in halves what was just written in parts, and wait for
    // it.
    ::new (&value) Value(decoder_.decode(layout, layout_->schema->columns[column], rows_));
    if (!rows_.ok() || decoder_.failed()) [[unlikely]]
      return decoding_error(column);
  }
  return {};
}

// Bytes that ran out also look wrong: that they ran out is the reason.
tl::unexpected<base::Error> RowsReader::decoding_error(std::uint32_t column) {
  if (rows_.ok()) return tl::unexpected(column_error(column, decoder_.take_error()));
  if (decoder_.failed()) decoder_.take_error();
  return tl::unexpected(truncated(column));
}

base::Result<std::uint64_t> RowsReader::count_remaining() {
  std::uint64_t count = 0;
  while (layout_ != nullptr && !at_end()) {
    for (const Image* image : {&before_, &after_}) {
      if (!image->in_event) continue;
      if (is_partial_ && image == &after_) {
        if (auto bits = read_partial_bits(); !bits) return base::propagate(std::move(bits));
      }
      if (auto skipped = skip_image(*image); !skipped) return base::propagate(std::move(skipped));
    }
    ++count;
  }
  return count;
}

base::Result<void> RowsReader::skip_image(const Image& image) {
  const Bytes nulls = rows_.bytes(bitmap_size(image.present.size()));
  if (!rows_.ok()) return tl::unexpected(truncated(0));
  std::size_t ordinal = 0;
  for (const std::uint32_t column : image.present) {
    if (bit_is_set(nulls, ordinal++)) continue;
    if (!skip_value(layout_->columns[column], rows_)) return tl::unexpected(unknown_size(column));
    if (!rows_.ok()) return tl::unexpected(truncated(column));
  }
  return {};
}

base::Error RowsReader::column_error(std::uint32_t column, base::Error error) const {
  const change::TableSchema& schema = *layout_->schema;
  return std::move(error).with_context("table " + schema.database + "." + schema.table +
                                       ", column " + schema.columns[column].name);
}

base::Error RowsReader::unknown_size(std::uint32_t column) const {
  const auto type = static_cast<unsigned>(layout_->columns[column].type);
  return column_error(column,
                      {ErrorCode::kUnsupported, "column type " + std::to_string(type) +
                                                    " has a size that the binlog does not tell"});
}

base::Error RowsReader::truncated(std::uint32_t column) const {
  return column_error(column, truncated_event(event_).value());
}

base::Result<bool> ends_statement(Bytes event, const FormatDescription& format) {
  ByteReader body = read_body(event);
  skip_table_id(body, type_of(event), format);
  const std::uint16_t flags = body.u16();
  if (!body.ok()) return truncated_event(event);
  return (flags & kFlagStatementEnd) != 0;
}

}  // namespace pikachu::binlog
