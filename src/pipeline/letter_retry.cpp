#include "pipeline/letter_retry.h"

#include <chrono>
#include <utility>

#include "base/thread_name.h"

namespace pikachu::pipeline {

LetterRetry::LetterRetry(MarkedLetters& letters, BoundedSink& sink, std::size_t tasks,
                         telemetry::Logger log)
    : feeder_(letters, sink, tasks, std::move(log)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
}

void LetterRetry::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void LetterRetry::finish() {
  feeder_.remove_settled();
}

void LetterRetry::run(const std::stop_token& stop) {
  base::set_thread_name("letter retry");
  while (!stop.stop_requested()) {
    const auto pause = feeder_.step(std::chrono::steady_clock::now());
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, pause, [] { return false; });
  }
}

}  // namespace pikachu::pipeline
