#include "sink/webhook/webhook_sink.h"

#include <algorithm>
#include <utility>

#include "sink/webhook/curl_library.h"
#include "sink/webhook/dead_letter_writer.h"
#include "sink/webhook/delivery_loop.h"

namespace pikachu::sink::webhook {
namespace {

/// No more loops than endpoints: one endpoint is the business of one loop.
WebhookOptions with_sensible_loops(WebhookOptions options) {
  const auto most = std::max<std::size_t>(1, options.endpoints.size());
  options.loops = std::clamp<std::size_t>(options.loops, 1, most);
  return options;
}

}  // namespace

WebhookSink::WebhookSink(WebhookOptions options, pipeline::DeadLetters& dead_letters,
                         const telemetry::Logger& logger, telemetry::Registry& registry)
    : options_(with_sensible_loops(std::move(options))),
      library_(std::make_unique<CurlLibrary>()),
      dead_letters_(std::make_unique<DeadLetterWriter>(dead_letters, logger)),
      places_(options_.endpoints.size()) {
  metrics_.reserve(options_.endpoints.size());
  for (const auto& endpoint : options_.endpoints) {
    require_valid_endpoint(library_->functions(), endpoint);
    metrics_.emplace_back(registry, endpoint.task_id);
  }
  const auto tasks = options_.endpoints.size();
  for (std::size_t number = 0; number < options_.loops && tasks > 0; ++number) {
    std::vector<DeliveryLoop::Member> members;
    for (std::size_t task = number; task < tasks; task += options_.loops) {
      places_[task].index = members.size();
      members.push_back({task, &options_.endpoints[task], metrics_[task]});
    }
    loops_.push_back(std::make_unique<DeliveryLoop>(library_->functions(), number, options_, tasks,
                                                    members, *dead_letters_, logger));
    for (const auto& member : members) places_[member.task].loop = loops_.back().get();
  }
}

WebhookSink::~WebhookSink() {
  close(std::chrono::milliseconds{0});
}

base::Result<void> WebhookSink::submit(pipeline::Delivery delivery, const std::stop_token& stop) {
  const auto& place = places_[delivery.message->task];
  return place.loop->inbox().put(place.index, std::move(delivery), stop);
}

bool WebhookSink::try_submit(pipeline::Delivery& delivery) {
  const auto& place = places_[delivery.message->task];
  return place.loop->inbox().try_put(place.index, delivery);
}

void WebhookSink::on_room(std::function<void(std::size_t task)> listener) {
  for (const auto& loop : loops_) {
    std::vector<std::size_t> task_of(places_.size());
    for (std::size_t task = 0; task < places_.size(); ++task) {
      if (places_[task].loop == loop.get()) task_of[places_[task].index] = task;
    }
    loop->inbox().on_room([listener, task_of = std::move(task_of)](std::size_t endpoint) {
      listener(task_of[endpoint]);
    });
  }
}

void WebhookSink::close(std::chrono::milliseconds grace) {
  const auto deadline = std::chrono::steady_clock::now() + grace;
  for (const auto& loop : loops_) loop->inbox().close(deadline);
  for (const auto& loop : loops_) loop->join();
  dead_letters_->stop();  // After the loops, which still hand it letters; before their inboxes go.
}

std::uint64_t WebhookSink::unsettled() const {
  std::uint64_t changes = 0;
  for (const auto& loop : loops_) changes += loop->inbox().queued();
  return changes;
}

std::vector<TaskStatus> WebhookSink::status() const {
  std::vector<TaskStatus> all;
  all.reserve(places_.size());
  for (std::size_t task = 0; task < places_.size(); ++task) {
    const auto& metrics = metrics_[task];
    const auto& place = places_[task];
    const auto whole = [](double value) { return static_cast<std::uint64_t>(value); };
    all.push_back({.task_id = options_.endpoints[task].task_id,
                   .queued = place.loop->inbox().queued(place.index).changes,
                   .in_flight = whole(metrics.in_flight.Value()),
                   .delivered = whole(metrics.delivered.Value()),
                   .failed_attempts = whole(metrics.attempts(Blame::kEndpoint).Value() +
                                            metrics.attempts(Blame::kChange).Value() +
                                            metrics.attempts(Blame::kLocal).Value()),
                   .dead_letters = whole(metrics.dead_letters.Value()),
                   .breaker_is_open = metrics.endpoint_state.Value() > 0,
                   .last_error = place.loop->last_error(place.index)});
  }
  return all;
}

}  // namespace pikachu::sink::webhook
