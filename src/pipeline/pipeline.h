#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "change/row_change.h"
#include "encode/body.h"
#include "pipeline/ack_tracker.h"
#include "pipeline/checkpoint.h"
#include "pipeline/pipeline_metrics.h"
#include "pipeline/sink.h"
#include "pipeline/source.h"
#include "pipeline/store.h"
#include "route/router.h"
#include "telemetry/health.h"
#include "telemetry/metrics.h"

namespace pikachu::pipeline {

/// The reader's loop: source → router → one delivery for each task that wants the change → sink.
///
/// Where the stream begins is saved before the first row is taken: a crash before the first
/// checkpoint would else begin again at the server's end, and lose what lies between.
///
/// Inside a big transaction it commits parts, so that a restart in its middle does not deliver all
/// of it again: rows that an earlier run has settled are left out.
///
/// A row becomes bytes here, while its schema and its event are at hand; a row that no task wants
/// costs a look into the router's cache. The only wait besides the source's is the sink's for room.
///
/// Threads: one, the one that calls run(). Lifetime: all that the constructor refers to outlives
/// this.
class Pipeline {
 public:
  /// `task_ids` are those of the router's tasks, in the same order; `resumed` is what this run goes
  /// on from, if there is something.
  Pipeline(Source& source, route::Router& router, std::vector<std::string> task_ids, Sink& sink,
           AckTracker& tracker, std::optional<Checkpoint> resumed, PositionStore& positions,
           telemetry::HealthBoard& health, telemetry::Registry& registry);

  /// Runs until something ends it, and returns that: kCancelled if it was `stop`, else what the
  /// source could not go on from. Deliveries accepted before it are the sink's, to the last.
  base::Error run(const std::stop_token& stop);

 private:
  base::Error read(const std::stop_token& stop);
  base::Result<void> deliver(const change::RowChange& change, const std::stop_token& stop);
  base::Result<void> begin_transaction(const change::RowChange& change);
  base::Result<void> forget_inside_of_another(std::string_view server);
  void commit_part();
  void release_position();
  Delivery make_delivery(const change::RowChange& change, std::size_t task);
  std::array<std::uint64_t, 2> ordering_keys(const change::RowChange& change);
  base::Result<void> save_start(const change::Position& position);
  base::Result<void> commit(Commit commit);

  Source& source_;
  route::Router& router_;
  const std::vector<std::string> task_ids_;
  Sink& sink_;
  AckTracker& tracker_;
  PositionStore& positions_;
  telemetry::HealthBoard& health_;
  PipelineMetrics metrics_;

  bool anything_read_ = false;  ///< By this run, or the one that it goes on from.
  /// What an earlier run has settled of a transaction that is still to be read to its end.
  std::optional<InsideTransaction> resumed_inside_;
  /// Position::server of checkpoints with a Checkpoint::inside that are or may be saved; "": none.
  std::string inside_server_;
  bool in_transaction_ = false;              ///< A row of it has come.
  bool is_resumed_transaction_ = false;      ///< It is that of resumed_inside_.
  std::string transaction_;                  ///< InsideTransaction::transaction of the open one,
  std::string server_;                       ///< and the server that it is read from.
  std::size_t tracked_in_part_ = 0;          ///< Deliveries since the last commit or part.
  std::uint64_t delivered_rows_ = 0;         ///< Those with an ordinal below were delivered.
  std::vector<std::size_t> last_body_size_;  ///< By task, in bytes: the next is much the same.
  encode::BodyWriter bodies_;
  std::vector<change::Value> completed_image_;  ///< Scratch of ordering_keys().
  std::optional<std::int64_t> commit_time_us_;  ///< Of the open transaction, if it has rows.
  std::chrono::steady_clock::time_point last_commit_at_;  ///< When the last Commit was handled.
};

}  // namespace pikachu::pipeline
