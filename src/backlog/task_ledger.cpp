#include "backlog/task_ledger.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace pikachu::backlog {

TaskLedger::TaskLedger(Amount on_disk, std::uint64_t last_number)
    : live_(on_disk.changes == 0),
      durable_through_(last_number),
      unfetched_(on_disk.changes),
      on_disk_(on_disk) {
}

void TaskLedger::enter_window(Entry entry) {
  const auto number = entry.number;
  InWindow held{std::move(entry), 0, 0};
  held.bytes = held.entry.message->size();
  held.commit_time_us = held.entry.message->commit_time_us;
  if (number <= durable_through_) held.entry.message.reset();
  passed_ = std::max(passed_, number);
  window_.emplace_hint(window_.end(), number, std::move(held));
}

void TaskLedger::leave_window(std::uint64_t number,
                              std::shared_ptr<const pipeline::Message> message) {
  auto node = window_.extract(number);
  if (number <= durable_through_) {
    fetched_.push_front({number, std::move(message)});
    live_ = false;
    return;
  }
  auto& entry = node.mapped().entry;
  ++unwritten_amount_.changes;
  unwritten_amount_.bytes += node.mapped().bytes;
  unwritten_.push_front(std::move(entry));
  passed_ = number - 1;
  live_ = false;
}

void TaskLedger::spill(Entry entry) {
  ++unwritten_amount_.changes;
  unwritten_amount_.bytes += entry.message->size();
  unwritten_.push_back(std::move(entry));
  live_ = false;
}

TaskLedger::Supply TaskLedger::supply() const {
  if (!fetched_.empty()) return Supply::kMemory;
  if (unfetched_ > 0) return Supply::kDisk;
  return unwritten_.empty() ? Supply::kNone : Supply::kMemory;
}

TaskLedger::Entry TaskLedger::next() {
  Entry entry;
  if (!fetched_.empty()) {
    entry.number = fetched_.front().number;
    entry.message = std::move(fetched_.front().message);
    fetched_.pop_front();
    return entry;
  }
  entry = std::move(unwritten_.front());
  unwritten_.pop_front();
  --unwritten_amount_.changes;
  unwritten_amount_.bytes -= entry.message->size();
  return entry;
}

void TaskLedger::fetched(std::vector<pipeline::WaitingDelivery> deliveries) {
  if (deliveries.empty()) {
    unfetched_ = 0;
    return;
  }
  unfetched_ -= std::min<std::uint64_t>(unfetched_, deliveries.size());
  passed_ = deliveries.back().number;
  fetched_.insert(fetched_.end(), std::make_move_iterator(deliveries.begin()),
                  std::make_move_iterator(deliveries.end()));
}

pipeline::Ack TaskLedger::settle(std::uint64_t number) {
  const auto node = window_.extract(number);
  if (node.empty()) return {};
  auto& [entry, bytes, commit_time_us] = node.mapped();
  if (number <= durable_through_) {
    removable_.push_back({number, bytes});
  } else if (number <= collected_through_) {
    settled_while_written_.push_back({number, bytes});
  }
  if (removable_.empty() && settled_while_written_.empty()) return std::move(entry.owed);
  owed_after_next_write_.push_back(std::move(entry.owed));
  return {};
}

void TaskLedger::collect(TimePoint window_until, std::size_t max_changes, std::size_t max_bytes,
                         std::vector<pipeline::WaitingDelivery>& out) {
  const bool with_unwritten = max_changes > 0 && max_bytes > 0 && !unwritten_.empty();
  for (auto each = window_.upper_bound(durable_through_); each != window_.end(); ++each) {
    const auto& entry = each->second.entry;
    if (!with_unwritten && entry.since > window_until) break;
    out.push_back({entry.number, entry.message});
    collected_through_ = entry.number;
  }
  if (!with_unwritten) return;
  std::size_t changes = 0;
  std::size_t bytes = 0;
  for (const auto& entry : unwritten_) {
    if (changes == max_changes || bytes >= max_bytes) break;
    ++changes;
    bytes += entry.message->size();
    out.push_back({entry.number, entry.message});
    collected_through_ = entry.number;
  }
}

TaskLedger::Amount TaskLedger::written(std::vector<pipeline::Ack>& acks) {
  Amount from_unwritten;
  const auto through = std::exchange(collected_through_, 0);
  const auto gone = removable_.begin() + static_cast<std::ptrdiff_t>(being_removed_);
  for (auto each = removable_.begin(); each != gone; ++each) {
    on_disk_.changes -= std::min<std::uint64_t>(on_disk_.changes, 1);
    on_disk_.bytes -= std::min<std::uint64_t>(on_disk_.bytes, each->bytes);
  }
  removable_.erase(removable_.begin(), gone);
  std::move(owed_after_this_write_.begin(), owed_after_this_write_.end(), std::back_inserter(acks));
  owed_after_this_write_.clear();
  for (auto each = window_.upper_bound(durable_through_);
       each != window_.end() && each->first <= through; ++each) {
    auto& held = each->second;
    acks.push_back(std::move(held.entry.owed));
    held.entry.message.reset();
    ++on_disk_.changes;
    on_disk_.bytes += held.bytes;
  }
  for (const auto& settled : settled_while_written_) {
    ++on_disk_.changes;
    on_disk_.bytes += settled.bytes;
    removable_.push_back(settled);
  }
  settled_while_written_.clear();
  while (!unwritten_.empty() && unwritten_.front().number <= through) {
    auto& entry = unwritten_.front();
    const auto bytes = entry.message->size();
    ++from_unwritten.changes;
    from_unwritten.bytes += bytes;
    acks.push_back(std::move(entry.owed));
    unwritten_.pop_front();
  }
  unfetched_ += from_unwritten.changes;
  on_disk_.changes += from_unwritten.changes;
  on_disk_.bytes += from_unwritten.bytes;
  unwritten_amount_.changes -= from_unwritten.changes;
  unwritten_amount_.bytes -= from_unwritten.bytes;
  durable_through_ = std::max(durable_through_, through);
  end_write(acks);
  return from_unwritten;
}

void TaskLedger::not_written(std::vector<pipeline::Ack>& acks) {
  collected_through_ = 0;
  end_write(acks);
}

void TaskLedger::end_write(std::vector<pipeline::Ack>& acks) {
  settled_while_written_.clear();
  being_removed_ = 0;
  auto& next = owed_after_next_write_;
  std::move(owed_after_this_write_.begin(), owed_after_this_write_.end(), std::back_inserter(next));
  owed_after_this_write_.clear();
  if (!removable_.empty()) return;
  std::move(next.begin(), next.end(), std::back_inserter(acks));
  next.clear();
}

void TaskLedger::collect_removable(std::size_t task, std::vector<pipeline::WaitingId>& out) {
  for (const auto& settled : removable_) out.push_back({task, settled.number});
  being_removed_ = removable_.size();
  owed_after_this_write_.swap(owed_after_next_write_);
}

std::optional<TaskLedger::TimePoint> TaskLedger::oldest_in_window() const {
  const auto first = window_.upper_bound(durable_through_);
  if (first == window_.end()) return std::nullopt;
  return first->second.entry.since;
}

std::optional<TaskLedger::TimePoint> TaskLedger::oldest_unwritten() const {
  if (unwritten_.empty()) return std::nullopt;
  return unwritten_.front().since;
}

std::optional<std::int64_t> TaskLedger::oldest_commit_us() const {
  if (!window_.empty()) return window_.begin()->second.commit_time_us;
  if (!fetched_.empty()) return fetched_.front().message->commit_time_us;
  if (unfetched_ == 0 && !unwritten_.empty()) return unwritten_.front().message->commit_time_us;
  return std::nullopt;
}

}  // namespace pikachu::backlog
