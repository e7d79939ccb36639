#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "sink/webhook/connection_budget.h"
#include "sink/webhook/dead_letter_writer.h"
#include "sink/webhook/endpoint.h"
#include "sink/webhook/http_engine.h"
#include "sink/webhook/inbox.h"
#include "telemetry/logger.h"

namespace pikachu::sink::webhook {

/// One thread that makes the requests of some endpoints, all at the same time.
///
/// Each turn it takes in what has arrived, judges what has finished, starts what may be started
/// (endpoint by endpoint, a few requests each, so that none crowds out another) and waits for
/// sockets and the next due time in one place.
///
/// Threads: inbox() is any thread's; everything else belongs to the loop's own thread, except where
/// noted. Lifetime: everything given to the constructor must outlive it.
class DeliveryLoop {
 public:
  /// One endpoint of the loop.
  struct Member {
    std::size_t task = 0;  ///< Message::task.
    const EndpointOptions* options = nullptr;
    EndpointMetrics metrics;
  };

  /// Starts the thread. `task_count` is that of all loops. Throws std::system_error or
  /// std::runtime_error if it cannot have what it needs of the system.
  DeliveryLoop(const CurlFunctions& curl, std::size_t number, const WebhookOptions& options,
               std::size_t task_count, std::span<const Member> members,
               DeadLetterWriter& dead_letters, const telemetry::Logger& logger);
  ~DeliveryLoop();
  DeliveryLoop(const DeliveryLoop&) = delete;
  DeliveryLoop& operator=(const DeliveryLoop&) = delete;

  Inbox& inbox() { return inbox_; }
  const Inbox& inbox() const { return inbox_; }

  /// Waits for the thread to end. REQUIRES: inbox().close() was called.
  void join();

  /// What the endpoint at `index` of the members last failed with; "" if it never did.
  /// Threads: any.
  std::string last_error(std::size_t index) const { return endpoints_[index]->last_error(); }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Alarm {
    TimePoint due;
    Endpoint* endpoint = nullptr;
    bool operator>(const Alarm& other) const { return due > other.due; }
  };

  void run();
  std::optional<TimePoint> next_turn() const;
  void end_attempt(Attempt& attempt, TimePoint now);
  void take_inbox();
  void ring_alarms(TimePoint now);
  void start_attempts(TimePoint now);
  void make_runnable(Endpoint& endpoint);
  void schedule(Endpoint& endpoint, TimePoint now);
  void settled(const Endpoint& endpoint, std::size_t bytes);
  bool is_done(TimePoint now) const;
  void abort_attempts();

  const std::size_t number_;
  DeadLetterWriter& dead_letters_;
  const std::size_t connections_;
  std::vector<Member> members_;
  std::vector<std::size_t> index_of_task_;  ///< Into members_ and endpoints_.
  Inbox inbox_;
  HttpEngine engine_;
  ConnectionBudget budget_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::deque<Endpoint*> runnable_;  ///< To be served, in turn.
  std::vector<Endpoint*> without_connection_;
  std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> alarms_;
  std::vector<HttpTransfer*> finished_;
  std::vector<Inbox::Release> released_;
  Inbox::Contents contents_;
  std::size_t pending_ = 0;    ///< Deliveries taken in and not settled.
  std::size_t under_way_ = 0;  ///< Requests.
  std::size_t condemned_ = 0;  ///< With the dead letter writer.
  std::jthread thread_;
};

}  // namespace pikachu::sink::webhook
