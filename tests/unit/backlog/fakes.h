#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backlog/backlog.h"
#include "pipeline/ack_tracker.h"
#include "pipeline/sink.h"
#include "pipeline/waiting_store.h"

namespace pikachu::backlog {

/// Waiting deliveries in memory: what "disk" means here. Outlives crashes of the code under test.
class FakeStore final : public pipeline::WaitingStore {
 public:
  using Place = std::pair<std::size_t, std::uint64_t>;

  base::Result<void> write(std::span<const pipeline::WaitingDelivery> added,
                           std::span<const pipeline::WaitingId> removed) override {
    if (before_write) before_write();
    const std::lock_guard lock(mutex_);
    ++writes_;
    if (failing_) return base::fail(base::ErrorCode::kUnavailable, "disk full");
    for (const auto& [number, message] : added) {
      rows_.emplace(Place{message->task, number}, message);
      last_number_ = std::max(last_number_, number);
    }
    for (const auto& [task, number] : removed) rows_.erase({task, number});
    return {};
  }
  base::Result<std::vector<pipeline::WaitingDelivery>> read(std::size_t task, std::uint64_t after,
                                                            std::size_t max_changes,
                                                            std::size_t max_bytes) override {
    const std::lock_guard lock(mutex_);
    if (failing_) return base::fail(base::ErrorCode::kUnavailable, "I/O error");
    std::vector<pipeline::WaitingDelivery> found;
    std::size_t bytes = 0;
    for (auto row = rows_.upper_bound({task, after});
         row != rows_.end() && row->first.first == task && found.size() < max_changes; ++row) {
      bytes += row->second->size();
      if (!found.empty() && bytes > max_bytes) break;
      found.push_back({row->first.second, row->second});
    }
    return found;
  }
  base::Result<Amount> amount(std::size_t task) override {
    const std::lock_guard lock(mutex_);
    Amount amount;
    for (const auto& [place, message] : rows_) {
      if (place.first != task) continue;
      ++amount.changes;
      amount.bytes += message->size();
    }
    return amount;
  }
  base::Result<std::uint64_t> last_number() override {
    const std::lock_guard lock(mutex_);
    return last_number_;
  }
  base::Result<std::vector<Orphan>> orphans() override { return std::vector<Orphan>{}; }

  /// Another program gives out `number`.
  void use_number(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    last_number_ = std::max(last_number_, number);
  }
  void set_failing(bool failing) {
    const std::lock_guard lock(mutex_);
    failing_ = failing;
  }
  int writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
  }
  /// Numbers of what is kept for `task`.
  std::vector<std::uint64_t> numbers(std::size_t task = 0) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> all;
    for (const auto& row : rows_) {
      if (row.first.first == task) all.push_back(row.first.second);
    }
    return all;
  }
  /// The last number under which `id` is kept for `task`, if it is.
  std::optional<std::uint64_t> number_of(std::size_t task, const std::string& id) const {
    const std::lock_guard lock(mutex_);
    std::optional<std::uint64_t> number;
    for (const auto& [place, message] : rows_) {
      if (place.first == task && message->id == id) number = place.second;
    }
    return number;
  }

  std::function<void()> before_write;  ///< Called before each write, without the lock.

 private:
  mutable std::mutex mutex_;
  std::map<Place, std::shared_ptr<const pipeline::Message>> rows_;
  std::uint64_t last_number_ = 0;
  bool failing_ = false;
  int writes_ = 0;
};

/// Queues of deliveries that the test settles; each holds `capacity`.
class FakeSink final : public pipeline::BoundedSink {
 public:
  FakeSink(std::size_t tasks, std::size_t capacity)
      : capacity_(capacity), queues_(tasks), has_refused_(tasks) {}

  bool try_submit(pipeline::Delivery& delivery) override {
    if (at_submit) at_submit();
    const std::lock_guard lock(mutex_);
    const auto task = delivery.message->task;
    if (closed_) return false;
    if (queues_[task].size() >= capacity_) {
      has_refused_[task] = true;
      return false;
    }
    queues_[task].push_back(std::move(delivery));
    arrived_.notify_all();
    return true;
  }
  base::Result<void> submit(pipeline::Delivery delivery, const std::stop_token&) override {
    if (try_submit(delivery)) return {};
    return base::fail(base::ErrorCode::kCancelled, "full");
  }
  void on_room(std::function<void(std::size_t)> listener) override { listener_ = listener; }
  void close(std::chrono::milliseconds) override {
    if (at_close) at_close();
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (auto& queue : queues_) queue.clear();
  }

  /// Takes the delivery at `place` of the queue out of it: it is under way.
  pipeline::Delivery take(std::size_t place = 0, std::size_t task = 0) {
    pipeline::Delivery delivery;
    bool tells = false;
    {
      const std::lock_guard lock(mutex_);
      auto& queue = queues_[task];
      delivery = std::move(queue.at(place));
      queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(place));
      tells = has_refused_[task];
      has_refused_[task] = false;
    }
    if (tells && listener_) listener_(task);
    return delivery;
  }
  void settle(std::size_t place = 0, std::size_t task = 0) { take(place, task).ack.settle(); }

  std::vector<std::string> ids(std::size_t task = 0) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    for (const auto& delivery : queues_[task]) all.push_back(delivery.message->id);
    return all;
  }
  const pipeline::Delivery& at(std::size_t place, std::size_t task = 0) const {
    return queues_[task].at(place);
  }
  std::size_t size(std::size_t task = 0) const {
    const std::lock_guard lock(mutex_);
    return queues_[task].size();
  }
  bool wait_for_size(std::size_t size, std::size_t task = 0) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, std::chrono::seconds(30),
                             [&] { return queues_[task].size() >= size; });
  }

  std::function<void()> at_submit;  ///< Called at each try_submit(), without the lock.
  std::function<void()> at_close;

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::vector<pipeline::Delivery>> queues_;
  std::vector<bool> has_refused_;
  std::function<void(std::size_t)> listener_;
  bool closed_ = false;
};

inline std::shared_ptr<const pipeline::Message> message_of(std::string id, std::uint64_t key = 1,
                                                           std::size_t task = 0) {
  auto message = std::make_shared<pipeline::Message>();
  message->task = task;
  message->body = "body of " + id;
  message->id = std::move(id);
  message->keys = {key, key};
  message->commit_time_us = 1'000'000;
  return message;
}

inline pipeline::Commit at(std::uint64_t offset) {
  pipeline::Commit commit;
  commit.position.offset = offset;
  return commit;
}

}  // namespace pikachu::backlog
