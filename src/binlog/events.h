#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "binlog/event_header.h"
#include "change/gtid_set.h"

namespace pikachu::binlog {

// Each parse_X takes a whole event, header included and checksum cut off (verify_checksum), and
// returns kCorrupt if a length or a count in it goes beyond its bytes. String views point into it.

/// FORMAT_DESCRIPTION: what the file was written by and how its events are laid out.
struct FormatDescription {
  std::uint16_t binlog_version = 4;
  std::string server_version;  ///< "10.11.19-MariaDB-log"
  std::uint32_t created = 0;   ///< Not 0: the server was restarted, an open transaction is void.
  Checksum checksum = Checksum::kNone;  ///< Of the events after this one.
  change::Flavor flavor = change::Flavor::kMysql;
  /// Length of the fixed part of each event type, by type - 1. 0 for types beyond.
  std::array<std::uint8_t, 256> post_header_lengths{};
};
/// Takes the event with its checksum field, unlike the others: that is where `checksum` is read
/// from. Errors: also kUnsupported for binlog versions other than 4 and checksum algorithms but
/// CRC32.
base::Result<FormatDescription> parse_format_description(Bytes event_with_checksum);

/// ROTATE: the stream goes on in another file (or says at its start which one it is in).
struct Rotate {
  std::uint64_t offset = 4;
  std::string_view file;
};
base::Result<Rotate> parse_rotate(Bytes event);

/// GTID, ANONYMOUS_GTID, GTID_TAGGED and MariaDB's GTID: a transaction begins.
struct GtidEvent {
  std::string gtid;  ///< Text form; empty for ANONYMOUS_GTID.
  std::optional<std::int64_t>
      commit_time_us;  ///< MySQL 8.0.1+: of the original commit, since 1970.
  /// MariaDB: no BEGIN follows; the next query is the whole group.
  bool standalone = false;
  /// MariaDB 10.5+: this group is XA PREPARE of rows whose commit comes under another GTID.
  bool prepared_xa = false;
  /// MariaDB 10.5+: this group commits or rolls back an XA transaction prepared before.
  bool completed_xa = false;
  /// MariaDB 10.8+, two-phase ALTER: the same text is logged twice, and counts at its commit only.
  bool start_alter = false;
  bool rollback_alter = false;

  /// As new, but with the memory of its text.
  void clear() {
    std::string text = std::move(gtid);
    text.clear();
    *this = GtidEvent{};
    gtid = std::move(text);
  }
};
base::Result<GtidEvent> parse_gtid(Bytes event);
/// As parse_gtid(), into an event that is reused. After an error it holds anything.
base::Result<void> read_gtid(Bytes event, GtidEvent& gtid);

/// PREVIOUS_GTIDS: all transactions of earlier files. With tags or without.
base::Result<change::GtidSet> parse_previous_gtids(Bytes event);
/// MariaDB GTID_LIST: the last transaction of each domain in earlier files.
base::Result<change::GtidSet> parse_gtid_list(Bytes event);

/// The collation that a character set named alone stands for, and the set's own default by which
/// MariaDB names the set.
struct DefaultCollation {
  std::uint16_t of_charset = 0;
  std::uint16_t collation = 0;
};

/// QUERY, MariaDB's QUERY_COMPRESSED (then `sql` points into `scratch`), and EXECUTE_LOAD_QUERY.
struct Query {
  std::string_view database;  ///< The session's default database.
  std::string_view sql;       ///< In the client's character set.
  std::uint16_t error_code = 0;
  std::uint64_t sql_mode = 0;
  std::optional<std::uint16_t> client_collation;
  /// Of the session, where the event says: collation_server, and a collation_database that was set
  /// to another than `database` has. That one decides about no table, and where it is not stated
  /// nothing is known of the database. (Observed on MySQL 5.6, 9.7 and MariaDB 10.11, 11.8.)
  std::optional<std::uint16_t> server_collation;
  std::optional<std::uint16_t> database_collation;
  /// MySQL 8.0 and later: what utf8mb4 named alone stands for.
  std::optional<std::uint16_t> utf8mb4_collation;
  /// MariaDB 11.2 and later: character_set_collations, if the statement made use of it.
  std::vector<DefaultCollation> default_collations;
};
base::Result<Query> parse_query(Bytes event, std::string& scratch);

/// What a QUERY event means for the transaction that it stands in.
enum class QueryKind : std::uint8_t {
  kBegin,
  kCommit,
  kRollback,
  kSavepoint,            ///< `name` is set.
  kRollbackToSavepoint,  ///< `name` is set.
  kReleaseSavepoint,     ///< `name` is set.
  kXaStart,              ///< XA START, XA END: parts of a group that XA_PREPARE closes.
  kXaEnd,
  kXaCommit,                  ///< `name` is the xid, as written.
  kXaRollback,                ///< `name` is the xid, as written.
  kDdl,                       ///< Changes a definition (or truncates); commits what was open.
  kCreateTableInTransaction,  ///< CREATE TABLE … START TRANSACTION (MySQL 8.0.21+): rows follow.
  kRowChangeStatement,  ///< INSERT, UPDATE, DELETE, REPLACE, LOAD DATA in statement format: its
                        ///< rows are not in the binlog. `name` is the verb, as written, `database`
                        ///< and `table` name the first table that it changes.
  kOther,               ///< GRANT, SET, ANALYZE, …: concerns no row.
};
struct QueryMeaning {
  QueryKind kind = QueryKind::kOther;
  /// Unquoted. A savepoint's has A to Z as a to z: servers compare these names without case.
  std::string name;
  /// As written, unquoted; empty where the text has none, or not in a plain place.
  std::string database;
  std::string table;
  /// kDdl: CREATE TABLE … SELECT as it was typed; no event has its rows.
  bool fills_table = false;
};
/// Reads just enough of the text to tell. Comments and executed comments (/*! */, /*M! */) count as
/// the server counts them.
QueryMeaning classify_query(std::string_view sql, std::uint64_t sql_mode);

/// ROWS_QUERY, and MariaDB's ANNOTATE_ROWS: the statement of the rows events that follow, in the
/// client's character set.
base::Result<std::string_view> parse_rows_query(Bytes event);

/// XID: commits the transaction.
base::Result<std::uint64_t> parse_xid(Bytes event);

/// XA_PREPARE.
struct XaPrepare {
  bool one_phase = false;  ///< Commits here and now.
  std::string xid;         ///< "X'..',X'..',1", as XA COMMIT writes it.
};
base::Result<XaPrepare> parse_xa_prepare(Bytes event);

/// INCIDENT: the server lost events. Message for people.
base::Result<std::string> parse_incident(Bytes event);

/// HEARTBEAT and HEARTBEAT_V2: alive; nothing to send. `offset` is 32 bits wide in version 1.
struct Heartbeat {
  std::string_view file;
  std::uint64_t offset = 0;
};
base::Result<Heartbeat> parse_heartbeat(Bytes event);

}  // namespace pikachu::binlog
