#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "binlog/inflater.h"
#include "binlog/table_layout.h"
#include "binlog/value_decoder.h"
#include "change/row_change.h"
#include "wire/byte_reader.h"

namespace pikachu::binlog {

/// Whether events of this type carry row changes.
bool is_rows_event(EventType type);

/// Reads a rows event (WRITE, UPDATE or DELETE, version 1 or 2, MariaDB's compressed ones and
/// PARTIAL_UPDATE_ROWS too) row by row into one reused vector of values: no allocation per row or
/// value once it is warm.
///
/// A JSON value of which PARTIAL_UPDATE_ROWS has only the changes is given whole, as the image
/// before and the changes make it.
///
///     RowsReader rows;
///     if (auto opened = rows.open(event, format, layout); !opened) return …;
///     while (true) {
///       auto more = rows.next();
///       if (!more) return …;   // an error
///       if (!*more) break;     // the end
///       use(rows.before(), rows.after());
///     }
///
/// Threads: one owner. Lifetime: before() and after() are valid until the next call of next() or
/// open(), and point into the event's bytes too.
/// Spec: docs/formats/rows-event.md.
class RowsReader {
 public:
  RowsReader();
  ~RowsReader();
  RowsReader(const RowsReader&) = delete;
  RowsReader& operator=(const RowsReader&) = delete;

  /// Begins with `event` (header included, checksum cut off).
  /// REQUIRES: is_rows_event(its type); `layout` belongs to its table id. Both outlive the reading.
  /// Errors: kCorrupt, also where the event's column count is not the layout's.
  base::Result<void> open(Bytes event, const FormatDescription& format, const TableLayout& layout);

  /// Decodes the next row; false at the end of the event.
  /// Errors: kCorrupt if the row goes beyond the event or a value is impossible for its type;
  /// kUnsupported for a column type that is not handled, naming table, column and type, and for the
  /// changes of a JSON value that the image before does not have (binlog_row_image=MINIMAL,
  /// NOBLOB).
  base::Result<bool> next();

  /// Counts the rows that are left without decoding values. Needs no names: any layout of the right
  /// table map serves. Errors: as next().
  base::Result<std::uint64_t> count_remaining();

  change::Operation operation() const { return operation_; }
  std::span<const change::Value> before() const { return before_.values; }
  std::span<const change::Value> after() const { return after_.values; }

 private:
  /// One of the two images of each row, in the order in which they stand in the event.
  struct Image {
    std::vector<std::uint32_t> present;  ///< Indexes of the columns that it has, ascending.
    std::vector<change::Value> values;   ///< One per column of the table; absent where not present.
    bool in_event = false;
  };

  base::Result<void> open_images(wire::ByteReader& body);
  base::Result<void> decompress_rows();
  base::Result<void> read_image(Image& image);
  base::Result<void> skip_image(const Image& image);
  void number_json_columns();
  base::Result<Bytes> read_partial_bits();
  base::Result<void> read_partial_after(wire::ByteReader before);
  base::Result<void> read_changed_json(std::uint32_t column, wire::ByteReader before);
  base::Result<Bytes> find_stored(std::uint32_t column, wire::ByteReader image) const;
  bool at_end();
  tl::unexpected<base::Error> decoding_error(std::uint32_t column);
  base::Error column_error(std::uint32_t column, base::Error error) const;
  base::Error unknown_size(std::uint32_t column) const;
  base::Error truncated(std::uint32_t column) const;

  Bytes event_;
  const TableLayout* layout_ = nullptr;
  change::Operation operation_ = change::Operation::kInsert;
  Image before_;
  Image after_;
  wire::ByteReader rows_;            ///< Stands at the next row.
  bool rows_have_no_bytes_ = false;  ///< No image has any column: one row, of no bytes.
  bool is_partial_ = false;          ///< PARTIAL_UPDATE_ROWS: JSON values may be given as changes.
  std::vector<std::uint32_t> json_ordinals_;  ///< Then: by column, which of the JSON columns it is.
  std::size_t json_columns_ = 0;              ///< Then: how many the table has.
  std::vector<std::string> json_texts_;       ///< By ordinal: values put together in this row.
  ValueDecoder decoder_;
  Inflater inflater_;
  std::vector<char> decompressed_;  ///< The rows of a compressed event.
};

/// STMT_END_F: the last rows event of its statement; its table maps lose their meaning after it.
base::Result<bool> ends_statement(Bytes event, const FormatDescription& format);

}  // namespace pikachu::binlog
