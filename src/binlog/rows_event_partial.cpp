// PARTIAL_UPDATE_ROWS: the part of RowsReader that reads images with changes of JSON values in the
// place of the values.
#include <algorithm>
#include <utility>

#include "binlog/bitmap.h"
#include "binlog/json_diff.h"
#include "binlog/rows_event.h"
#include "binlog/scratch_arena.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using change::Value;
using wire::ByteReader;

}  // namespace

void RowsReader::number_json_columns() {
  json_columns_ = 0;
  json_ordinals_.assign(layout_->columns.size(), 0);
  for (std::size_t i = 0; i < layout_->columns.size(); ++i) {
    if (layout_->columns[i].type != ColumnType::kJson) continue;
    json_ordinals_[i] = static_cast<std::uint32_t>(json_columns_++);
  }
  json_texts_.resize(std::max(json_texts_.size(), json_columns_));
}

// options:lenenc [partial[(JSON columns of the table + 7) / 8], if option 1 is set]
base::Result<Bytes> RowsReader::read_partial_bits() {
  constexpr std::uint64_t kPartialJson = 1;
  const std::uint64_t options = rows_.lenenc();
  const Bytes bits = options == kPartialJson ? rows_.bytes(bitmap_size(json_columns_)) : Bytes();
  if (!rows_.ok()) return tl::unexpected(truncated(0));
  if ((options & ~kPartialJson) != 0) {
    return base::fail(ErrorCode::kUnsupported,
                      "table " + layout_->schema->database + "." + layout_->schema->table +
                          ": row value options " + std::to_string(options) +
                          " are not handled, only 1 (PARTIAL_JSON) is; run SET GLOBAL "
                          "binlog_row_value_options=''");
  }
  return bits;
}

// As read_image(), behind the options. `before` stands at the image before.
base::Result<void> RowsReader::read_partial_after(ByteReader before) {
  const auto partial = read_partial_bits();
  if (!partial) return tl::unexpected(partial.error());
  const Bytes nulls = rows_.bytes(bitmap_size(after_.present.size()));
  if (!rows_.ok()) return tl::unexpected(truncated(0));
  std::size_t ordinal = 0;
  for (const std::uint32_t column : after_.present) {
    Value& value = after_.values[column];
    const auto& layout = layout_->columns[column];
    if (bit_is_set(nulls, ordinal++)) {
      value = layout.is_skipped ? Value::absent() : Value::null();
      continue;
    }
    const bool is_partial = layout.type == ColumnType::kJson && !partial->empty() &&
                            bit_is_set(*partial, json_ordinals_[column]);
    if (layout.is_skipped) {
      // Both ways a length stands in front, of the changes in four bytes.
      if (is_partial)
        rows_.skip(rows_.u32());
      else if (!skip_value(layout, rows_))
        return tl::unexpected(unknown_size(column));
      if (!rows_.ok()) return tl::unexpected(truncated(column));
      value = Value::absent();
      continue;
    }
    if (is_partial) {
      if (auto read = read_changed_json(column, before); !read) return read;
      continue;
    }
    value = decoder_.decode(layout, layout_->schema->columns[column], rows_);
    if (!rows_.ok() || decoder_.failed()) return decoding_error(column);
  }
  return {};
}

base::Result<void> RowsReader::read_changed_json(std::uint32_t column, ByteReader before) {
  const Bytes changes = rows_.bytes(rows_.u32());
  if (!rows_.ok()) return tl::unexpected(truncated(column));
  const auto stored = find_stored(column, before);
  if (!stored) return tl::unexpected(stored.error());
  std::string& text = json_texts_[json_ordinals_[column]];
  if (text.capacity() > ScratchArena::kKeptBytes) text = std::string();
  text.clear();
  if (auto appended = append_changed_json_text(*stored, changes, text); !appended) {
    return tl::unexpected(column_error(column, std::move(appended.error())));
  }
  after_.values[column] = Value::of_bytes(change::ValueKind::kJson, text);
  return {};
}

// The stored bytes of a JSON column in the image before, which was read without an error.
base::Result<Bytes> RowsReader::find_stored(std::uint32_t column, ByteReader image) const {
  const Bytes nulls = image.bytes(bitmap_size(before_.present.size()));
  std::size_t ordinal = 0;
  for (const std::uint32_t present : before_.present) {
    if (present > column) break;
    const auto& layout = layout_->columns[present];
    const bool is_null = bit_is_set(nulls, ordinal++);
    if (present == column) {
      if (!is_null) return image.bytes(image.uint(layout.size_bytes));
      return tl::unexpected(
          column_error(column, {ErrorCode::kCorrupt, "changes of a JSON value that was NULL"}));
    }
    if (!is_null) skip_value(layout, image);
  }
  return tl::unexpected(column_error(
      column,
      {ErrorCode::kUnsupported,
       "the event has changes of a JSON value without the value before them; run SET GLOBAL "
       "binlog_row_image=FULL (or binlog_row_value_options='') in every session, then start "
       "after this transaction"}));
}

}  // namespace pikachu::binlog
