#pragma once

#include <array>
#include <string>

#include "sink/webhook/outcome.h"
#include "telemetry/metrics.h"

namespace pikachu::sink::webhook {

/// What is counted of one task's endpoint. All carry the label task_id.
///
/// Threads: any. Lifetime: that of the registry.
struct EndpointMetrics {
  EndpointMetrics(telemetry::Registry& registry, const std::string& task_id);

  prometheus::Counter& attempts(Blame blame) const {
    return *attempts_by_outcome[static_cast<std::size_t>(blame)];
  }

  /// pikachu_webhook_attempts_total{outcome="delivered"|"endpoint"|"change"|"local"}, by Blame.
  std::array<prometheus::Counter*, 4> attempts_by_outcome;
  /// pikachu_webhook_attempt_duration_seconds: from the start of a request to its end.
  prometheus::Histogram& attempt_duration;
  /// pikachu_webhook_commit_to_delivery_seconds: from the commit on the server to the 2xx.
  prometheus::Histogram& commit_to_delivery;
  prometheus::Counter& delivered;     ///< pikachu_webhook_delivered_total
  prometheus::Counter& dead_letters;  ///< pikachu_webhook_dead_letters_total
  prometheus::Gauge& queue_changes;   ///< pikachu_webhook_queue_changes: accepted, not settled.
  prometheus::Gauge& queue_bytes;     ///< pikachu_webhook_queue_bytes
  prometheus::Gauge& queue_capacity;  ///< pikachu_webhook_queue_capacity, in changes.
  prometheus::Gauge& in_flight;       ///< pikachu_webhook_in_flight: requests.
  prometheus::Gauge& endpoint_state;  ///< pikachu_webhook_endpoint_state: 0 closed, 1 open.
};

}  // namespace pikachu::sink::webhook
