#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <thread>

#include "pipeline/letter_feeder.h"
#include "pipeline/sink.h"
#include "pipeline/store.h"
#include "telemetry/logger.h"

namespace pikachu::pipeline {

/// A LetterFeeder on a thread of its own: marked dead letters are on their way half a second after
/// they were marked, at the latest.
///
/// Threads: one owner. Lifetime: all that the constructor refers to outlives this.
class LetterRetry {
 public:
  /// Begins. Throws std::system_error if no thread can be had.
  LetterRetry(MarkedLetters& letters, BoundedSink& sink, std::size_t tasks, telemetry::Logger log);
  ~LetterRetry() = default;
  LetterRetry(const LetterRetry&) = delete;
  LetterRetry& operator=(const LetterRetry&) = delete;

  /// Feeds nothing more. Call it before the sink is closed. A second call does nothing.
  void stop();

  /// Removes the records of what was settled since. REQUIRES: stop(); the sink is closed.
  void finish();

 private:
  void run(const std::stop_token& stop);

  LetterFeeder feeder_;  ///< The thread's own while it runs.
  std::mutex mutex_;     ///< Guards nothing: wake_ needs it.
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace pikachu::pipeline
