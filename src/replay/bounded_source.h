#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/result.h"
#include "change/position.h"
#include "pipeline/source.h"

namespace pikachu::replay {

/// Where a replay ends: once everything before a position was returned, or before the first
/// transaction that was committed at or after a time, if that comes first.
struct End {
  change::Position position;
  std::optional<std::int64_t> unix_seconds;  ///< Since 1970.
};

/// Whether everything before `end` is before `position` too. GTIDs decide where both have them,
/// but on one MariaDB server, where sequence numbers may be in no order; there and elsewhere the
/// number at the end of the file's name, and the offset, which mean something on one server only.
/// REQUIRES: both are positions of the same server or, with GTIDs, of its replicas.
bool has_reached(const change::Position& position, const change::Position& end);

/// The wanted rows of a source as far as an end, and no faster than a pace. What is prepared at the
/// end, and committed behind it, is not among them.
///
/// Threads: as Source. Lifetime: the source outlives this.
class BoundedSource final : public pipeline::Source {
 public:
  /// Whether a row is to be replayed; the others are passed over.
  using RowFilter = std::function<bool(const change::RowChange& row)>;

  /// `rows_per_second`: 0 for as fast as it goes.
  BoundedSource(pipeline::Source& source, RowFilter wanted, End end, std::uint32_t rows_per_second);

  /// As the source's. Errors: kCancelled also at the end.
  base::Result<pipeline::SourceEvent> next(const std::stop_token& stop) override;

  /// Whether the end was reached.
  bool has_ended() const { return has_ended_; }
  /// Rows that were returned.
  std::uint64_t rows() const { return rows_; }

 private:
  bool wait_for_turn(const std::stop_token& stop);

  pipeline::Source& source_;
  const RowFilter wanted_;
  const End end_;
  const std::chrono::nanoseconds pause_;  ///< Between two rows.
  std::chrono::steady_clock::time_point next_turn_;
  bool has_ended_ = false;
  std::uint64_t rows_ = 0;
  std::mutex mutex_;  ///< Guards nothing: turn_ needs it.
  std::condition_variable_any turn_;
};

}  // namespace pikachu::replay
