#pragma once

#include <chrono>
#include <stop_token>

#include "base/result.h"
#include "pipeline/delivery.h"

namespace pikachu::pipeline {

/// Where deliveries go: HTTP endpoints, later also Kafka.
class Sink {
 public:
  Sink() = default;
  virtual ~Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  /// Takes over `delivery` and its Ack. Waits while the task's queue is full: this is how a slow
  /// endpoint slows down the reader instead of growing memory.
  /// Errors: kCancelled if `stop` is requested while it waits; the delivery is then not settled.
  /// Threads: one caller.
  virtual base::Result<void> submit(Delivery delivery, const std::stop_token& stop) = 0;

  /// Accepts nothing more, finishes what it can within `grace` and returns. What is left is not
  /// settled, and so comes again after a restart. Call once.
  virtual void close(std::chrono::milliseconds grace) = 0;
};

}  // namespace pikachu::pipeline
