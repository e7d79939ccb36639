#include "sink/webhook/endpoint.h"

#include <algorithm>
#include <utility>

#include "base/backoff.h"
#include "sink/webhook/endpoint_url.h"
#include "sink/webhook/http_engine.h"

namespace pikachu::sink::webhook {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLocalPause{200};
constexpr milliseconds kFirstProbePause{1'000};
constexpr std::chrono::minutes kQuietTime{1};

milliseconds retry_cap(const EndpointOptions& options) {
  return std::max(options.retry_cap, milliseconds{1});
}

milliseconds retry_first(const EndpointOptions& options) {
  return std::clamp(options.retry_first, milliseconds{1}, retry_cap(options));
}

Breaker::Options breaker_options(const EndpointOptions& options) {
  return {.first_pause = std::min(kFirstProbePause, retry_first(options)),
          .longest_pause = retry_cap(options),
          .max_in_flight = std::max<std::size_t>(1, options.max_in_flight)};
}

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Endpoint::Endpoint(HttpEngine& engine, const EndpointOptions& options,
                   const WebhookOptions& webhook, std::size_t task, const EndpointMetrics& metrics,
                   telemetry::Logger logger, std::uint64_t seed)
    : engine_(engine),
      options_(options),
      webhook_(webhook),
      task_(task),
      printable_url_(printable_url(engine.curl(), options.url).value_or("")),
      metrics_(metrics),
      logger_(std::move(logger)),
      lanes_(options.order),
      breaker_(breaker_options(options), seed),
      random_(static_cast<std::minstd_rand::result_type>(seed)) {
  metrics_.endpoint_state.Set(0);
  metrics_.in_flight.Set(0);
  metrics_.queue_changes.Set(0);
  metrics_.queue_bytes.Set(0);
  metrics_.queue_capacity.Set(static_cast<double>(options.queue_changes));
}

void Endpoint::push(pipeline::Delivery delivery) {
  metrics_.queue_changes.Increment();
  metrics_.queue_bytes.Increment(static_cast<double>(delivery.size()));
  lanes_.push(std::move(delivery));
}

void Endpoint::settle(Pending& pending) {
  metrics_.queue_changes.Decrement();
  metrics_.queue_bytes.Decrement(static_cast<double>(pending.bytes));
  pending.delivery.ack.settle();
  lanes_.finish(pending);
}

Attempt& Endpoint::begin(TimePoint now) {
  if (idle_.empty()) {
    idle_.push_back(
        attempts_.emplace_back(std::make_unique<Attempt>(*this, options_, webhook_, engine_))
            .get());
  }
  auto& attempt = *idle_.back();
  idle_.pop_back();
  auto& pending = *lanes_.take_ready();
  pending.is_probe = breaker_.sent();
  ++pending.attempts;
  attempt.pending = &pending;
  attempt.started = now;
  attempt.prepare(pending.delivery.message->id, pending.delivery.message->body, pending.attempts,
                  std::chrono::system_clock::now());
  metrics_.in_flight.Set(static_cast<double>(++in_flight_));
  return attempt;
}

Endpoint::Verdict Endpoint::end(Attempt& attempt, TimePoint now) {
  auto& pending = *attempt.pending;
  const auto reply = attempt.reply();
  const auto blame = classify(reply);
  metrics_.in_flight.Set(static_cast<double>(--in_flight_));
  metrics_.attempts(blame).Increment();
  metrics_.attempt_duration.Observe(seconds(now - attempt.started));

  Verdict verdict;
  if (blame == Blame::kNobody) {
    verdict.settled_bytes = pending.bytes;
    note_transition(breaker_.succeeded(pending.is_probe), {});
    if (logger_.enabled(telemetry::LogLevel::kDebug)) {
      logger_.debug("Change was delivered.", {{"task", options_.task_id},
                                              {"id", pending.delivery.message->id},
                                              {"status", reply.status},
                                              {"attempt", pending.attempts}});
    }
    deliver(pending);
  } else {
    const auto error = describe(reply, attempt.failure_text());
    remember_error(error);
    const bool is_last = blame == Blame::kChange && pending.change_failures >= options_.max_retries;
    if (!is_last) note_failure(attempt, blame, error, now);  // A dead letter has a line of its own.
    if (blame == Blame::kEndpoint) {
      keep_for_endpoint(pending, reply, error, now);
    } else if (blame == Blame::kLocal) {
      keep_for_local(pending, now);
    } else {
      // The endpoint is there, and says what it does not like.
      note_transition(breaker_.succeeded(pending.is_probe), {});
      if (++pending.change_failures > options_.max_retries) {
        verdict = condemn(attempt, reply, error);
      } else {
        keep_for_change(pending, now);
      }
    }
  }
  attempt.pending = nullptr;
  idle_.push_back(&attempt);
  return verdict;
}

void Endpoint::deliver(Pending& pending) {
  if (pending.delivery.message->commit_time_us > 0) {
    const std::chrono::system_clock::time_point committed{
        std::chrono::microseconds(pending.delivery.message->commit_time_us)};
    // Clocks of two machines: a delivery before its commit counts as none.
    const auto latency = std::chrono::system_clock::now() - committed;
    metrics_.commit_to_delivery.Observe(std::max(0.0, seconds(latency)));
  }
  metrics_.delivered.Increment();
  settle(pending);
}

void Endpoint::keep_for_endpoint(Pending& pending, const Reply& reply, const std::string& error,
                                 TimePoint now) {
  const auto retry_after = bounded_retry_after(reply);
  const auto transition = breaker_.failed(now, pending.is_probe, is_overloaded(reply), retry_after);
  milliseconds pause = retry_pause(pending.endpoint_failures++);
  if (retry_after && *retry_after > std::chrono::seconds{0}) pause = *retry_after;
  lanes_.park(pending, now + pause, true);
  note_transition(transition, error);
}

void Endpoint::keep_for_change(Pending& pending, TimePoint now) {
  lanes_.park(pending, now + retry_pause(pending.change_failures - 1), false);
}

void Endpoint::keep_for_local(Pending& pending, TimePoint now) {
  breaker_.starved(pending.is_probe);
  --pending.attempts;  // It never left this machine.
  lanes_.park(pending, now + kLocalPause, false);
}

Endpoint::Verdict Endpoint::condemn(Attempt& attempt, const Reply& reply,
                                    const std::string& error) {
  auto& pending = *attempt.pending;
  const auto& message = *pending.delivery.message;
  Verdict verdict;
  verdict.condemned = &pending;
  verdict.letter = {.task_id = options_.task_id,
                    .id = message.id,
                    .body = message.body,
                    .reason = "the endpoint refused this change " +
                              std::to_string(pending.change_failures) + " times, last with " +
                              error,
                    .attempts = pending.attempts,
                    .last_status = reply.status,
                    .last_reply = std::string(attempt.reply_body()),
                    .number = pending.delivery.number,
                    .keys = message.keys,
                    .label = message.label,
                    .commit_time_us = message.commit_time_us};
  return verdict;
}

std::size_t Endpoint::set_aside(Pending& pending) {
  const auto bytes = pending.bytes;
  metrics_.dead_letters.Increment();
  settle(pending);
  return bytes;
}

std::optional<Endpoint::TimePoint> Endpoint::next_change(TimePoint now) const {
  auto next = lanes_.next_due();
  const auto closed_until = breaker_.closed_until();
  if (lanes_.has_ready() && closed_until > now && (!next || closed_until < *next)) {
    next = closed_until;
  }
  return next;
}

std::vector<Attempt*> Endpoint::under_way() const {
  std::vector<Attempt*> busy;
  for (const auto& attempt : attempts_) {
    if (attempt->pending != nullptr) busy.push_back(attempt.get());
  }
  return busy;
}

std::string Endpoint::last_error() const {
  const std::lock_guard lock(error_mutex_);
  return last_error_;
}

void Endpoint::remember_error(const std::string& error) {
  const std::lock_guard lock(error_mutex_);
  last_error_ = error;
}

void Endpoint::note_failure(const Attempt& attempt, Blame blame, const std::string& error,
                            TimePoint now) {
  const auto& pending = *attempt.pending;
  const bool is_quiet = breaker_.is_open() || (quiet_until_ && now < *quiet_until_);
  if (!is_quiet) quiet_until_ = now + kQuietTime;
  const auto level = is_quiet ? telemetry::LogLevel::kDebug : telemetry::LogLevel::kWarn;
  if (!logger_.enabled(level)) return;
  logger_.log(level,
              blame == Blame::kLocal ? "Request could not be made; it is tried again."
                                     : "Webhook attempt failed; it is tried again.",
              {{"task", options_.task_id},
               {"url", printable_url_},
               {"id", pending.delivery.message->id},
               {"change", pending.delivery.message->label},
               {"attempt", pending.attempts},
               {"blame", to_string(blame)},
               {"error", error}});
}

void Endpoint::note_transition(Breaker::Transition transition, const std::string& error) {
  switch (transition) {
    case Breaker::Transition::kNone:
      return;
    case Breaker::Transition::kOpened:
      metrics_.endpoint_state.Set(1);
      logger_.warn("Endpoint fails; its changes are kept and it is only probed.",
                   {{"task", options_.task_id},
                    {"url", printable_url_},
                    {"failures", Breaker::kFailuresToOpen},
                    {"pending", lanes_.size()},
                    {"error", error}});
      return;
    case Breaker::Transition::kClosed:
      metrics_.endpoint_state.Set(0);
      lanes_.expedite(std::chrono::steady_clock::now() + retry_pause(0));
      logger_.info(
          "Endpoint works again.",
          {{"task", options_.task_id}, {"url", printable_url_}, {"pending", lanes_.size()}});
      return;
  }
}

milliseconds Endpoint::retry_pause(std::uint32_t failures) {
  return base::backoff_pause(retry_first(options_), retry_cap(options_), failures, random_);
}

}  // namespace pikachu::sink::webhook
