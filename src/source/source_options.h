#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "change/table_schema.h"
#include "source/event_stream.h"

namespace pikachu::source {

/// Whether anybody asks for a column, by its index; asked once per table map.
using ColumnFilter = std::function<bool(const change::TableSchema& table, std::size_t column)>;

struct SourceOptions {
  StartFrom start_from = Latest{};
  /// Pauses between attempts to reconnect: grows from the first to the second.
  std::chrono::milliseconds reconnect_first{200};
  std::chrono::milliseconds reconnect_cap{30'000};
  /// Bytes of row events of one transaction that are held in memory until it commits; what is more
  /// goes to an unnamed temporary file in `spill_dir`.
  std::size_t transaction_memory_bytes = 32U << 20U;
  std::string spill_dir = ".";
  /// What a person does where that directory takes no more: the end of a message.
  std::string spill_advice = "raise limits.transaction_memory, or move state.dir";
  /// Whether RowChange::query is filled in. A statement can be larger than its rows, and is copied.
  bool with_queries = false;
  /// A position that moved without wanted rows is told at most so often: a Commit for each of a
  /// million transactions of other tables would cost more than reading them.
  std::chrono::milliseconds moved_pause{100};
  /// Rows of a table whose columns' names are not known, or do not fit the event, are returned with
  /// names "@1", "@2", … (TableSchema::unnamed) instead of ending the stream, and columns whose
  /// type is in doubt as binary strings (Column::is_doubtful).
  bool allow_unnamed = false;
  /// Which columns anybody asks for; empty: all. The others are passed over in the row images
  /// without being decoded, and their values are absent. Columns of the primary key are always
  /// there.
  ColumnFilter wants_column;
};

}  // namespace pikachu::source
