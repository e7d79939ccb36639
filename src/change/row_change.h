#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "change/table_schema.h"
#include "change/value.h"

namespace pikachu::change {

enum class Operation : std::uint8_t { kInsert, kUpdate, kDelete };

/// "insert", "update", "delete".
std::string_view to_string(Operation operation);

/// What all changes of one transaction share.
struct Transaction {
  /// "uuid:7", "uuid:tag:7" or "0-1-42"; empty where the server writes no GTIDs.
  std::string gtid;
  /// Identity of the server (Position::server): part of the id where there is no GTID.
  std::string server;
  /// Microseconds since 1970-01-01 UTC at which the transaction was committed.
  std::int64_t commit_time_us = 0;
  /// Whether the server recorded microseconds; else commit_time_us is in whole seconds.
  bool has_microseconds = false;
};

/// One row that was inserted, updated or deleted by a committed transaction.
///
/// Lifetime: a view; everything it refers to is valid until the source that returned it is asked
/// for the next one.
struct RowChange {
  Operation operation = Operation::kInsert;
  std::shared_ptr<const TableSchema> table;
  std::span<const Value> before;  ///< Update and delete; one value per column of `table`.
  std::span<const Value> after;   ///< Insert and update; one value per column of `table`.
  const Transaction* transaction = nullptr;
  std::string_view file;     ///< Binlog file of the event that holds the row.
  std::uint64_t offset = 0;  ///< Of the first byte of that event (the outer one, if nested).
  std::uint64_t row = 0;     ///< Ordinal of the row in its transaction, from 0.
  /// The statement that made the change, in the client's character set, where the server logs it
  /// (binlog_rows_query_log_events, binlog_annotate_row_events) and the source was asked for it;
  /// else empty.
  std::string_view query;

  /// The image that says which row this is: `after` of an insert, `before` of the others.
  std::span<const Value> identity() const {
    return operation == Operation::kInsert ? after : before;
  }
};

/// The change's id: the same whenever and from wherever it is sent again, no two changes share one,
/// and no character of it needs escaping in a header or a URL: [A-Za-z0-9~_-].
///
///     <gtid>-<row>                        ':' of a MySQL GTID becomes '-'
///     <server>-<file>-<offset>-<row>      without GTIDs; each byte of the file name outside
///                                         [A-Za-z0-9_-] becomes '~' and two hex digits
///
/// Appends to `out`. Spec: docs/reference/webhook.md, "id".
void append_event_id(const RowChange& change, std::string& out);

/// The part of the id before the row's number, with its last '-'. All rows of a transaction with a
/// GTID share it; else all rows of an event.
void append_event_id_prefix(const RowChange& change, std::string& out);

}  // namespace pikachu::change
