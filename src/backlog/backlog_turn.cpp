// What the thread of the backlog does: hand over what waits, and write what is due.
#include <algorithm>
#include <limits>
#include <utility>

#include "backlog/backlog.h"

namespace pikachu::backlog {
namespace {

using TimePoint = Backlog::TimePoint;

constexpr std::chrono::seconds kRetryPause{1};
// Deliveries of a task that are handed over before it is the next one's turn.
constexpr int kRefillTurn = 2'048;
// How long deliveries are handed over at least, even if something has to be written by then.
constexpr std::chrono::milliseconds kRefillTime{50};

void keep_earlier(std::optional<TimePoint>& earliest, std::optional<TimePoint> other) {
  if (other && (!earliest || *other < *earliest)) earliest = other;
}

}  // namespace

Backlog::Turn Backlog::turn() {
  Turn turn;
  refill_all(turn);
  const auto begin = options_.clock();
  const auto group = collect(begin);
  if (!group.added.empty() || !group.removed.empty()) {
    auto stored = write(group);
    turn.write_time = options_.clock() - begin;
    if (stored) {
      turn.written = group.added.size();
      turn.removed = group.removed.size();
    } else {
      turn.write_error = std::move(stored.error());
    }
  }
  const std::lock_guard lock(mutex_);
  if (group.added.empty() && group.removed.empty() &&
      (!write_again_at_ || *write_again_at_ <= begin)) {
    turn.nothing_to_write = true;
    write_again_at_.reset();
  }
  turn.nothing_to_read = true;
  for (std::size_t index = 0; index < tasks_.size(); ++index) {
    auto& task = tasks_[index];
    if (task.ledger.supply() == TaskLedger::Supply::kDisk) turn.nothing_to_read = false;
    if (task.ledger.supply() == TaskLedger::Supply::kDisk && !std::exchange(task.on_disk, true)) {
      turn.spilled.push_back(index);
    } else if (task.ledger.is_live() && std::exchange(task.on_disk, false)) {
      turn.caught_up.push_back(index);
    }
  }
  return turn;
}

// A sink that takes each one just as it comes would go on for long: what is to be written does not
// wait for that.
void Backlog::refill_all(Turn& turn) {
  const auto now = options_.clock();
  // What comes meanwhile is due no earlier.
  std::optional<TimePoint> until = now + options_.hold_after;
  std::size_t first = 0;
  {
    const std::lock_guard lock(mutex_);
    keep_earlier(until, write_due(now));
    first = first_task_;
  }
  until = std::max(*until, now + kRefillTime);
  for (std::size_t i = 0; i < tasks_.size(); ++i) refill((first + i) % tasks_.size(), *until, turn);
}

void Backlog::refill(std::size_t index, TimePoint until, Turn& turn) {
  for (int handed = 0; handed < kRefillTurn && options_.clock() < until; ++handed) {
    auto entry = take_next(index, turn);
    if (!entry || !hand_over(index, std::move(*entry))) return;
  }
}

// The next delivery of the task, if it has one that the sink may have room for.
std::optional<TaskLedger::Entry> Backlog::take_next(std::size_t index, Turn& turn) {
  auto& task = tasks_[index];
  std::unique_lock lock(mutex_);
  if (!accepting_ || !task.has_room || task.ledger.is_live()) return std::nullopt;
  if (task.ledger.supply() == TaskLedger::Supply::kDisk) {
    if (read_again_at_ && options_.clock() < *read_again_at_) return std::nullopt;
    lock.unlock();
    if (!fetch(index, turn)) return std::nullopt;
    lock.lock();
  }
  if (task.ledger.supply() == TaskLedger::Supply::kNone) {
    task.ledger.go_live();
    if (reader_waits_) room_.notify_all();
    return std::nullopt;
  }
  const auto before = task.ledger.unwritten();
  auto entry = task.ledger.next();
  unwritten_.changes -= before.changes - task.ledger.unwritten().changes;
  unwritten_.bytes -= before.bytes - task.ledger.unwritten().bytes;
  if (reader_waits_ && !is_filled(3, 4)) room_.notify_all();
  return entry;
}

bool Backlog::fetch(std::size_t index, Turn& turn) {
  auto& ledger = tasks_[index].ledger;
  std::uint64_t after = 0;
  {
    const std::lock_guard lock(mutex_);
    after = ledger.read_after();
  }
  auto waiting = store_.read(index, after, kFetchChanges, kFetchBytes);
  const std::lock_guard lock(mutex_);
  if (!waiting) {
    read_again_at_ = options_.clock() + kRetryPause;
    turn.read_error = std::move(waiting.error());
    return false;
  }
  read_again_at_.reset();
  turn.read += waiting->size();
  ledger.fetched(std::move(*waiting));
  return true;
}

// False if the sink had no room after all.
bool Backlog::hand_over(std::size_t index, TaskLedger::Entry entry) {
  auto& task = tasks_[index];
  const auto message = entry.message;
  const auto number = entry.number;
  {
    const std::lock_guard lock(mutex_);
    // Before it is tried: the sink may say that it has room before it was noted that it had none.
    task.has_room = false;
    task.ledger.enter_window(std::move(entry));
  }
  pipeline::Delivery handed{message, number,
                            pipeline::Ack({shared_from_this(), task.acks.get()}, number)};
  const bool taken = sink_.try_submit(handed);
  const std::lock_guard lock(mutex_);
  if (taken) {
    task.has_room = true;
    task.taken_at = options_.clock();
  } else {
    leave_window(task, number, message);
  }
  return taken;
}

// When what the task has unwritten is to be written: `hold_after` it came; where memory fills up,
// at once. But an endpoint that takes what waits as fast as it comes is left some time, because the
// disk costs more than a short wait of the reader.
std::optional<TimePoint> Backlog::unwritten_due(const Task& task) const {
  const auto oldest = task.ledger.oldest_unwritten();
  if (!oldest) return std::nullopt;
  const auto hold_until = *oldest + options_.hold_after;
  if (!is_filled(1, 2) && !reader_waits_) return hold_until;
  if (task.ledger.is_on_disk()) return oldest;
  const auto drains_until = task.taken_at + options_.hold_after / 4;
  return std::min(*oldest + options_.hold_after / 2, std::max(*oldest, drains_until));
}

Backlog::Group Backlog::collect(TimePoint now) {
  Group group;
  const std::lock_guard lock(mutex_);
  if (write_again_at_ && now < *write_again_at_) return group;
  collect_tasks(now, group);
  const bool removals_are_due =
      removable_ >= kRemovalGroup ||
      (removable_since_ && *removable_since_ + options_.hold_after <= now);
  if (removals_are_due || !group.added.empty()) collect_removals(group);
  return group;
}

// Half of what may wait unwritten in one group: while it is synced, the next one gathers.
void Backlog::collect_tasks(TimePoint now, Group& group) {
  std::uint64_t changes = std::max<std::size_t>(1, options_.unwritten_changes / 2);
  std::uint64_t bytes = std::max<std::size_t>(1, options_.unwritten_bytes / 2);
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    auto& task = tasks_[(first_task_ + i) % tasks_.size()];
    const auto due_at = unwritten_due(task);
    const bool with_unwritten = due_at && *due_at <= now;
    auto& ledger = task.ledger;
    const auto oldest = ledger.oldest_in_window();
    const bool holds = oldest && *oldest + options_.hold_after <= now;
    // What is due soon goes along, so that a slow endpoint costs two groups in `hold_after` and not
    // one for each of its deliveries.
    const auto window_until = holds ? now - options_.hold_after / 2 : TimePoint::min();
    const auto before = group.added.size();
    ledger.collect(window_until, with_unwritten ? changes : 0, bytes, group.added);
    for (auto each = before; each < group.added.size() && with_unwritten; ++each) {
      changes -= std::min<std::uint64_t>(changes, 1);
      bytes -= std::min<std::uint64_t>(bytes, group.added[each].message->size());
    }
  }
  if (!tasks_.empty()) first_task_ = (first_task_ + 1) % tasks_.size();
}

void Backlog::collect_removals(Group& group) {
  for (std::size_t index = 0; index < tasks_.size(); ++index) {
    tasks_[index].ledger.collect_removable(index, group.removed);
  }
}

base::Result<void> Backlog::write(const Group& group) {
  auto stored = store_.write(group.added, group.removed);
  if (stored) {
    written(group);
  } else {
    not_written(options_.clock());
  }
  return stored;
}

void Backlog::written(const Group& group) {
  std::vector<pipeline::Ack> acks;
  acks.reserve(group.added.size());
  {
    const std::lock_guard lock(mutex_);
    write_again_at_.reset();
    on_disk_bytes_ = 0;
    std::size_t removable = 0;
    for (auto& task : tasks_) {
      auto& ledger = task.ledger;
      const auto no_longer_unwritten = ledger.written(acks);
      unwritten_.changes -= no_longer_unwritten.changes;
      unwritten_.bytes -= no_longer_unwritten.bytes;
      on_disk_bytes_ += ledger.on_disk().bytes;
      removable += ledger.removable();
    }
    removable_ = removable;
    if (removable_ == 0) {
      removable_since_.reset();
    } else if (!removable_since_ || !group.removed.empty()) {
      removable_since_ = options_.clock();
    }
    if (reader_waits_) room_.notify_all();
  }
  for (auto& ack : acks) ack.settle();
}

void Backlog::not_written(TimePoint now) {
  std::vector<pipeline::Ack> acks;
  {
    const std::lock_guard lock(mutex_);
    write_again_at_ = now + kRetryPause;
    for (auto& task : tasks_) task.ledger.not_written(acks);
  }
  for (auto& ack : acks) ack.settle();
}

std::optional<Backlog::TimePoint> Backlog::next_turn() const {
  const std::lock_guard lock(mutex_);
  return next_due();
}

std::optional<Backlog::TimePoint> Backlog::next_due() const {
  const auto now = options_.clock();
  auto next = write_due(now);
  for (const auto& task : tasks_) {
    const auto& ledger = task.ledger;
    if (!accepting_ || !task.has_room || ledger.is_live()) continue;
    const bool is_put_off = ledger.supply() == TaskLedger::Supply::kDisk && read_again_at_;
    keep_earlier(next, is_put_off ? *read_again_at_ : now);
  }
  return next;
}

std::optional<Backlog::TimePoint> Backlog::write_due(TimePoint now) const {
  std::optional<TimePoint> due;
  if (removable_ >= kRemovalGroup) due = now;
  if (removable_since_) keep_earlier(due, *removable_since_ + options_.hold_after);
  for (const auto& task : tasks_) {
    if (const auto oldest = task.ledger.oldest_in_window()) {
      keep_earlier(due, *oldest + options_.hold_after);
    }
    keep_earlier(due, unwritten_due(task));
  }
  // Also if nothing is to be written by then: the failure is over with that.
  if (write_again_at_) due = std::max(due.value_or(*write_again_at_), *write_again_at_);
  return due;
}

base::Result<void> Backlog::finish() {
  Group group;
  {
    const std::lock_guard lock(mutex_);
    constexpr auto kAll = std::numeric_limits<std::size_t>::max();
    for (auto& task : tasks_) task.ledger.collect(TimePoint::max(), kAll, kAll, group.added);
    collect_removals(group);
  }
  if (group.added.empty() && group.removed.empty()) return {};
  return write(group);
}

}  // namespace pikachu::backlog
