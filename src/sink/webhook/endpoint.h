#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "pipeline/delivery.h"
#include "pipeline/store.h"
#include "sink/webhook/breaker.h"
#include "sink/webhook/http_transfer.h"
#include "sink/webhook/lanes.h"
#include "sink/webhook/outcome.h"
#include "sink/webhook/webhook_metrics.h"
#include "sink/webhook/webhook_options.h"
#include "telemetry/logger.h"

namespace pikachu::sink::webhook {

class Endpoint;

/// A request under way for one delivery; used again for the next.
struct Attempt : HttpTransfer {
  Attempt(Endpoint& owner, const EndpointOptions& options, const WebhookOptions& webhook,
          HttpEngine& engine)
      : HttpTransfer(options, webhook, engine), endpoint(owner) {}

  Endpoint& endpoint;
  Pending* pending = nullptr;  ///< nullptr while it is idle.
  std::chrono::steady_clock::time_point started;
};

/// One task's endpoint: what is pending for it, and what each attempt means for that.
///
/// A 2xx settles. A failure that blames the endpoint parks the delivery and is tried again for
/// ever; one that blames the change counts against its retries, after which the delivery is
/// condemned: the caller makes it a dead letter, and calls set_aside() when that is durable.
///
/// Threads: one owner (its loop); last_error() from any thread.
class Endpoint {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// `engine`, `options` and `webhook` must outlive it.
  Endpoint(HttpEngine& engine, const EndpointOptions& options, const WebhookOptions& webhook,
           std::size_t task, const EndpointMetrics& metrics, telemetry::Logger logger,
           std::uint64_t seed);

  std::size_t task() const { return task_; }

  void push(pipeline::Delivery delivery);

  /// Whether a request may begin: something is ready and the breaker has no objection.
  bool can_send(TimePoint now) const {
    return lanes_.has_ready() && breaker_.allows(now, in_flight_);
  }

  /// Prepares a request for the oldest delivery that is ready. REQUIRES: can_send(now).
  Attempt& begin(TimePoint now);

  /// What the end of an attempt came to.
  struct Verdict {
    std::size_t settled_bytes = 0;  ///< Not 0: the delivery is settled and gone.
    Pending* condemned = nullptr;   ///< To be made a dead letter.
    pipeline::DeadLetter letter;    ///< Of `condemned`.
  };
  /// Judges a finished attempt. REQUIRES: the engine has returned it.
  Verdict end(Attempt& attempt, TimePoint now);

  /// The dead letter of a condemned delivery is durable: settles it. Returns its bytes.
  std::size_t set_aside(Pending& pending);

  /// Deliveries whose pause is over become ready.
  void release_due(TimePoint now) { lanes_.release_due(now); }

  /// When time alone may change can_send(); nothing if it cannot.
  std::optional<TimePoint> next_change(TimePoint now) const;

  /// The attempts that are under way.
  std::vector<Attempt*> under_way() const;

  std::size_t in_flight() const { return in_flight_; }
  std::string last_error() const;

  bool is_runnable = false;            ///< The loop's note: in its list of those to be served.
  std::optional<TimePoint> scheduled;  ///< The loop's note: when it looks at this one again.

 private:
  void deliver(Pending& pending);
  void settle(Pending& pending);
  void keep_for_endpoint(Pending& pending, const Reply& reply, const std::string& error,
                         TimePoint now);
  void keep_for_change(Pending& pending, TimePoint now);
  Verdict condemn(Attempt& attempt, const Reply& reply, const std::string& error);
  void keep_for_local(Pending& pending, TimePoint now);
  void remember_error(const std::string& error);
  void note_failure(const Attempt& attempt, Blame blame, const std::string& error, TimePoint now);
  void note_transition(Breaker::Transition transition, const std::string& error);
  std::chrono::milliseconds retry_pause(std::uint32_t failures);

  HttpEngine& engine_;
  const EndpointOptions& options_;
  const WebhookOptions& webhook_;
  const std::size_t task_;
  const std::string printable_url_;
  const EndpointMetrics metrics_;
  const telemetry::Logger logger_;
  Lanes lanes_;
  Breaker breaker_;
  std::minstd_rand random_;
  std::size_t in_flight_ = 0;
  std::vector<std::unique_ptr<Attempt>> attempts_;  ///< All; at most max_in_flight.
  std::vector<Attempt*> idle_;
  std::optional<TimePoint> quiet_until_;  ///< No warning about a single failure before.
  mutable std::mutex error_mutex_;
  std::string last_error_;  ///< Guarded by error_mutex_.
};

}  // namespace pikachu::sink::webhook
