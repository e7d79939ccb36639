#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <variant>

#include "base/result.h"
#include "binlog/events.h"
#include "change/position.h"
#include "change/table_schema.h"

namespace pikachu::source {

/// Where to begin when no position is saved.
struct Latest {
  bool operator==(const Latest&) const = default;
};
struct Earliest {
  bool operator==(const Earliest&) const = default;
};
struct AtTime {
  std::int64_t unix_seconds = 0;  ///< The first transaction committed at or after it.
  bool operator==(const AtTime&) const = default;
};
struct AtGtid {
  std::string gtids;  ///< A set, in the server's own notation; begins after it.
  bool operator==(const AtGtid&) const = default;
};
struct AtFile {
  std::string file;
  std::uint64_t offset = 4;
  bool operator==(const AtFile&) const = default;
};
/// `start_from` of the configuration.
using StartFrom = std::variant<Latest, Earliest, AtTime, AtGtid, AtFile>;

/// A running binlog dump: events one by one, as the server sends them.
///
/// Threads: one owner.
class EventStream {
 public:
  EventStream() = default;
  virtual ~EventStream() = default;
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// The next event, header and checksum included. Waits; heartbeats arrive as events.
  /// Errors: kUnavailable if the connection is lost, the server shuts down, or nothing (no
  /// heartbeat either) came within the deadline: open a new stream. kInvalid if the server refuses
  /// for a reason that no retry mends: purged binlog, duplicate server_id, position beyond the
  /// file, missing privilege; the message says which and what to do. kCancelled once `stop` is
  /// requested. Lifetime: the bytes are valid until the next call.
  virtual base::Result<std::span<const std::uint8_t>> next(const std::stop_token& stop) = 0;
};

/// A stream that was opened, and what is known about its server.
struct OpenedStream {
  std::unique_ptr<EventStream> events;
  std::string address;  ///< Of the server, "db.example:3306": for people.
  /// Where it begins, with the server's flavor, identity and version. `gtids` is complete where the
  /// server writes GTIDs.
  change::Position start;
  /// Whether `start` was asked for by GTIDs: then the server skips what the set has, and file and
  /// offset are learnt from the first events.
  bool by_gtid = false;
  /// Whether the server sent the first, artificial ROTATE under a negotiated CRC32 checksum.
  bool checksum_negotiated = true;
  /// Whether start.gtids holds all that the server has executed. Else (MySQL with gtid_mode other
  /// than ON) GTIDs that come are no basis to resume from, and are not collected.
  bool gtids_complete = true;
  /// Transactions committed before this time (seconds since 1970, UTC) are to be left out: `start`
  /// is before the time that was asked for, at the nearest place that the server could find.
  std::optional<std::int64_t> skip_before_unix_seconds;
};

/// Connects to the server, examines it and starts a dump.
///
/// Threads: one caller.
class EventStreamOpener {
 public:
  EventStreamOpener() = default;
  virtual ~EventStreamOpener() = default;
  EventStreamOpener(const EventStreamOpener&) = delete;
  EventStreamOpener& operator=(const EventStreamOpener&) = delete;

  /// Opens a stream at `resume` if there is one, else where `from` says.
  /// Errors: kUnavailable (unreachable, starting up, too many connections): try again later.
  /// kInvalid: the operator must act; the message names setting and fix: wrong password, log_bin
  /// off, binlog_format not ROW, missing privileges, another server than the position speaks of, …
  /// kCancelled once `stop` is requested, also in the middle of connecting.
  virtual base::Result<OpenedStream> open(const std::optional<change::Position>& resume,
                                          const StartFrom& from, const std::stop_token& stop) = 0;
};

/// A statement that changes definitions, as it stands at its place in the binlog.
struct DefinitionStatement {
  binlog::Query query;
  /// The event's flag THREAD_SPECIFIC: it is about a temporary table, which no row event is.
  bool temporary = false;
};

/// Knows the columns of tables: from information_schema as it is now, or from elsewhere.
///
/// Threads: one caller, the reader of the stream.
class SchemaReader {
 public:
  SchemaReader() = default;
  virtual ~SchemaReader() = default;
  SchemaReader(const SchemaReader&) = delete;
  SchemaReader& operator=(const SchemaReader&) = delete;

  /// The table's columns, or nothing if there is no such table.
  /// Errors: as EventStreamOpener::open.
  virtual base::Result<std::optional<change::TableSchema>> read(const std::string& database,
                                                                const std::string& table,
                                                                const std::stop_token& stop) = 0;

  /// The stream has passed a statement that changed definitions, and that counts: not the first
  /// half of a two-phase ALTER. One that failed may have got some way: see its error_code.
  /// Lifetime of `statement`: until this returns.
  virtual void definition_changed(const DefinitionStatement& statement) {
    static_cast<void>(statement);
  }

  /// The stream was opened anew, perhaps on another server behind the same name: kept connections
  /// are given up.
  virtual void reconnect() {}
};

}  // namespace pikachu::source
