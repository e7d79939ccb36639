#include "sink/webhook/delivery_loop.h"

#include <algorithm>
#include <random>
#include <utility>

#include "base/fault_point.h"
#include "base/thread_name.h"

namespace pikachu::sink::webhook {
namespace {

/// Requests of one endpoint that are started before it is the next one's turn.
constexpr int kTurnLength = 8;

std::vector<Inbox::Amount> queue_limits(std::span<const DeliveryLoop::Member> members) {
  std::vector<Inbox::Amount> limits;
  limits.reserve(members.size());
  for (const auto& member : members) {
    limits.push_back({member.options->queue_changes, member.options->queue_bytes});
  }
  return limits;
}

}  // namespace

DeliveryLoop::DeliveryLoop(const CurlFunctions& curl, std::size_t number,
                           const WebhookOptions& options, std::size_t task_count,
                           std::span<const Member> members, DeadLetterWriter& dead_letters,
                           const telemetry::Logger& logger)
    : number_(number),
      dead_letters_(dead_letters),
      connections_(std::max<std::size_t>(1, options.max_connections / options.loops)),
      members_(members.begin(), members.end()),
      index_of_task_(task_count),
      inbox_(queue_limits(members)),
      engine_(curl, inbox_.wake()),
      budget_(connections_, members.size()) {
  std::random_device seed;
  for (const auto& member : members_) {
    index_of_task_[member.task] = endpoints_.size();
    // As many as it can have requests, so that libcurl never closes one to make room.
    engine_.add_pool(std::max<std::size_t>(1, member.options->max_in_flight));
    endpoints_.push_back(std::make_unique<Endpoint>(engine_, *member.options, options, member.task,
                                                    member.metrics, logger, seed()));
  }
  thread_ = std::jthread([this] { run(); });
}

DeliveryLoop::~DeliveryLoop() {
  inbox_.close(std::chrono::steady_clock::now());
}

void DeliveryLoop::join() {
  if (thread_.joinable()) thread_.join();
}

void DeliveryLoop::run() {
  base::set_thread_name("webhook " + std::to_string(number_));
  while (true) {
    engine_.wait(next_turn(), finished_);
    const auto now = std::chrono::steady_clock::now();
    for (auto* const transfer : finished_) end_attempt(static_cast<Attempt&>(*transfer), now);
    finished_.clear();
    take_inbox();
    ring_alarms(now);
    start_attempts(now);
    inbox_.release(released_);
    released_.clear();
    if (is_done(now)) break;
  }
  abort_attempts();
}

std::optional<DeliveryLoop::TimePoint> DeliveryLoop::next_turn() const {
  std::optional<TimePoint> next;
  if (!alarms_.empty()) next = alarms_.top().due;
  if (contents_.deadline && (!next || *contents_.deadline < *next)) next = contents_.deadline;
  return next;
}

void DeliveryLoop::end_attempt(Attempt& attempt, TimePoint now) {
  PIKACHU_FAULT_POINT("webhook.answered");
  auto& endpoint = attempt.endpoint;
  --under_way_;
  budget_.gave_back(endpoint.in_flight());
  auto verdict = endpoint.end(attempt, now);
  if (verdict.settled_bytes != 0) settled(endpoint, verdict.settled_bytes);
  if (verdict.condemned != nullptr) {
    ++condemned_;
    auto label = verdict.condemned->delivery.message->label;
    dead_letters_.add(std::move(verdict.letter), std::move(label), inbox_, *verdict.condemned,
                      endpoint.task());
  }
  PIKACHU_FAULT_POINT("webhook.settled");
  make_runnable(endpoint);
  for (auto* const waiting : without_connection_) make_runnable(*waiting);
  without_connection_.clear();
}

void DeliveryLoop::settled(const Endpoint& endpoint, std::size_t bytes) {
  --pending_;
  released_.push_back({index_of_task_[endpoint.task()], {1, bytes}});
}

void DeliveryLoop::take_inbox() {
  inbox_.take(contents_);
  for (auto& delivery : contents_.deliveries) {
    auto& endpoint = *endpoints_[index_of_task_[delivery.message->task]];
    endpoint.push(std::move(delivery));
    ++pending_;
    make_runnable(endpoint);
  }
  for (const auto& [task, pending] : contents_.set_aside) {
    auto& endpoint = *endpoints_[index_of_task_[task]];
    --condemned_;
    settled(endpoint, endpoint.set_aside(*pending));
    make_runnable(endpoint);
  }
}

void DeliveryLoop::ring_alarms(TimePoint now) {
  while (!alarms_.empty() && alarms_.top().due <= now) {
    auto& endpoint = *alarms_.top().endpoint;
    if (endpoint.scheduled == alarms_.top().due) endpoint.scheduled.reset();
    alarms_.pop();
    endpoint.release_due(now);
    make_runnable(endpoint);
  }
}

void DeliveryLoop::start_attempts(TimePoint now) {
  while (!runnable_.empty()) {
    auto& endpoint = *runnable_.front();
    runnable_.pop_front();
    endpoint.is_runnable = false;
    for (int i = 0; i < kTurnLength; ++i) {
      if (!endpoint.can_send(now) || !budget_.allows(endpoint.in_flight())) break;
      PIKACHU_FAULT_POINT("webhook.sending");
      budget_.took(endpoint.in_flight());
      engine_.start(endpoint.begin(now), index_of_task_[endpoint.task()]);
      ++under_way_;
    }
    if (!endpoint.can_send(now)) {
      schedule(endpoint, now);
    } else if (!budget_.allows(endpoint.in_flight())) {
      without_connection_.push_back(&endpoint);
      schedule(endpoint, now);
    } else {
      make_runnable(endpoint);
    }
  }
}

void DeliveryLoop::make_runnable(Endpoint& endpoint) {
  if (endpoint.is_runnable) return;
  endpoint.is_runnable = true;
  runnable_.push_back(&endpoint);
}

void DeliveryLoop::schedule(Endpoint& endpoint, TimePoint now) {
  const auto next = endpoint.next_change(now);
  // An alarm that comes too early does no harm; one that is set already need not be set again.
  if (!next || (endpoint.scheduled && *endpoint.scheduled <= *next)) return;
  endpoint.scheduled = next;
  alarms_.push({*next, &endpoint});
}

bool DeliveryLoop::is_done(TimePoint now) const {
  if (!contents_.deadline) return false;
  if (pending_ == 0 || now >= *contents_.deadline) return true;
  // Nothing is under way, and whatever waits would not have its next attempt in time.
  const bool is_idle = under_way_ == 0 && condemned_ == 0;
  return is_idle && (alarms_.empty() || alarms_.top().due > *contents_.deadline);
}

void DeliveryLoop::abort_attempts() {
  for (const auto& endpoint : endpoints_) {
    const auto pool = index_of_task_[endpoint->task()];
    for (auto* const attempt : endpoint->under_way()) engine_.cancel(*attempt, pool);
  }
}

}  // namespace pikachu::sink::webhook
