#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "binlog/events.h"
#include "decode/json_line.h"

namespace pikachu::decode {

/// What an event says beyond its header, as far as that is cheap to know: which transaction, which
/// table, what kind of statement. No values of rows and no text of statements.
///
/// Threads: one owner. Spec: docs/reference/decode.md, "Events".
class EventDetails {
 public:
  /// Tables that are remembered; beyond, all are forgotten.
  static constexpr std::size_t kMaxTables = 20'000;

  struct Table {
    std::string database;
    std::string table;
  };

  /// Adds the members of `event` (checksum cut off) to `line`. Events of types that are not known
  /// have none. Errors: kCorrupt, as the parsers of binlog/events.h.
  base::Result<void> write(const binlog::EventHeader& header, binlog::Bytes event,
                           const binlog::FormatDescription& format, JsonLine& line);

  /// The table of a TABLE_MAP event, which is remembered, or of a rows event; null for all others,
  /// and where no table map came before. Call once for each event, before write().
  /// Errors: kCorrupt. Lifetime: until the next call.
  base::Result<const Table*> table_of(const binlog::EventHeader& header, binlog::Bytes event,
                                      const binlog::FormatDescription& format);

 private:
  base::Result<void> write_group(const binlog::EventHeader& header, binlog::Bytes event,
                                 JsonLine& line);
  base::Result<void> write_query(binlog::Bytes event, JsonLine& line);

  std::unordered_map<std::uint64_t, Table> tables_;  ///< By table id.
  std::string scratch_;
};

/// "begin", "commit", "definition", …: docs/reference/decode.md lists them.
std::string_view to_string(binlog::QueryKind kind);

}  // namespace pikachu::decode
