#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "pipeline/sink.h"
#include "pipeline/store.h"
#include "sink/webhook/webhook_metrics.h"
#include "sink/webhook/webhook_options.h"
#include "telemetry/logger.h"
#include "telemetry/metrics.h"

namespace pikachu::sink::webhook {

class CurlLibrary;
class DeadLetterWriter;
class DeliveryLoop;

/// How one task's endpoint does, for people.
struct TaskStatus {
  std::string task_id;
  std::uint64_t queued = 0;     ///< Accepted and not settled, those in flight included.
  std::uint64_t in_flight = 0;  ///< Requests under way.
  std::uint64_t delivered = 0;
  std::uint64_t failed_attempts = 0;
  std::uint64_t dead_letters = 0;  ///< Set aside by this process.
  bool breaker_is_open = false;    ///< The endpoint fails and is only probed.
  std::string last_error;          ///< "" if there never was one; no secret, no row value.
};

/// Delivers changes to HTTP endpoints: each until it is accepted or, where the endpoint refuses
/// just this one, set aside as a dead letter.
///
///     submit ─▶ queue of the task ─▶ lanes by key ─▶ POST ─▶ 2xx: settled
///                                        ▲             │──▶ endpoint fails: again, for ever
///                                        └─ pauses ◀───┘──▶ change refused: again, then a letter
///
/// In order: changes of a task that share a key go out one after the other, through retries too;
/// all others side by side. Isolated: an endpoint that is slow, dead or hangs delays its own task
/// only, until its queue is full and submit() waits. At least once: a change may arrive twice, with
/// the same webhook-id; libcurl itself sends a request again if a kept-alive connection dies under
/// it.
///
/// Threads: submit() by one caller, try_submit() beside it, close() once, everything else from any
/// thread; own threads: one for each delivery loop, one for dead letters.
class WebhookSink final : public pipeline::BoundedSink {
 public:
  /// `dead_letters` and `registry` must outlive it. The endpoints' order is that of Message::task.
  /// Throws std::runtime_error for an endpoint that cannot be (the message names task and reason,
  /// no secret) or where libcurl is not installed, std::system_error if the system has no
  /// descriptors or threads left.
  WebhookSink(WebhookOptions options, pipeline::DeadLetters& dead_letters,
              const telemetry::Logger& logger, telemetry::Registry& registry);
  /// close(0), unless it was closed.
  ~WebhookSink() override;
  WebhookSink(const WebhookSink&) = delete;
  WebhookSink& operator=(const WebhookSink&) = delete;

  /// See Sink. REQUIRES: delivery.message->task is an index of the endpoints.
  base::Result<void> submit(pipeline::Delivery delivery, const std::stop_token& stop) override;

  /// See BoundedSink. REQUIRES: as submit().
  bool try_submit(pipeline::Delivery& delivery) override;
  void on_room(std::function<void(std::size_t task)> listener) override;

  /// See Sink. Returns before the grace is over if nothing more can be done within it, and at most
  /// half a second after; unless a dead letter is just being written, which is waited for.
  void close(std::chrono::milliseconds grace) override;

  /// Deliveries accepted and not settled.
  std::uint64_t unsettled() const;

  /// One entry for each endpoint, in their order.
  std::vector<TaskStatus> status() const;

 private:
  struct Place {
    DeliveryLoop* loop = nullptr;
    std::size_t index = 0;  ///< Among the loop's endpoints.
  };

  const WebhookOptions options_;
  const std::unique_ptr<CurlLibrary> library_;
  std::vector<EndpointMetrics> metrics_;
  std::unique_ptr<DeadLetterWriter> dead_letters_;
  std::vector<std::unique_ptr<DeliveryLoop>> loops_;
  std::vector<Place> places_;  ///< By task.
};

}  // namespace pikachu::sink::webhook
