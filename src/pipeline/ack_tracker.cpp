#include "pipeline/ack_tracker.h"

#include <iterator>
#include <map>
#include <mutex>
#include <utility>

namespace pikachu::pipeline {

// Transactions have numbers in commit order; `committed` holds those that wait, and no two
// neighbours of it are both without open deliveries: the older one's position is of no use then.
struct Ack::State {
  struct Transaction {
    change::Position position;
    std::uint64_t open_deliveries = 0;
  };

  void commit(change::Position position);
  void settle(std::uint64_t transaction);
  void release(std::map<std::uint64_t, Transaction>::iterator transaction);

  std::mutex mutex;
  // Guarded by mutex:
  std::map<std::uint64_t, Transaction> committed;
  std::uint64_t current = 0;  // Number of the transaction that is not committed yet.
  std::uint64_t current_open_deliveries = 0;
  std::uint64_t unsettled = 0;
  std::optional<change::Position> settled;  // Not taken yet.
};

void Ack::State::commit(change::Position position) {
  const auto number = current++;
  const auto open = std::exchange(current_open_deliveries, 0);
  if (open > 0) {
    committed.emplace_hint(committed.end(), number, Transaction{std::move(position), open});
  } else if (committed.empty()) {
    settled = std::move(position);
  } else if (auto& last = std::prev(committed.end())->second; last.open_deliveries == 0) {
    last.position = std::move(position);
  } else {
    committed.emplace_hint(committed.end(), number, Transaction{std::move(position), 0});
  }
}

void Ack::State::settle(std::uint64_t transaction) {
  --unsettled;
  if (transaction == current) {
    --current_open_deliveries;
    return;
  }
  // Always there: an entry with open deliveries is never merged into another.
  const auto found = committed.find(transaction);
  if (found != committed.end() && --found->second.open_deliveries == 0) release(found);
}

void Ack::State::release(std::map<std::uint64_t, Transaction>::iterator transaction) {
  if (transaction == committed.begin()) {
    // At most two turns: behind a run of settled ones, which is one entry, stands an open one.
    while (!committed.empty() && committed.begin()->second.open_deliveries == 0) {
      settled = std::move(committed.begin()->second.position);
      committed.erase(committed.begin());
    }
    return;
  }
  if (const auto before = std::prev(transaction); before->second.open_deliveries == 0) {
    committed.erase(before);
  }
  const auto after = std::next(transaction);
  if (after != committed.end() && after->second.open_deliveries == 0) committed.erase(transaction);
}

Ack::Ack(std::shared_ptr<State> state, std::uint64_t transaction)
    : state_(std::move(state)), transaction_(transaction) {
}

Ack::Ack(Ack&& other) noexcept = default;
Ack& Ack::operator=(Ack&& other) noexcept = default;

void Ack::settle() {
  const auto state = std::move(state_);
  if (state == nullptr) return;
  const std::lock_guard lock(state->mutex);
  state->settle(transaction_);
}

AckTracker::AckTracker() : state_(std::make_shared<Ack::State>()) {
}
AckTracker::~AckTracker() = default;

Ack AckTracker::track() {
  const std::lock_guard lock(state_->mutex);
  ++state_->unsettled;
  ++state_->current_open_deliveries;
  return {state_, state_->current};
}

void AckTracker::commit(change::Position position) {
  const std::lock_guard lock(state_->mutex);
  state_->commit(std::move(position));
}

std::optional<change::Position> AckTracker::take_settled_position() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->settled, std::nullopt);
}

std::uint64_t AckTracker::unsettled() const {
  const std::lock_guard lock(state_->mutex);
  return state_->unsettled;
}

std::size_t AckTracker::held_transactions() const {
  const std::lock_guard lock(state_->mutex);
  return state_->committed.size();
}

}  // namespace pikachu::pipeline
