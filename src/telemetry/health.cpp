#include "telemetry/health.h"

#include <utility>

namespace pikachu::telemetry {
namespace {

using std::chrono::duration_cast;

std::int64_t steady_ns() {
  return duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// The first reason, in the order in which a person would look. "" if all is well.
std::string describe_problem(const HealthSnapshot& snapshot, std::int64_t deadline_ms) {
  if (!snapshot.monitor_running) return "the reader is not running";
  if (!snapshot.dispatcher_running) return "the delivery loops are not running";
  if (!snapshot.stream_connected) return "not connected to the database server yet";
  if (snapshot.stream_stale) {
    return "the database server has been silent for " +
           std::to_string(snapshot.stream_silence.value_or(std::chrono::milliseconds{}).count()) +
           " ms, longer than the heartbeat deadline of " + std::to_string(deadline_ms) +
           " ms; check the server and the network to it";
  }
  return snapshot.waiting.problem;
}

}  // namespace

HealthBoard::HealthBoard() : started_(std::chrono::steady_clock::now()) {
}

void HealthBoard::set_stream_deadline(std::chrono::milliseconds deadline) {
  deadline_ms_ = deadline.count();
}

void HealthBoard::set_monitor_running(bool running) {
  const std::lock_guard lock(mutex_);
  monitor_running_ = running;
}

void HealthBoard::set_dispatcher_running(bool running) {
  const std::lock_guard lock(mutex_);
  dispatcher_running_ = running;
}

void HealthBoard::set_stream_connected(bool connected, std::string problem) {
  // The server has just answered: after a long outage the stream must not count as stale until the
  // first event comes.
  if (connected) stream_heard();
  const std::lock_guard lock(mutex_);
  stream_connected_ = connected;
  problem_ = connected ? std::string() : std::move(problem);
}

void HealthBoard::set_stream_server(std::string address) {
  const std::lock_guard lock(mutex_);
  stream_server_ = std::move(address);
}

void HealthBoard::stream_heard() noexcept {
  last_heard_ns_.store(steady_ns(), std::memory_order_relaxed);
}

void HealthBoard::set_reader_waiting(bool waiting) noexcept {
  if (!waiting) stream_heard();
  reader_waiting_.store(waiting, std::memory_order_release);
}

void HealthBoard::row_change_read() noexcept {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  last_event_us_.store(duration_cast<std::chrono::microseconds>(now).count(),
                       std::memory_order_relaxed);
}

void HealthBoard::set_position(std::string position) {
  const std::lock_guard lock(mutex_);
  position_ = std::move(position);
}

void HealthBoard::set_queued(std::function<std::uint64_t()> count) {
  const std::lock_guard lock(mutex_);
  queued_ = std::move(count);
}

void HealthBoard::set_waiting(std::function<Waiting()> waiting) {
  const std::lock_guard lock(mutex_);
  waiting_ = std::move(waiting);
}

HealthSnapshot HealthBoard::snapshot() const {
  HealthSnapshot snapshot;
  snapshot.uptime =
      duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_);
  const auto deadline_ms = deadline_ms_.load();
  const bool waiting = reader_waiting_.load(std::memory_order_acquire);
  if (const auto heard = last_heard_ns_.load(std::memory_order_relaxed); heard != 0) {
    const auto silence = std::chrono::nanoseconds(steady_ns() - heard);
    snapshot.stream_silence = duration_cast<std::chrono::milliseconds>(silence);
    snapshot.stream_stale = deadline_ms > 0 && !waiting &&
                            *snapshot.stream_silence > std::chrono::milliseconds(deadline_ms);
  }
  if (const auto event = last_event_us_.load(std::memory_order_relaxed); event != 0) {
    snapshot.last_event_time =
        std::chrono::system_clock::time_point(std::chrono::microseconds(event));
  }
  std::function<std::uint64_t()> queued;
  std::function<Waiting()> waiting_on_disk;
  {
    const std::lock_guard lock(mutex_);
    snapshot.monitor_running = monitor_running_;
    snapshot.dispatcher_running = dispatcher_running_;
    snapshot.stream_connected = stream_connected_;
    snapshot.stream_server = stream_server_;
    snapshot.position = position_;
    snapshot.problem = problem_;
    queued = queued_;
    waiting_on_disk = waiting_;
  }
  // Called without the lock: they take locks of their own.
  if (queued) snapshot.queued = queued();
  if (waiting_on_disk) snapshot.waiting = waiting_on_disk();
  if (snapshot.problem.empty()) snapshot.problem = describe_problem(snapshot, deadline_ms);
  return snapshot;
}

}  // namespace pikachu::telemetry
