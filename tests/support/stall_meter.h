#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/support/temporary_directory.h"

namespace pikachu::test {

/// How late things get on this machine: every 20 ms a thread writes some bytes to a file, syncs it,
/// and notes by how much that came later than it could have.
///
/// Threads: any.
class StallMeter {
 public:
  StallMeter();

  /// The longest since this was asked last, what is still under way included.
  std::chrono::milliseconds take_longest();

 private:
  using Clock = std::chrono::steady_clock;

  void run(const std::stop_token& stop);

  TemporaryDirectory directory_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  // Guarded by mutex_:
  Clock::time_point due_ = Clock::now();
  std::chrono::milliseconds longest_{0};
  std::jthread thread_;
};

}  // namespace pikachu::test
