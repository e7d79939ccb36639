#include "sink/webhook/lanes.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace pikachu::sink::webhook {

Pending& Lanes::allocate() {
  if (unused_.empty()) return storage_.emplace_back();
  auto& pending = *unused_.back();
  unused_.pop_back();
  return pending;
}

void Lanes::make_ready(Pending& pending) {
  ready_.push_back({pending.sequence_, &pending});
  std::push_heap(ready_.begin(), ready_.end(), std::greater<>{});
}

void Lanes::push(pipeline::Delivery delivery) {
  auto& pending = allocate();
  pending.bytes = delivery.size();
  pending.delivery = std::move(delivery);
  pending.sequence_ = next_sequence_++;
  ++size_;
  const auto& keys = pending.delivery.message->keys;
  pending.is_barrier_ =
      order_ == Order::kKey && (keys[0] == pipeline::kAnyRow || keys[1] == pipeline::kAnyRow);
  if (outside_.empty() && may_enter(pending)) {
    enter(pending);
  } else {
    outside_.push_back(&pending);
  }
}

bool Lanes::may_enter(const Pending& pending) const {
  return barrier_ == nullptr && (!pending.is_barrier_ || entered_ == 0);
}

void Lanes::enter(Pending& pending) {
  ++entered_;
  if (pending.is_barrier_) {
    barrier_ = &pending;
  } else if (order_ == Order::kKey) {
    pending.keys_ = pending.delivery.message->keys;
    pending.key_count_ = pending.keys_[0] == pending.keys_[1] ? 1 : 2;
  } else {
    pending.keys_ = {};
    pending.key_count_ = order_ == Order::kTable ? 1 : 0;
  }
  for (std::size_t i = 0; i < pending.key_count_; ++i) {
    const auto [entry, is_first] = last_of_key_.try_emplace(pending.keys_[i], &pending);
    if (is_first) continue;
    auto& before = *entry->second;
    before.follower_[before.keys_[0] == pending.keys_[i] ? 0 : 1] = &pending;
    ++pending.blockers_;
    entry->second = &pending;
  }
  if (pending.blockers_ == 0) make_ready(pending);
}

Pending* Lanes::take_ready() {
  if (ready_.empty()) return nullptr;
  std::pop_heap(ready_.begin(), ready_.end(), std::greater<>{});
  auto* const pending = ready_.back().pending;
  ready_.pop_back();
  return pending;
}

void Lanes::finish(Pending& pending) {
  for (std::size_t i = 0; i < pending.key_count_; ++i) {
    auto* const follower = pending.follower_[i];
    if (follower == nullptr) {
      last_of_key_.erase(pending.keys_[i]);
    } else if (--follower->blockers_ == 0) {
      make_ready(*follower);
    }
  }
  --size_;
  --entered_;
  if (barrier_ == &pending) barrier_ = nullptr;
  pending = Pending{};  // Frees the body and, if it was not settled, the Ack.
  unused_.push_back(&pending);
  while (!outside_.empty() && may_enter(*outside_.front())) {
    auto& next = *outside_.front();
    outside_.pop_front();
    enter(next);
  }
}

void Lanes::park(Pending& pending, TimePoint due, bool for_endpoint) {
  parked_.push_back({due, pending.sequence_, &pending, for_endpoint});
  std::push_heap(parked_.begin(), parked_.end(), std::greater<>{});
}

void Lanes::release_due(TimePoint now) {
  while (!parked_.empty() && parked_.front().due <= now) {
    std::pop_heap(parked_.begin(), parked_.end(), std::greater<>{});
    make_ready(*parked_.back().pending);
    parked_.pop_back();
  }
}

void Lanes::expedite(TimePoint latest) {
  for (auto& parked : parked_) {
    if (parked.for_endpoint) parked.due = std::min(parked.due, latest);
  }
  std::make_heap(parked_.begin(), parked_.end(), std::greater<>{});
}

std::optional<Lanes::TimePoint> Lanes::next_due() const {
  if (parked_.empty()) return std::nullopt;
  return parked_.front().due;
}

}  // namespace pikachu::sink::webhook
