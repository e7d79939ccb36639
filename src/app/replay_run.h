#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "base/result.h"
#include "base/wake_event.h"
#include "change/position.h"
#include "config/config.h"
#include "mysql/information_schema.h"
#include "mysql/stream_opener.h"
#include "pipeline/ack_tracker.h"
#include "pipeline/pipeline.h"
#include "pipeline/store.h"
#include "replay/bounded_source.h"
#include "route/router.h"
#include "sink/webhook/webhook_sink.h"
#include "source/binlog_source.h"
#include "telemetry/health.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

namespace pikachu::app {

/// The parts of a running replay: reads the rows of one task again and hands them to its endpoint,
/// on a thread of its own.
///
/// Threads: one owner. Lifetime: `letters` outlives this.
class ReplayRun {
 public:
  /// `config` has the replayed task alone. `rate`: changes a second, 0 for as fast as it goes.
  /// `last_number`: as of AckTracker, so that dead letters come behind the service's own.
  /// Throws as WebhookSink.
  ReplayRun(const config::Config& config, replay::End end, source::StartFrom from,
            std::uint32_t rate, pipeline::DeadLetters& letters, std::uint64_t last_number,
            const telemetry::Logger& logger);

  /// Begins. Throws std::system_error if no thread can be had.
  void start();

  /// Readable once everything was read and settled, or something went wrong.
  const base::WakeEvent& ended() const { return ended_; }

  /// Ends it: what is in flight is finished within shutdown_timeout. Call once, after start().
  void stop();

  // REQUIRES, all of these: stop() was called.

  /// Whether all was read and settled.
  bool is_done() const { return bounded_.has_ended() && tracker_.unsettled() == 0; }
  /// Why reading ended: kCancelled at the end and by stop(), else what can't be gone on from.
  const base::Error& error() const { return error_; }
  /// Rows that were read for the task.
  std::uint64_t rows() const { return bounded_.rows(); }
  /// Changes that the endpoint refused for good.
  std::uint64_t dead_letters() const { return sink_.status().front().dead_letters; }
  /// Behind the last transaction of which everything is settled; nothing if there is none. Call
  /// once.
  std::optional<change::Position> settled();

 private:
  /// A replay's own position is nobody's to resume from.
  class NoPositions final : public pipeline::PositionStore {
   public:
    base::Result<std::optional<pipeline::Checkpoint>> load() override {
      return std::optional<pipeline::Checkpoint>();
    }
    base::Result<void> save(const pipeline::Checkpoint&) override { return {}; }
    base::Result<void> forget_inside() override { return {}; }
  };

  void work(const std::stop_token& stop);

  telemetry::Registry registry_;
  telemetry::HealthBoard health_;
  pipeline::AckTracker tracker_;
  NoPositions positions_;
  sink::webhook::WebhookSink sink_;
  route::Router router_;
  mysql::InformationSchema schemas_;
  mysql::BinlogStreamOpener opener_;
  source::BinlogSource source_;
  replay::BoundedSource bounded_;
  pipeline::Pipeline pipeline_;
  const std::chrono::milliseconds shutdown_timeout_;
  base::Error error_{base::ErrorCode::kCancelled, "stopped"};
  base::WakeEvent ended_;
  std::mutex mutex_;  ///< Guards nothing: look_again_ needs it.
  std::condition_variable_any look_again_;
  std::jthread worker_;
};

}  // namespace pikachu::app
