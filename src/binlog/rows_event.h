#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "binlog/table_layout.h"
#include "change/row_change.h"

namespace pikachu::binlog {

/// Whether rows events of this type carry row changes that RowsReader understands.
bool is_rows_event(EventType type);

/// Reads a rows event (WRITE, UPDATE or DELETE, version 1 or 2, MariaDB's compressed ones too) row by
/// row into one reused vector of values: no allocation per row or value once it is warm.
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
  /// REQUIRES: is_rows_event(its type); `layout` belongs to its table id.
  /// Errors: kCorrupt, also where the event's column count is not the layout's; kUnsupported for
  /// PARTIAL_UPDATE_ROWS.
  base::Result<void> open(Bytes event, const FormatDescription& format, const TableLayout& layout);

  /// Decodes the next row; false at the end of the event.
  /// Errors: kCorrupt if the row goes beyond the event or a value is impossible for its type;
  /// kUnsupported for a column type that is not handled, naming table, column and type.
  base::Result<bool> next();

  /// Counts the rows that are left without decoding values. Needs no names: any layout of the right
  /// table map serves. Errors: as next().
  base::Result<std::uint64_t> count_remaining();

  change::Operation operation() const { return operation_; }
  std::span<const change::Value> before() const { return before_; }
  std::span<const change::Value> after() const { return after_; }

 private:
  change::Operation operation_ = change::Operation::kInsert;
  std::vector<change::Value> before_;
  std::vector<change::Value> after_;
  // The implementer adds what it needs (cursor, bitmaps, scratch memory).
};

/// Row layouts without names, enough for RowsReader::count_remaining().
TableLayout make_nameless_layout(const TableMap& map);

/// STMT_END_F: the last rows event of its statement; its table maps lose their meaning after it.
base::Result<bool> ends_statement(Bytes event, const FormatDescription& format);

}  // namespace pikachu::binlog
