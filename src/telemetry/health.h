#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace pikachu::telemetry {

/// What waits on disk for endpoints.
struct Waiting {
  std::uint64_t changes = 0;
  std::uint64_t bytes = 0;
  std::string problem;  ///< Why no more can wait; "" if it can.
};

/// How the program is, at one moment.
struct HealthSnapshot {
  bool monitor_running = false;     ///< The reader runs (connected or reconnecting).
  bool dispatcher_running = false;  ///< The delivery loops run.
  bool stream_connected = false;
  std::string stream_server;  ///< Who streams, or did last: "db.example:3306"; "" before the first.
  /// Time since the server was last heard of, heartbeats included; nothing before the first time.
  std::optional<std::chrono::milliseconds> stream_silence;
  bool stream_stale = false;  ///< Silent past the deadline.
  std::uint64_t queued = 0;   ///< Deliveries accepted and not settled.
  std::optional<std::chrono::system_clock::time_point>
      last_event_time;  ///< Of the last row change.
  std::chrono::seconds uptime{0};
  Waiting waiting;
  std::string position;  ///< Last position saved, for people; "" before the first.
  std::string problem;   ///< Why it is not ready; "" if it is.

  /// Running, connected and not stale, and what endpoints don't take can wait.
  bool up() const {
    return monitor_running && dispatcher_running && stream_connected && !stream_stale &&
           waiting.problem.empty();
  }
};

/// Where the parts of the program say how they are, and /health asks.
///
/// Threads: all methods from any thread.
class HealthBoard {
 public:
  HealthBoard();

  /// How long the stream may be silent before it counts as stale: heartbeats make it less than
  /// that.
  void set_stream_deadline(std::chrono::milliseconds deadline);
  void set_monitor_running(bool running);
  void set_dispatcher_running(bool running);
  /// `problem` says why it is not connected. Being connected counts as having heard of the server.
  void set_stream_connected(bool connected, std::string problem = {});
  /// Whose stream it is, for people.
  void set_stream_server(std::string address);
  /// Any event or heartbeat has arrived. Cheap: call it for each.
  void stream_heard() noexcept;
  /// The reader waits for its sink, and so does not listen to the server: that silence is no fault
  /// of the stream. Its end counts as hearing the server. Cheap: call it for each delivery.
  void set_reader_waiting(bool waiting) noexcept;
  /// A row change was read.
  void row_change_read() noexcept;
  void set_position(std::string position);
  /// Asked at each snapshot(), by its thread. Lifetime: what `count` refers to outlives the last
  /// one.
  void set_queued(std::function<std::uint64_t()> count);

  /// As set_queued().
  void set_waiting(std::function<Waiting()> waiting);

  HealthSnapshot snapshot() const;

 private:
  const std::chrono::steady_clock::time_point started_;
  std::atomic<std::int64_t> last_heard_ns_{0};  ///< steady_clock; 0: never.
  std::atomic<std::int64_t> last_event_us_{0};  ///< system_clock; 0: never.
  std::atomic<bool> reader_waiting_{false};
  std::atomic<std::int64_t> deadline_ms_{0};  ///< 0: none.
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  bool monitor_running_ = false;
  bool dispatcher_running_ = false;
  bool stream_connected_ = false;
  std::string stream_server_;
  std::string position_;
  std::string problem_;
  std::function<std::uint64_t()> queued_;
  std::function<Waiting()> waiting_;
};

}  // namespace pikachu::telemetry
