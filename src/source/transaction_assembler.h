#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "binlog/events.h"
#include "binlog/rows_event.h"
#include "binlog/transaction_payload.h"
#include "change/position.h"
#include "change/row_change.h"
#include "source/event_stream.h"
#include "source/prepared_transactions.h"
#include "source/source_options.h"
#include "source/stream_offset.h"
#include "source/table_cache.h"
#include "source/transaction_buffer.h"
#include "source/transaction_rows.h"

namespace pikachu::source {

/// What an assembler saw that a person should know of, though nothing is wrong with the stream.
struct Notice {
  enum class Kind : std::uint8_t {
    /// A statement was logged as text instead of rows, so its changes can't be delivered.
    kStatementFormat,
    /// A transaction with wanted rows ended in ROLLBACK; an XA transaction after its XA PREPARE
    /// too.
    kRolledBack,
    /// XA COMMIT of what was prepared before the place where this stream began: its rows were
    /// delivered before that, or lie before the start.
    kPreparedEarlier,
  };
  Kind kind = Kind::kStatementFormat;
  std::string where;      ///< "mysql-bin.000042:1234"
  std::string statement;  ///< Its verb and the table, or the id of an XA transaction; no values.
};

/// Turns the events of a binlog stream into whole transactions.
///
/// The grammar it holds the stream to (one group per transaction):
///
///     stream: ROTATE(artificial) FORMAT_DESCRIPTION (PREVIOUS_GTIDS | GTID_LIST)? group*
///             (ROTATE | STOP)
///     group:  GTID? BEGIN change* (XID | COMMIT | ROLLBACK | XA_PREPARE)   rows, or none
///           | GTID? QUERY                                    a definition, a grant, …
///           | GTID? TRANSACTION_PAYLOAD                      such a group, compressed
///     change: TABLE_MAP+ ROWS+ | SAVEPOINT | ROLLBACK TO
///
/// MariaDB has no BEGIN: a GTID that is not standalone opens the group. Rows are held back until
/// the group commits, cut at ROLLBACK TO, and dropped at ROLLBACK. Those of a group that ends in
/// XA_PREPARE are held until XA COMMIT or XA ROLLBACK, in a group of its own, says what becomes of
/// them: through other groups, other files and restart().
///
/// Steady streams of small transactions cost no allocation.
///
/// Offsets are counted in 64 bits from event sizes: log_pos wraps at 4 GiB, and is 0 in many
/// events.
///
/// Threads: one owner.
/// Spec: docs/formats/binlog-events.md.
class TransactionAssembler {
 public:
  enum class Step : std::uint8_t {
    kNothing,    ///< Go on.
    kMoved,      ///< position() has moved on without rows: a rotation, a definition, …
    kCommitted,  ///< A transaction is complete: call next_row() until it returns null, or
                 ///< drop_rows().
  };

  TransactionAssembler(const SourceOptions& options, TableFilter filter, SchemaReader& schemas,
                       std::function<void(const Notice&)> on_notice);
  ~TransactionAssembler();
  TransactionAssembler(const TransactionAssembler&) = delete;
  TransactionAssembler& operator=(const TransactionAssembler&) = delete;

  /// A stream was (re)opened at `opened.start`: drops a transaction that was not complete.
  /// Prepared XA transactions are kept where the server is the same as before, and the stream goes
  /// on at position(); for any other beginning call forget_prepared() first.
  void restart(const OpenedStream& opened);

  /// Takes the next event, header and checksum included.
  /// Errors: kCorrupt, kUnsupported, kInvalid with file and offset in the message: nothing may
  /// follow. kUnavailable (information_schema or the spill file, not the event): take the same
  /// event again, or restart. kCancelled.
  base::Result<Step> take(binlog::Bytes event, const std::stop_token& stop);

  /// Passes the next event over instead, and drops the transaction that it stands in: for one that
  /// says that the transaction is not whole. Errors: kCorrupt, with file and offset.
  base::Result<void> pass_over(binlog::Bytes event);

  /// From here on `on_nested` is told of each event inside a TRANSACTION_PAYLOAD, before it is
  /// taken.
  void watch_nested(std::function<void(const binlog::EventHeader&)> on_nested) {
    on_nested_ = std::move(on_nested);
  }

  /// The next row of the transaction that take() completed, or null after its last.
  /// Lifetime: until the next call of any method.
  base::Result<const change::RowChange*> next_row();

  /// Passes over the rows of the transaction that take() completed, or those that are left of it:
  /// they are not decoded, so nothing in them can be wrong.
  void drop_rows();

  /// The transaction that take() completed last. REQUIRES: it returned kCommitted last.
  const change::Transaction& transaction() const { return transaction_; }

  /// Whether transactions before the asked time are still being left out: position() is then no
  /// place to resume from, because the time would be forgotten.
  bool skipping() const { return skip_before_unix_seconds_.has_value(); }

  /// Where streaming would go on after all that was completed, as long as prepared() is kept.
  const change::Position& position() const { return position_; }
  /// Where it would go on without anything kept: before the oldest transaction in prepared().
  const change::Position& safe_position() const;

  /// XA transactions that are prepared and not resolved.
  const PreparedTransactions& prepared() const { return prepared_; }
  /// The one in prepared() with rows that came last; null if there is none.
  PreparedTransaction* newest_prepared() { return prepared_.newest(); }
  void forget_prepared() { prepared_.clear(); }

  /// Where the event that take() saw last begins: "mysql-bin.000042:1234".
  std::string where() const { return offset_.to_string(); }

 private:
  base::Result<Step> take_verified(binlog::Bytes event, const binlog::EventHeader& header,
                                   const std::stop_token& stop);
  base::Result<Step> take_control(binlog::Bytes event, const binlog::EventHeader& header);
  base::Result<Step> take_format_description(binlog::Bytes event_with_checksum,
                                             const binlog::EventHeader& header);
  base::Result<Step> take_rotate(binlog::Bytes event, const binlog::EventHeader& header);
  base::Result<Step> take_gtid(binlog::Bytes event);
  static base::Result<Step> take_dummy(std::string_view text);
  void take_definition(const binlog::Query& query, const binlog::EventHeader& header);
  base::Result<Step> take_query(binlog::Bytes event, const binlog::EventHeader& header);
  base::Result<Step> take_group_query(const binlog::QueryMeaning& meaning,
                                      const binlog::EventHeader& header);
  base::Result<Step> take_rows(binlog::Bytes event);
  base::Result<void> collect_rows(binlog::Bytes event,
                                  const std::shared_ptr<const CachedTable>& table);
  base::Result<std::uint64_t> count_rows(binlog::Bytes event, const CachedTable& table);
  base::Result<Step> take_payload(binlog::Bytes event, const std::stop_token& stop);
  base::Result<Step> take_xa_prepare(binlog::Bytes event, const binlog::EventHeader& header);
  base::Result<Step> take_nested(binlog::PayloadReader& payload, const std::stop_token& stop);
  Step commit(const binlog::EventHeader& header);
  Step commit_prepared(const std::string& xid, const binlog::EventHeader& header);
  Step drop_prepared(const std::string& xid);
  Step drop_transaction();
  base::Result<Step> roll_back_to(std::string_view savepoint);
  bool describe_transaction(const binlog::EventHeader& header);
  void move_position();
  void close_group();
  void end_group();
  std::unique_ptr<TransactionBuffer> make_buffer() const;

  // Constant after construction.
  const std::size_t transaction_memory_;
  const std::string spill_dir_;
  const std::string spill_advice_;
  const bool with_queries_;
  const std::function<void(const Notice&)> on_notice_;
  SchemaReader& schemas_;

  // The stream.
  std::shared_ptr<const binlog::FormatDescription> format_;
  bool has_format_ = false;
  binlog::Checksum rotate_checksum_ = binlog::Checksum::kCrc32;  ///< Of the first ROTATE.
  bool by_gtid_ = false;
  bool gtids_complete_ = true;
  StreamOffset offset_;
  change::Position position_;
  std::optional<std::int64_t> skip_before_unix_seconds_;
  TableCache tables_;
  std::string query_scratch_;
  std::function<void(const binlog::EventHeader&)> on_nested_;

  // The open group.
  bool group_open_ = false;      ///< A GTID came.
  bool in_transaction_ = false;  ///< BEGIN came, or what stands for it.
  binlog::GtidEvent gtid_;
  std::unique_ptr<TransactionBuffer> buffer_;
  binlog::RowsReader counter_;
  /// Why the ordinals of rows that follow in this transaction can't be told; empty if they can.
  std::string uncountable_;

  PreparedTransactions prepared_;

  // The transaction that take() completed last: its rows are in `buffer_`, or in `committed_` if it
  // was prepared before.
  change::Transaction transaction_;
  std::unique_ptr<TransactionBuffer> committed_;
  TransactionRows rows_;
};

}  // namespace pikachu::source
