#include "pipeline/checkpointer.h"

#include <utility>

#include "base/thread_name.h"

namespace pikachu::pipeline {

Checkpointer::Checkpointer(AckTracker& tracker, PositionStore& store,
                           std::chrono::milliseconds interval, telemetry::Logger log,
                           telemetry::HealthBoard& health, telemetry::Registry& registry)
    : tracker_(tracker),
      store_(store),
      interval_(interval),
      log_(std::move(log)),
      health_(health),
      metrics_(registry),
      current_since_(std::chrono::steady_clock::now()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
}

void Checkpointer::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Checkpointer::run(const std::stop_token& stop) {
  base::set_thread_name("checkpointer");
  bool stopping = false;
  while (!stopping) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, interval_, [] { return false; });
    }
    // Asked before the save: a stop request that comes during it gets a save of its own.
    stopping = stop.stop_requested();
    save_if_moved();
  }
}

void Checkpointer::save_if_moved() {
  // Asked before the position is taken: a delivery that settles in between only makes the age look
  // one interval too high, never too low.
  const bool is_behind = tracker_.is_behind();
  if (auto settled = tracker_.take_settled()) unsaved_ = std::move(settled);
  if (unsaved_) {
    if (auto saved = store_.save(*unsaved_); saved) {
      metrics_.saves_total.Increment();
      health_.set_position(change::to_string(unsaved_->position));
      unsaved_.reset();
      if (std::exchange(failing_, false)) log_.info("Saving the position works again.");
    } else {
      save_failed(saved.error());
    }
  }
  const auto now = std::chrono::steady_clock::now();
  if (!is_behind && !unsaved_) current_since_ = now;
  metrics_.age_seconds.Set(std::chrono::duration<double>(now - current_since_).count());
}

void Checkpointer::save_failed(const base::Error& error) {
  metrics_.failures_total.Increment();
  if (std::exchange(failing_, true)) return;
  log_.error("The position cannot be saved. Nothing is lost, it is tried again at each interval.",
             {{"error", error.message},
              {"code", base::to_string(error.code)},
              {"position", change::to_string(unsaved_->position)},
              {"interval_ms", interval_.count()}});
}

}  // namespace pikachu::pipeline
