#pragma once

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
};

/// Everything before `position` has been returned or left out, and yet a restart can't go on there:
/// something that is prepared before it would be missed, or the time that was asked for is still to
/// come. For those who want to know how far the stream has been read.
struct Passed {
  change::Position position;
};

/// The next thing that a source has to say.
/// A row change is never null, and belongs to the source: see Source::next.
using SourceEvent = std::variant<const change::RowChange*, Commit, Passed>;

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
