#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "base/wake_event.h"
#include "pipeline/delivery.h"

namespace pikachu::sink::webhook {

struct Pending;

/// Where a delivery loop is told what there is to do, and where its endpoints' queues are counted.
///
/// A queue counts from put() to release(), so what it limits is the memory held for an endpoint. A
/// full queue holds put() back until a quarter of it is free again: one long wait instead of a
/// change of threads for each delivery. A delivery larger than the whole queue is let in alone.
///
/// Threads: all methods from any thread, unless they say otherwise.
class Inbox {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Amount {
    std::size_t changes = 0;
    std::size_t bytes = 0;
  };
  struct SetAside {
    std::size_t task = 0;
    Pending* pending = nullptr;
  };
  struct Release {
    std::size_t endpoint = 0;
    Amount amount;
  };
  /// What has come in since the last take().
  struct Contents {
    std::vector<pipeline::Delivery> deliveries;
    std::vector<SetAside> set_aside;    ///< Are dead letters now, durably.
    std::optional<TimePoint> deadline;  ///< Set once close() was called.
  };

  /// One queue for each endpoint. Throws std::system_error for want of a descriptor.
  explicit Inbox(const std::vector<Amount>& limits);

  /// Adds to the queue of `endpoint`, waiting while it is full.
  /// Errors: kCancelled if `stop` is requested while it waits, or after close().
  /// Threads: one caller.
  base::Result<void> put(std::size_t endpoint, pipeline::Delivery delivery,
                         const std::stop_token& stop);

  /// Adds to the queue of `endpoint` if it has room; else leaves `delivery` as it is, and tells the
  /// listener when a quarter of the queue is free. False after close(). Threads: any.
  bool try_put(std::size_t endpoint, pipeline::Delivery& delivery);

  /// Who is told of endpoints whose queue refused a delivery and has room again, by the loop.
  void on_room(std::function<void(std::size_t endpoint)> listener);

  /// Reports a delivery of `task` whose dead letter is durable.
  void put_set_aside(std::size_t task, Pending& pending);

  /// Accepts nothing more; the loop has until `deadline`. A second call does nothing.
  void close(TimePoint deadline);

  /// Moves everything into `contents`, which is cleared first. Threads: the loop.
  void take(Contents& contents);

  /// Deliveries were settled. Threads: the loop.
  void release(std::span<const Release> released);

  /// What is in the queue of `endpoint`.
  Amount queued(std::size_t endpoint) const;
  /// Changes in all queues.
  std::uint64_t queued() const;

  /// Signalled when there is something to take.
  const base::WakeEvent& wake() const { return wake_; }

 private:
  struct Queue {
    Amount limit;
    Amount used;
    bool has_refused = false;  ///< Since it last had room; the listener waits for that.
  };
  void add(Queue& queue, pipeline::Delivery delivery, std::unique_lock<std::mutex> lock);
  static bool has_room(const Queue& queue, std::size_t bytes);
  static bool has_drained(const Queue& queue, std::size_t bytes);

  const base::WakeEvent wake_;
  mutable std::mutex mutex_;
  std::condition_variable_any drained_;
  // Guarded by mutex_:
  std::vector<Queue> queues_;
  std::vector<pipeline::Delivery> arrived_;
  std::vector<SetAside> set_aside_;
  std::optional<TimePoint> deadline_;
  const Queue* waiting_for_ = nullptr;  ///< The queue that put() waits for.
  std::function<void(std::size_t)> room_listener_;
  std::vector<std::size_t> have_room_;  ///< The loop's own: scratch of release().
};

}  // namespace pikachu::sink::webhook
