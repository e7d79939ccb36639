#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "change/position.h"

namespace pikachu::pipeline {

class AckTracker;

/// The duty to report that one delivery is settled: accepted by its endpoint, or durably set aside.
///
/// A dropped Ack that was not settled holds the position for ever: forgetting costs a duplicate
/// after a restart, never a loss. Move-only. An empty Ack (default-constructed) settles nothing.
///
/// Threads: one owner at a time; settle() from any thread. Lifetime: may outlive its tracker.
class Ack {
 public:
  Ack() = default;
  Ack(Ack&& other) noexcept;
  Ack& operator=(Ack&& other) noexcept;
  Ack(const Ack&) = delete;
  Ack& operator=(const Ack&) = delete;
  ~Ack() = default;

  /// Reports. A second call does nothing.
  void settle();

 private:
  friend class AckTracker;
  struct State;
  Ack(std::shared_ptr<State> state, std::uint64_t transaction);
  std::shared_ptr<State> state_;
  std::uint64_t transaction_ = 0;
};

/// Knows up to which commit everything is settled.
///
/// The reader calls track() for each delivery and commit() at the end of each transaction;
/// deliveries settle in any order. A commit without open deliveries, behind another such, is merged
/// into it, so one delivery that is stuck while a million transactions pass costs two entries, not
/// a million.
///
/// Threads: all methods from any thread.
class AckTracker {
 public:
  AckTracker();
  ~AckTracker();
  AckTracker(const AckTracker&) = delete;
  AckTracker& operator=(const AckTracker&) = delete;

  /// Opens a delivery of the transaction that the next commit() ends.
  [[nodiscard]] Ack track();

  /// Ends the transaction; `position` is where streaming would go on after it.
  void commit(change::Position position);

  /// The last position up to which all is settled, if it has moved since the last call.
  std::optional<change::Position> take_settled_position();

  /// Deliveries that are not settled, those of the open transaction included.
  std::uint64_t unsettled() const;

  /// Entries that committed transactions take in memory: those with open deliveries, and one for
  /// each run of settled ones behind them.
  std::size_t held_transactions() const;

 private:
  std::shared_ptr<Ack::State> state_;
};

}  // namespace pikachu::pipeline
