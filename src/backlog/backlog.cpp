#include "backlog/backlog.h"

#include <algorithm>
#include <utility>

namespace pikachu::backlog {
namespace {

// The server's clock may be ahead of ours by less than this.
constexpr std::chrono::seconds kClockSkew{10};

std::int64_t new_from_now_on() {
  const auto from = std::chrono::system_clock::now() + kClockSkew;
  return std::chrono::duration_cast<std::chrono::microseconds>(from.time_since_epoch()).count();
}

}  // namespace

base::Result<std::shared_ptr<Backlog>> Backlog::open(const BacklogOptions& options,
                                                     pipeline::BoundedSink& sink,
                                                     pipeline::WaitingStore& store,
                                                     std::uint64_t through,
                                                     std::uint64_t last_number) {
  auto backlog = std::make_shared<Backlog>(Private{}, options, sink, store);
  if (auto loaded = backlog->load(through, last_number); !loaded) {
    return base::propagate(std::move(loaded), "reading the waiting deliveries");
  }
  return backlog;
}

Backlog::Backlog(Private, BacklogOptions options, pipeline::BoundedSink& sink,
                 pipeline::WaitingStore& store)
    : options_(std::move(options)), sink_(sink), store_(store), new_from_us_(new_from_now_on()) {
}

base::Result<void> Backlog::load(std::uint64_t through, std::uint64_t last_number) {
  for (std::size_t index = 0; index < options_.tasks.size(); ++index) {
    const auto amount = store_.amount(index);
    if (!amount) return tl::unexpected(amount.error());
    auto acks = std::make_unique<TaskAcks>(*this, index);
    tasks_.push_back({.ledger = TaskLedger(*amount, last_number),
                      .acks = std::move(acks),
                      .already_waiting = AlreadyWaiting(options_.tasks[index].scope)});
    on_disk_bytes_ += amount->bytes;
    if (amount->changes == 0) continue;
    if (auto loaded = load_already_waiting(index, through); !loaded) return loaded;
  }
  return {};
}

base::Result<void> Backlog::load_already_waiting(std::size_t index, std::uint64_t through) {
  auto after = through;
  while (true) {
    const auto waiting = store_.read(index, after, kFetchChanges, kFetchBytes);
    if (!waiting) return tl::unexpected(waiting.error());
    if (waiting->empty()) return {};
    for (const auto& [number, message] : *waiting) {
      tasks_[index].already_waiting.add(number, *message);
    }
    after = waiting->back().number;
  }
}

// Counts only the time in which the reader reads: it may wait for the server, or for room.
bool Backlog::expects_again() {
  constexpr std::chrono::nanoseconds kLongestPause = std::chrono::seconds(10);
  const auto expected = expected_again();
  const auto now = options_.clock();
  if (std::exchange(expected_before_, expected) != expected) {
    unchanged_for_ = std::chrono::nanoseconds(0);
  } else {
    unchanged_for_ += std::min<std::chrono::nanoseconds>(now - asked_at_, kLongestPause);
  }
  asked_at_ = now;
  return expected > 0 && !new_has_come_ && unchanged_for_ < options_.expect_again_for;
}

std::size_t Backlog::expected_again() const {
  std::size_t changes = 0;
  for (const auto& task : tasks_) changes += task.already_waiting.size();
  return changes;
}

Obstacle Backlog::submit(pipeline::Delivery& delivery) {
  const auto index = delivery.message->task;
  auto& task = tasks_[index];
  if (task.already_waiting.has(*delivery.message)) {
    delivery.ack.settle();
    return Obstacle::kNone;
  }
  if (delivery.message->commit_time_us > new_from_us_) new_has_come_ = true;
  const auto now = options_.clock();
  TaskLedger::Entry entry{delivery.number, delivery.message, {}, now};
  {
    const std::lock_guard lock(mutex_);
    if (task.ledger.is_live()) {
      task.has_room = false;
      entry.owed = std::move(delivery.ack);
      task.ledger.enter_window(std::move(entry));
      if (due_ > now + options_.hold_after) due(now + options_.hold_after);
    } else {
      if (const auto found = obstacle(task); found != Obstacle::kNone) return found;
      entry.owed = std::move(delivery.ack);
      ++unwritten_.changes;
      unwritten_.bytes += entry.message->size();
      task.ledger.spill(std::move(entry));
      due(task.has_room ? now : *unwritten_due(task));
      return Obstacle::kNone;
    }
  }
  pipeline::Delivery handed{delivery.message, delivery.number,
                            pipeline::Ack({shared_from_this(), task.acks.get()}, delivery.number)};
  if (sink_.try_submit(handed)) return Obstacle::kNone;
  const std::lock_guard lock(mutex_);
  leave_window(task, delivery.number, delivery.message);
  task.taken_at = now;
  due(task.has_room ? now : now + options_.hold_after);
  return Obstacle::kNone;
}

void Backlog::leave_window(Task& task, std::uint64_t number,
                           std::shared_ptr<const pipeline::Message> message) {
  const auto before = task.ledger.unwritten();
  task.ledger.leave_window(number, std::move(message));
  unwritten_.changes += task.ledger.unwritten().changes - before.changes;
  unwritten_.bytes += task.ledger.unwritten().bytes - before.bytes;
}

Obstacle Backlog::obstacle(const Task& task) const {
  const auto is_above = [](std::uint64_t bytes, std::uint64_t limit) {
    return limit != 0 && bytes >= limit;
  };
  const auto task_bytes = task.ledger.on_disk().bytes + task.ledger.unwritten().bytes;
  if (is_above(task_bytes, options_.max_bytes_per_task)) return Obstacle::kTaskQuota;
  if (is_above(on_disk_bytes_ + unwritten_.bytes, options_.max_bytes)) return Obstacle::kTotalQuota;
  // One that waits goes on when a quarter is free: one long wait instead of one for each delivery.
  const bool is_full = reader_waits_ ? is_filled(3, 4) : is_filled(1, 1);
  return is_full ? Obstacle::kDisk : Obstacle::kNone;
}

bool Backlog::is_filled(std::size_t numerator, std::size_t denominator) const {
  return unwritten_.changes * denominator >= options_.unwritten_changes * numerator ||
         unwritten_.bytes / numerator >= options_.unwritten_bytes / denominator;
}

bool Backlog::wait_for_room(std::size_t index, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  reader_waits_ = true;
  due(options_.clock());
  const auto& task = tasks_[index];
  room_.wait(lock, stop, [&] {
    return !accepting_ || task.ledger.is_live() || obstacle(task) == Obstacle::kNone;
  });
  reader_waits_ = false;
  return accepting_ && !stop.stop_requested();
}

void Backlog::settled(std::size_t index, std::uint64_t number) {
  pipeline::Ack owed;
  {
    const std::lock_guard lock(mutex_);
    auto& ledger = tasks_[index].ledger;
    const auto removable_before = ledger.removable();
    owed = ledger.settle(number);
    if (ledger.removable() > removable_before) {
      ++removable_;
      const auto now = options_.clock();
      if (!removable_since_) removable_since_ = now;
      due(removable_ >= kRemovalGroup ? now : *removable_since_ + options_.hold_after);
    }
  }
  owed.settle();
}

void Backlog::has_room(std::size_t index) {
  const std::lock_guard lock(mutex_);
  tasks_[index].has_room = true;
  if (!tasks_[index].ledger.is_live()) due(options_.clock());
}

bool Backlog::wait(const std::stop_token& stop, std::optional<TimePoint> at_latest) {
  std::unique_lock lock(mutex_);
  auto next = next_due();
  if (at_latest) next = std::min(next.value_or(*at_latest), *at_latest);
  due_ = next.value_or(TimePoint::max());
  // Not wait_until(max()): its arithmetic overflows.
  const auto is_woken = [this] { return woken_; };
  if (next) {
    work_.wait_until(lock, stop, *next, is_woken);
  } else {
    work_.wait(lock, stop, is_woken);
  }
  woken_ = false;
  due_ = TimePoint::min();
  return !stop.stop_requested();
}

void Backlog::due(TimePoint when) {
  if (when >= due_) return;
  due_ = TimePoint::min();
  woken_ = true;
  work_.notify_all();
}

void Backlog::stop_accepting() {
  const std::lock_guard lock(mutex_);
  accepting_ = false;
  room_.notify_all();
}

TaskWaiting Backlog::waiting(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  const auto& ledger = tasks_[index].ledger;
  return {.on_disk_changes = ledger.on_disk().changes,
          .on_disk_bytes = ledger.on_disk().bytes,
          .unwritten_changes = ledger.unwritten().changes,
          .behind_changes = ledger.behind_window(),
          .oldest_commit_us = ledger.oldest_commit_us().value_or(0)};
}

std::uint64_t Backlog::on_disk_bytes() const {
  const std::lock_guard lock(mutex_);
  return on_disk_bytes_;
}

}  // namespace pikachu::backlog
