#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "backlog/backlog.h"
#include "backlog/backlog_metrics.h"
#include "backlog/backlog_options.h"
#include "pipeline/sink.h"
#include "pipeline/waiting_store.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

namespace pikachu::backlog {

/// A sink before a sink: what the inner one has no room for waits on disk instead of holding up the
/// reader, and with it all other tasks.
///
///     submit ─▶ nothing of the task waits ─▶ inner sink
///                   │ else                      ▲
///                   ▼                           │ in order, as it has room
///               unwritten (memory) ─────────────┤
///                   │ 0.8 s, or memory fills up │
///                   ▼                           │
///               disk ───────────────────────────┘
///
/// A delivery is settled towards the reader once the inner sink has settled it or it is on disk, so
/// the saved position follows the reader by about a second however long an endpoint is dead. What
/// is on disk is delivered after a restart before what is read then.
///
/// submit() waits only where the disk is too slow, broken, full or its quota used up: nothing is
/// dropped, ever.
///
/// Threads: submit() by one caller, close() once, everything else from any thread; its own thread
/// reads and writes the store. Spec: docs/adr/0011-waiting-deliveries-are-kept-on-disk.md.
class BacklogSink final : public pipeline::Sink {
 public:
  /// Lifetime: `inner`, `store` and the registry outlive this.
  BacklogSink(const BacklogOptions& options, pipeline::BoundedSink& inner,
              pipeline::WaitingStore& store, telemetry::Logger logger,
              telemetry::Registry& registry);
  /// close(0), unless it was closed.
  ~BacklogSink() override;
  BacklogSink(const BacklogSink&) = delete;
  BacklogSink& operator=(const BacklogSink&) = delete;

  /// Looks at what waits from earlier runs, and begins to deliver it. `through`, `last_number`: as
  /// in Backlog::open. Errors: those of the store. Throws std::system_error if no thread can be
  /// had.
  base::Result<void> start(std::uint64_t through, std::uint64_t last_number);

  /// See Sink. REQUIRES: start() succeeded; the delivery's number is above all before.
  base::Result<void> submit(pipeline::Delivery delivery, const std::stop_token& stop) override;

  /// See Sink. Logs that it is over.
  bool expects_again() override;

  /// Closes the inner sink with `grace`, then writes what is not settled to disk and settles it.
  void close(std::chrono::milliseconds grace) override;

  /// What waits for each task.
  std::vector<TaskWaiting> waiting() const;
  /// Changes that wait behind the inner sink's queues.
  std::uint64_t behind_changes() const;
  /// Which quota the reader waits for now, or why nothing can be written or read, for people; "" if
  /// there is nothing to mend: where the disk is only slow, too.
  std::string problem() const;

 private:
  void run(const std::stop_token& stop);
  void note(const Backlog::Turn& turn);
  void note_failures(const Backlog::Turn& turn);
  base::Result<void> name_orphans();
  void update_gauges();
  void note_obstacle(Obstacle obstacle, std::size_t task);
  std::optional<Backlog::TimePoint> note_calm();

  const BacklogOptions options_;
  pipeline::BoundedSink& inner_;
  pipeline::WaitingStore& store_;
  const telemetry::Logger logger_;
  BacklogMetrics metrics_;
  std::shared_ptr<Backlog> backlog_;  ///< Null before start().
  bool closed_ = false;
  // The reader's own:
  Obstacle obstacle_ = Obstacle::kNone;
  bool expects_again_ = false;

  // The thread's own:
  bool writing_fails_ = false;
  bool reading_fails_ = false;
  std::vector<std::optional<std::chrono::steady_clock::time_point>> told_;  ///< Of spilling.

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::string reader_problem_;
  std::string store_problem_;
  /// By task, then that of all tasks: the log told that it is used up, and not yet that that is
  /// over.
  std::vector<bool> told_quotas_;
  Backlog::TimePoint stopped_until_{};  ///< When a quota last held up the reader.
  std::jthread thread_;
};

}  // namespace pikachu::backlog
