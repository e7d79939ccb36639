#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <variant>

#include "base/result.h"
#include "change/position.h"
#include "change/row_change.h"

namespace pikachu::pipeline {

/// A transaction ended, or the stream moved on without one (a rotation, a heartbeat, a transaction
/// that concerns no task). Everything before `position` has been returned.
struct Commit {
  change::Position position;
  /// `position` is before transactions that were returned already: one that was prepared before
  /// them (XA) is not resolved yet, and must be read again after a restart.
  bool is_early = false;
  /// If it is: what was noted in Prepared::through of the transaction that `position` is before.
  std::optional<std::uint64_t> through = std::nullopt;
};

/// A transaction was prepared (XA) behind all that was returned so far. Until it is resolved, the
/// position of a Commit may be before it.
struct Prepared {
  /// Of the receiver, to note the last delivery number before the transaction: kept with it.
  /// Never null. Lifetime: until the next call of Source::next().
  std::optional<std::uint64_t>* through = nullptr;
};

/// Everything before `position` has been returned or left out, and yet a restart can't go on there:
/// something that is prepared before it would be missed, or the time that was asked for is still to
/// come. For those who want to know how far the stream has been read.
struct Passed {
  change::Position position;
};

/// The next thing that a source has to say.
/// A row change is never null, and belongs to the source: see Source::next.
using SourceEvent = std::variant<const change::RowChange*, Commit, Prepared, Passed>;

/// Where changes come from: today a binlog.
class Source {
 public:
  Source() = default;
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  /// The next change or commit, in commit order; only rows of committed transactions. Waits for as
  /// long as it takes, through lost connections too.
  /// Errors: kCancelled once `stop` is requested; any other error is one that no retry can mend,
  /// and nothing more will come. Lifetime: a RowChange is valid until the next call. Threads: one
  /// caller.
  virtual base::Result<SourceEvent> next(const std::stop_token& stop) = 0;
};

}  // namespace pikachu::pipeline
