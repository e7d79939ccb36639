#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>

#include "base/result.h"
#include "pipeline/delivery.h"

namespace pikachu::pipeline {

/// Where deliveries go: today HTTP endpoints.
class Sink {
 public:
  Sink() = default;
  virtual ~Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  /// Takes over `delivery` and its Ack. Waits while there is no room for it: this is how the reader
  /// is slowed down where else memory or the disk would fill up.
  /// Errors: kCancelled if `stop` is requested while it waits; the delivery is then not settled.
  /// Threads: one caller.
  virtual base::Result<void> submit(Delivery delivery, const std::stop_token& stop) = 0;

  /// Whether something that it keeps from an earlier run may still come again, because the position
  /// from which this run reads is before it. Until it has, a checkpoint behind that position would
  /// make the next restart take what has not come again for something that never will.
  /// Threads: the caller of submit().
  virtual bool expects_again() { return false; }

  /// Accepts nothing more, finishes what it can within `grace` and returns. What is left is durable
  /// or not settled, and comes after a restart either way. Call once.
  virtual void close(std::chrono::milliseconds grace) = 0;
};

/// A sink with a queue for each task that can also say that it is full, instead of waiting.
class BoundedSink : public Sink {
 public:
  /// Takes over `delivery` if its task's queue has room; else leaves it untouched, and tells the
  /// listener of on_room() once there is some. False, and no call, after close(). Never waits.
  /// Threads: any; for the deliveries of a task one at a time, in their order.
  virtual bool try_submit(Delivery& delivery) = 0;

  /// `listener` is called with each task whose queue refused a delivery and has room again, by a
  /// thread of the sink that holds no lock; not after close() has returned. Call it first of all.
  virtual void on_room(std::function<void(std::size_t task)> listener) = 0;
};

}  // namespace pikachu::pipeline
