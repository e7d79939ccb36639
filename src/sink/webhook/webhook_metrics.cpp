#include "sink/webhook/webhook_metrics.h"

namespace pikachu::sink::webhook {
namespace {

using Labels = prometheus::Labels;

prometheus::Counter& counter(telemetry::Registry& registry, const char* name, const char* help,
                             const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

prometheus::Gauge& gauge(telemetry::Registry& registry, const char* name, const char* help,
                         const std::string& task_id) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(
      {{"task_id", task_id}});
}

/// From half a millisecond to a minute.
prometheus::Histogram& histogram(telemetry::Registry& registry, const char* name, const char* help,
                                 const std::string& task_id) {
  const prometheus::Histogram::BucketBoundaries seconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                        0.05,   0.1,   0.25,   0.5,   1.0,  2.5,
                                                        5.0,    10.0,  30.0,   60.0};
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(
      {{"task_id", task_id}}, seconds);
}

prometheus::Counter* attempts_counter(telemetry::Registry& registry, const std::string& task_id,
                                      Blame blame) {
  return &counter(registry, "pikachu_webhook_attempts_total",
                  "Requests made, by who is answerable for their outcome",
                  {{"task_id", task_id}, {"outcome", std::string(to_string(blame))}});
}

}  // namespace

EndpointMetrics::EndpointMetrics(telemetry::Registry& registry, const std::string& task_id)
    : attempts_by_outcome{attempts_counter(registry, task_id, Blame::kNobody),
                          attempts_counter(registry, task_id, Blame::kEndpoint),
                          attempts_counter(registry, task_id, Blame::kChange),
                          attempts_counter(registry, task_id, Blame::kLocal)},
      attempt_duration(histogram(registry, "pikachu_webhook_attempt_duration_seconds",
                                 "From the start of a request to its end", task_id)),
      commit_to_delivery(histogram(registry, "pikachu_webhook_commit_to_delivery_seconds",
                                   "From the commit on the server to the endpoint's 2xx", task_id)),
      delivered(counter(registry, "pikachu_webhook_delivered_total",
                        "Changes that the endpoint accepted", {{"task_id", task_id}})),
      dead_letters(counter(registry, "pikachu_webhook_dead_letters_total",
                           "Changes that the endpoint refused and that were set aside",
                           {{"task_id", task_id}})),
      queue_changes(gauge(registry, "pikachu_webhook_queue_changes",
                          "Changes accepted and not settled", task_id)),
      queue_bytes(gauge(registry, "pikachu_webhook_queue_bytes",
                        "Memory held by changes that are not settled", task_id)),
      queue_capacity(gauge(registry, "pikachu_webhook_queue_capacity",
                           "Changes at which what follows waits behind", task_id)),
      in_flight(gauge(registry, "pikachu_webhook_in_flight", "Requests under way", task_id)),
      endpoint_state(gauge(registry, "pikachu_webhook_endpoint_state",
                           "0: called as usual; 1: open, it failed and is only probed", task_id)) {
}

}  // namespace pikachu::sink::webhook
