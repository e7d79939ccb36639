#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "base/backoff.h"
#include "base/result.h"
#include "change/position.h"
#include "pipeline/source.h"
#include "source/event_stream.h"
#include "source/source_metrics.h"
#include "source/source_options.h"
#include "source/table_cache.h"
#include "source/transaction_assembler.h"
#include "telemetry/health.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

namespace pikachu::source {

/// The committed row changes of one server, from its binlog, for as long as the program runs.
///
/// Connects at the first next(), reconnects with growing pauses whenever the connection is lost,
/// and goes on behind the last transaction that was returned whole. What no retry mends ends it:
/// see docs/adr/0008.
///
/// While an XA transaction is prepared, the position of every Commit is before it (docs/adr/0009);
/// a reconnect to the same server goes on behind what was returned all the same, because the rows
/// are kept. Passed follows each such Commit, and stands alone while transactions before the time
/// that was asked for are left out.
///
/// Threads: one caller; the other members of the program are told through `health` and `registry`.
class BinlogSource final : public pipeline::Source {
 public:
  /// `resume` is the saved position, if there is one. All references outlive this object.
  BinlogSource(const SourceOptions& options, std::optional<change::Position> resume,
               TableFilter wanted, EventStreamOpener& opener, SchemaReader& schemas,
               telemetry::Logger logger, telemetry::HealthBoard& health,
               telemetry::Registry& registry);
  ~BinlogSource() override;
  BinlogSource(const BinlogSource&) = delete;
  BinlogSource& operator=(const BinlogSource&) = delete;

  base::Result<pipeline::SourceEvent> next(const std::stop_token& stop) override;

 private:
  base::Result<void> connect(const std::stop_token& stop);
  base::Result<TransactionAssembler::Step> read_step(const std::stop_token& stop);
  base::Result<void> recover(base::Error error, const std::stop_token& stop);
  void disconnect(const std::string& problem);
  bool wait(std::chrono::milliseconds pause, const std::stop_token& stop);
  void report(const Notice& notice);
  pipeline::SourceEvent report_position();
  bool position_is_due() const;
  void watch_prepared();

  const StartFrom start_from_;
  const std::chrono::milliseconds moved_pause_;
  EventStreamOpener& opener_;
  SchemaReader& schemas_;
  telemetry::Logger logger_;
  telemetry::HealthBoard& health_;
  SourceMetrics metrics_;
  base::Backoff backoff_;
  /// Where a reconnect goes on; while a stream is open, the position that was told last.
  std::optional<change::Position> resume_;
  std::optional<std::chrono::steady_clock::time_point>
      reported_at_;  ///< When a position was told last.
  TransactionAssembler assembler_;
  std::unique_ptr<EventStream> events_;
  /// An event that could not be taken yet, for want of information_schema: taken again.
  std::optional<std::span<const std::uint8_t>> pending_event_;
  bool is_new_stream_ = false;  ///< Connected, and health does not say so yet.
  bool in_transaction_rows_ = false;
  bool has_moved_ = false;           ///< A Commit may be due.
  std::uint64_t prepared_told_ = 0;  ///< PreparedTransactions::held_so_far() that were told.
  bool is_ahead_ = false;            ///< The Commit that was told last is early: Passed follows it.
  bool has_prepared_ = false;        ///< Of the metrics.
  std::string reported_prepared_;    ///< Place of the prepared transaction that was warned of last.
  std::mutex wait_mutex_;
  std::condition_variable_any wait_condition_;
};

}  // namespace pikachu::source
