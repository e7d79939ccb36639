#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "pipeline/sink.h"
#include "pipeline/store.h"
#include "telemetry/logger.h"

namespace pikachu::pipeline {

/// Hands dead letters that a person marked to the sink, in order of their numbers, at their rate.
///
/// A letter's record stays until its delivery is settled, so nothing else has to keep it: a crash
/// costs a second delivery. One that is refused again has become another record by then, which
/// stays. A task whose queue is full gets its letters when it has room.
///
/// Threads: one owner, beside those of the sink.
/// Lifetime: all that the constructor refers to outlives this; the sink may keep its Acks longer.
class LetterFeeder {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  LetterFeeder(MarkedLetters& letters, BoundedSink& sink, std::size_t tasks, telemetry::Logger log);
  ~LetterFeeder();
  LetterFeeder(const LetterFeeder&) = delete;
  LetterFeeder& operator=(const LetterFeeder&) = delete;

  /// Removes the records of what is settled, and feeds what may be fed at `now`, which never goes
  /// back. Returns how long to wait for the next call. An error of the store is logged once, and
  /// what it kept from happening is tried again by the next call.
  std::chrono::milliseconds step(TimePoint now);

  /// Removes the records of what is settled; the last thing to do, once the sink is closed.
  void remove_settled();

  /// Letters that were fed and not settled.
  std::size_t under_way() const;

 private:
  class Settled;
  struct Task {
    bool has_more = false;  ///< There may be letters above `after`.
    LetterPlace after;      ///< Those up to here have been fed.
    std::size_t under_way = 0;
  };

  base::Result<void> look_for_marks();
  base::Result<std::size_t> feed(std::size_t index);
  void add_allowance(TimePoint now);
  void note(const base::Result<void>& outcome);

  MarkedLetters& letters_;
  BoundedSink& sink_;
  const telemetry::Logger log_;
  const std::shared_ptr<Settled> settled_;

  std::vector<Task> tasks_;
  std::size_t next_task_ = 0;                          ///< Whose turn it is to be fed first.
  std::unordered_map<std::int64_t, std::size_t> fed_;  ///< Task by letter; those under way.
  std::vector<std::int64_t> removable_;                ///< Settled; not removed yet.
  std::uint64_t version_ = 0;
  bool looked_ = false;
  std::uint32_t rate_ = 1;
  double allowance_ = 0;  ///< Letters that may be fed now.
  TimePoint allowance_at_;
  bool failing_ = false;
};

}  // namespace pikachu::pipeline
