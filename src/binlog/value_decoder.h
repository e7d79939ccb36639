#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "binlog/inflater.h"
#include "binlog/scratch_arena.h"
#include "binlog/table_layout.h"
#include "binlog/text_converter.h"
#include "change/table_schema.h"
#include "change/value.h"
#include "wire/byte_reader.h"

namespace pikachu::binlog {

/// Turns the stored bytes of one column into the value that it is shown as.
///
/// Failure is sticky, as in ByteReader: after it values mean nothing until take_error().
/// Threads: one owner. Lifetime: values point into the bytes read, into the labels of `column`, or
/// into scratch memory that begin_row() takes back.
/// Spec: docs/formats/rows-event.md, "How each type is stored".
class ValueDecoder {
 public:
  void begin_row() { arena_.reset(); }

  /// Reads one value that is present and not NULL. What goes beyond the end fails `in`; what is
  /// impossible for its type or not handled fails this decoder.
  change::Value decode(const TableLayout::ColumnLayout& layout, const change::Column& column,
                       wire::ByteReader& in);

  bool failed() const { return problem_.has_value(); }
  /// The error; names neither table nor column. REQUIRES: failed().
  base::Error take_error();

 private:
  using ColumnLayout = TableLayout::ColumnLayout;

  change::Value decode_integer(const ColumnLayout& layout, wire::ByteReader& in);
  change::Value decode_decimal(const ColumnLayout& layout, wire::ByteReader& in);
  change::Value decode_temporal(const ColumnLayout& layout, wire::ByteReader& in);
  change::Value decode_enum(const ColumnLayout& layout, const change::Column& column,
                            wire::ByteReader& in);
  change::Value decode_set(const ColumnLayout& layout, const change::Column& column,
                           wire::ByteReader& in);
  change::Value decode_prefixed(const ColumnLayout& layout, wire::ByteReader& in);
  change::Value decode_json(std::string_view stored);
  change::Value decode_address(const ColumnLayout& layout, std::string_view stored);
  change::Value text_value(const ColumnLayout& layout, change::ValueKind kind,
                           std::string_view stored);
  std::string_view padded(std::string_view stored, std::size_t size);
  std::string_view decompressed(std::string_view stored);
  change::Value fail(base::ErrorCode code, std::string message);

  ScratchArena arena_;
  TextConverter converter_;
  Inflater inflater_;
  std::string json_text_;
  std::optional<base::Error> problem_;
};

/// Moves over one value that is present and not NULL; false for a column whose size cannot be
/// known. What goes beyond the end fails `in`.
bool skip_value(const TableLayout::ColumnLayout& layout, wire::ByteReader& in);

}  // namespace pikachu::binlog
