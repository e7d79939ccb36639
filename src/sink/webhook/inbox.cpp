#include "sink/webhook/inbox.h"

#include <algorithm>
#include <utility>

namespace pikachu::sink::webhook {

Inbox::Inbox(const std::vector<Amount>& limits) {
  queues_.reserve(limits.size());
  for (const auto& limit : limits) queues_.push_back({limit, {}});
}

bool Inbox::has_room(const Queue& queue, std::size_t bytes) {
  if (queue.used.changes == 0) return true;
  return queue.used.changes < queue.limit.changes && queue.used.bytes + bytes <= queue.limit.bytes;
}

bool Inbox::has_drained(const Queue& queue, std::size_t bytes) {
  return has_room(queue, bytes) &&
         queue.used.changes <= queue.limit.changes - queue.limit.changes / 4 &&
         (queue.used.changes == 0 || queue.used.bytes <= queue.limit.bytes - queue.limit.bytes / 4);
}

base::Result<void> Inbox::put(std::size_t endpoint, pipeline::Delivery delivery,
                              const std::stop_token& stop) {
  const auto bytes = delivery.size();
  std::unique_lock lock(mutex_);
  auto& queue = queues_[endpoint];
  if (!has_room(queue, bytes) && !deadline_) {
    waiting_for_ = &queue;
    drained_.wait(lock, stop, [&] { return deadline_ || has_drained(queue, bytes); });
    waiting_for_ = nullptr;
    if (!has_room(queue, bytes)) {
      return base::fail(base::ErrorCode::kCancelled,
                        "stopped while waiting for room in the task's queue");
    }
  }
  if (deadline_) return base::fail(base::ErrorCode::kCancelled, "the webhook sink is closed");
  add(queue, std::move(delivery), std::move(lock));
  return {};
}

bool Inbox::try_put(std::size_t endpoint, pipeline::Delivery& delivery) {
  std::unique_lock lock(mutex_);
  if (deadline_) return false;
  auto& queue = queues_[endpoint];
  if (!has_room(queue, delivery.size())) {
    queue.has_refused = true;
    return false;
  }
  add(queue, std::move(delivery), std::move(lock));
  return true;
}

void Inbox::add(Queue& queue, pipeline::Delivery delivery, std::unique_lock<std::mutex> lock) {
  ++queue.used.changes;
  queue.used.bytes += delivery.size();
  const bool was_empty = arrived_.empty();
  arrived_.push_back(std::move(delivery));
  lock.unlock();
  if (was_empty) wake_.signal();
}

void Inbox::on_room(std::function<void(std::size_t endpoint)> listener) {
  const std::lock_guard lock(mutex_);
  room_listener_ = std::move(listener);
}

void Inbox::put_set_aside(std::size_t task, Pending& pending) {
  {
    const std::lock_guard lock(mutex_);
    set_aside_.push_back({task, &pending});
  }
  wake_.signal();
}

void Inbox::close(TimePoint deadline) {
  {
    const std::lock_guard lock(mutex_);
    if (deadline_) return;
    deadline_ = deadline;
  }
  drained_.notify_all();
  wake_.signal();
}

void Inbox::take(Contents& contents) {
  contents.deliveries.clear();
  contents.set_aside.clear();
  const std::lock_guard lock(mutex_);
  contents.deliveries.swap(arrived_);
  contents.set_aside.swap(set_aside_);
  contents.deadline = deadline_;
}

void Inbox::release(std::span<const Release> released) {
  if (released.empty()) return;
  bool wakes = false;
  std::function<void(std::size_t)> tell;
  have_room_.clear();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [endpoint, amount] : released) {
      auto& queue = queues_[endpoint];
      queue.used.changes -= amount.changes;
      queue.used.bytes -= amount.bytes;
      // The waiting delivery's own size is judged by the waiter.
      wakes = wakes || (&queue == waiting_for_ && has_drained(queue, 0));
      if (queue.has_refused && has_drained(queue, 0)) {
        queue.has_refused = false;
        have_room_.push_back(endpoint);
      }
    }
    if (!have_room_.empty()) tell = room_listener_;
  }
  if (wakes) drained_.notify_all();
  if (!tell) return;
  for (const auto endpoint : have_room_) tell(endpoint);
}

Inbox::Amount Inbox::queued(std::size_t endpoint) const {
  const std::lock_guard lock(mutex_);
  return queues_[endpoint].used;
}

std::uint64_t Inbox::queued() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t changes = 0;
  for (const auto& queue : queues_) changes += queue.used.changes;
  return changes;
}

}  // namespace pikachu::sink::webhook
