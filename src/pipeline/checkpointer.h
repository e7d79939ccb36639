#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "pipeline/ack_tracker.h"
#include "pipeline/checkpoint.h"
#include "pipeline/checkpointer_metrics.h"
#include "pipeline/store.h"
#include "telemetry/health.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

namespace pikachu::pipeline {

/// Saves the settled position at every interval in which it moved, from a thread of its own.
///
/// A save that fails is tried again at every interval, with whatever is settled by then. Nothing is
/// lost meanwhile: the saved position stays where it is, and a restart delivers more a second time.
/// It is logged at error once, and once more, at info, when saving works again.
///
/// Threads: one owner. Lifetime: all that the constructor refers to outlives this.
class Checkpointer {
 public:
  Checkpointer(AckTracker& tracker, PositionStore& store, std::chrono::milliseconds interval,
               telemetry::Logger log, telemetry::HealthBoard& health,
               telemetry::Registry& registry);
  /// As stop().
  ~Checkpointer() = default;
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// Saves a last time and ends the thread. Call it when the sink is closed: what settles after it
  /// comes again after a restart. A second call does nothing.
  void stop();

 private:
  void run(const std::stop_token& stop);
  void save_if_moved();
  void save_failed(const base::Error& error);

  AckTracker& tracker_;
  PositionStore& store_;
  const std::chrono::milliseconds interval_;
  const telemetry::Logger log_;
  telemetry::HealthBoard& health_;
  CheckpointerMetrics metrics_;

  // The thread's own:
  std::optional<Checkpoint> unsaved_;  ///< Settled; saving it has not succeeded yet.
  bool failing_ = false;
  std::chrono::steady_clock::time_point current_since_;  ///< When all was last saved and settled.

  std::mutex mutex_;  ///< Guards nothing: wake_ needs it.
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace pikachu::pipeline
