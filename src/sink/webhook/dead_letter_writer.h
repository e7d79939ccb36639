#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "pipeline/store.h"
#include "telemetry/logger.h"

namespace pikachu::sink::webhook {

class Inbox;
struct Pending;

/// Adds dead letters on a thread of its own, because each waits for the disk, which no delivery
/// loop may do. A letter that cannot be added stays first in line, and is tried again at growing
/// intervals until it can: the delivery is settled only then.
///
/// Its queue needs no limit: what is in it still counts in the task's queue.
///
/// Threads: all methods from any thread.
class DeadLetterWriter {
 public:
  /// `letters` must outlive it. Throws std::system_error if no thread can be had.
  DeadLetterWriter(pipeline::DeadLetters& letters, telemetry::Logger logger);

  /// Queues `letter`; once it is durable, `inbox` gets `pending` of `task` back. `label` is for the
  /// log. Lifetime: `inbox` must live until stop() has returned.
  void add(pipeline::DeadLetter letter, std::string label, Inbox& inbox, Pending& pending,
           std::size_t task);

  /// Ends the thread after the letter it is at. What is still queued is forgotten, unsettled.
  void stop();

 private:
  struct Entry {
    pipeline::DeadLetter letter;
    std::string label;
    Inbox* inbox;
    Pending* pending;
    std::size_t task;
  };
  void run(const std::stop_token& stop);
  /// Returns false if `stop` was requested before the letter was durable.
  bool write(const Entry& entry, const std::stop_token& stop);

  pipeline::DeadLetters& letters_;
  const telemetry::Logger logger_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Entry> queue_;  ///< Guarded by mutex_.
  std::jthread thread_;
};

}  // namespace pikachu::sink::webhook
