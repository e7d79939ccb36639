#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "binlog/rows_event.h"
#include "binlog/table_layout.h"
#include "binlog/table_map.h"
#include "source/event_stream.h"
#include "source/source_options.h"

namespace pikachu::source {

/// Whether any task is about a table; asked once per table map.
using TableFilter = std::function<bool(std::string_view database, std::string_view table)>;

/// A table as its latest table map describes it.
struct CachedTable {
  binlog::TableMap map;  ///< Of a table that can't be counted only the names.
  bool wanted = false;   ///< A task is about it.
  /// With names if `wanted`; else just enough to count rows.
  binlog::TableLayout layout;
  /// Why rows of this unwanted table can't even be counted; empty if they can.
  std::string uncountable;
};

/// Table maps by id, so that a map which comes again before each statement is parsed once.
///
/// Names that a map does not carry come from information_schema as it is now, checked against the
/// map. An entry stays while the server repeats the same bytes under the same id, and is thrown
/// away when a DDL statement mentions the table, so names are read again after each change of a
/// table and not in between.
///
/// Threads: one owner.
class TableCache {
 public:
  /// Tables that are kept between transactions; beyond, the cache starts anew. A server with more
  /// open tables than this only costs parsing them again.
  static constexpr std::size_t kMaxTables = 20'000;

  /// `allow_unnamed`, `wants_column`: as in SourceOptions.
  TableCache(TableFilter filter, SchemaReader& schemas, bool allow_unnamed = false,
             ColumnFilter wants_column = {});

  /// A transaction begins: forgets everything if there is too much of it. Not before: the rows of a
  /// statement need all of its table maps.
  void begin_transaction();

  /// Takes a TABLE_MAP event (checksum cut off).
  /// Errors: kCorrupt, kUnsupported, kInvalid as parse_table_map and make_table_layout say;
  /// kUnavailable if information_schema can't be read now: call again; kCancelled.
  base::Result<void> add(binlog::Bytes event, const binlog::FormatDescription& format,
                         const std::stop_token& stop);

  /// The table of a rows event, or null if no table map came before it.
  std::shared_ptr<const CachedTable> find(std::uint64_t table_id) const;

  /// A definition was changed by this statement: forgets every table whose name stands in its text.
  void forget_mentioned(std::string_view sql);

  /// Forgets everything: the server was restarted, and table ids begin again.
  void clear() { tables_.clear(); }

 private:
  struct Entry {
    std::vector<std::uint8_t> bytes;  ///< Of the map, without its header.
    std::shared_ptr<const CachedTable> table;
  };
  base::Result<void> describe_wanted(CachedTable& table, binlog::Bytes event,
                                     const binlog::FormatDescription& format,
                                     const std::stop_token& stop);
  static void describe_unwanted(CachedTable& table, binlog::Bytes event,
                                const binlog::FormatDescription& format);
  void skip_unwanted_columns(binlog::TableLayout& layout) const;
  base::Result<binlog::TableLayout> lay_out(const binlog::TableMap& map, change::Flavor flavor,
                                            const std::stop_token& stop);

  const TableFilter filter_;
  SchemaReader& schemas_;
  const bool allow_unnamed_;
  const ColumnFilter wants_column_;
  std::unordered_map<std::uint64_t, Entry> tables_;
};

}  // namespace pikachu::source
