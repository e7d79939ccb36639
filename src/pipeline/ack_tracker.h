#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "pipeline/ack.h"
#include "pipeline/checkpoint.h"
#include "pipeline/source.h"

namespace pikachu::pipeline {

/// Numbers the deliveries, and knows up to where everything is settled.
///
/// The reader calls track() for each delivery and commit() at the end of each transaction, inside a
/// big one commit_part() too; deliveries settle in any order. A commit without open deliveries,
/// behind another such, is merged into it, so one delivery that is stuck while a million
/// transactions pass costs two entries, not a million.
///
/// Threads: all methods from any thread.
class AckTracker {
 public:
  /// A delivery that was opened.
  struct Tracked {
    std::uint64_t number = 0;  ///< Delivery::number.
    Ack ack;
  };

  /// `resumed` is what this run goes on from, if there is something; `last_number` the highest
  /// number that was ever saved: WaitingStore::last_number.
  explicit AckTracker(std::optional<Checkpoint> resumed = std::nullopt,
                      std::uint64_t last_number = 0);
  ~AckTracker();
  AckTracker(const AckTracker&) = delete;
  AckTracker& operator=(const AckTracker&) = delete;

  /// Opens a delivery of the transaction that the next commit ends.
  [[nodiscard]] Tracked track();

  /// Ends the transaction. If its position is early, and nothing was noted with what that is
  /// before, no checkpoint comes of it. `inside` is of one that is still to be read, but was read
  /// and settled in part by an earlier run.
  void commit(Commit commit, std::optional<InsideTransaction> inside = std::nullopt);

  /// Ends a part of the transaction: a restart would go on at the last position that was committed,
  /// and leave out the rows of `inside`, as `server` (Position::server) counts them. Does nothing
  /// before the first position, behind one that is early (other transactions lie between it and
  /// this one), and behind one of another server.
  void commit_part(InsideTransaction inside, std::string_view server);

  /// From now on no checkpoint comes of commits and parts, until release(): their deliveries belong
  /// to the first commit or part behind it. See Sink::expects_again().
  void hold();
  void release();
  bool is_held() const;

  /// The last number before what is read next, to note with a transaction that is prepared there:
  /// see Prepared. Nothing while held.
  std::optional<std::uint64_t> through() const;

  /// Checkpoints that were not taken yet lose their Checkpoint::inside.
  void forget_inside();

  /// The last checkpoint up to which all is settled, if it has moved since the last call.
  std::optional<Checkpoint> take_settled();

  /// The last number that was given out, by this run or an earlier one.
  std::uint64_t last_number() const;

  /// Deliveries that are not settled, those of the open transaction included.
  std::uint64_t unsettled() const;

  /// Whether a restart, once take_settled() is saved, would read again what was settled: because
  /// something is not settled, held, or prepared (XA).
  bool is_behind() const;

  /// Entries that committed transactions take in memory: those with open deliveries, and one for
  /// each run of settled ones behind them.
  std::size_t held_transactions() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace pikachu::pipeline
