#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pikachu::backlog {

/// How far the order of a task's deliveries reaches.
enum class OrderScope : std::uint8_t {
  kKey,   ///< Those that share a key.
  kTask,  ///< All of them.
};

struct TaskOptions {
  std::string task_id;
  OrderScope scope = OrderScope::kKey;
};

struct BacklogOptions {
  std::vector<TaskOptions> tasks;  ///< In the order of Message::task.
  /// A delivery that is not settled for as long as this is written to disk, so that one that is
  /// stuck holds back the position no longer than that. A fifth less than the second that
  /// docs/reference/webhook.md states, for writing takes time too.
  std::chrono::milliseconds hold_after{800};
  /// The position stands until what waits from earlier runs has been read again, or what is new, or
  /// until nothing was for so long. Some never is: rows of an XA transaction that was prepared
  /// before the position, or where the tasks' tables or the server have changed.
  std::chrono::milliseconds expect_again_for{600'000};
  /// What may wait in memory to be written, all tasks together; at that the reader waits. From half
  /// of it on it is written at once, but for tasks whose endpoint takes it within half of
  /// `hold_after`.
  std::size_t unwritten_changes = 8'192;
  std::size_t unwritten_bytes = 64U << 20U;
  /// What may wait on disk, in bytes of Message::size(); at that the reader waits. 0: no limit.
  std::uint64_t max_bytes = 20ULL << 30U;
  std::uint64_t max_bytes_per_task = 5ULL << 30U;
  /// While a quota is drained, the reader stops and goes on again and again. That it goes on is
  /// logged once no quota has stopped it for as long as this.
  std::chrono::milliseconds calm_after{10'000};
  /// What time it is; tests have their own.
  std::function<std::chrono::steady_clock::time_point()> clock = &std::chrono::steady_clock::now;
};

}  // namespace pikachu::backlog
