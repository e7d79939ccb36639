#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tests/support/counted_change.h"
#include "tests/support/receiver.h"

namespace pikachu::test {

/// What arrived, over any number of runs of pikachu: each change's first arrival, and what came
/// again after it had been accepted, by whose fault.
///
/// Requests carry the header x-run, the number of the run of pikachu that sent them, from 0.
///
/// Threads: all methods from any thread.
class ArrivalLog {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Milliseconds = std::chrono::milliseconds;

  /// How much came again because a run ended.
  struct RunEnd {
    TimePoint at;
    Milliseconds allowed{0};   ///< What was accepted earlier than this before `at` must not.
    std::size_t accepted = 0;  ///< Requests that the run's endpoints accepted.
    std::size_t repeated = 0;  ///< Of those, how many came again.
    Milliseconds oldest{0};    ///< The longest time before `at` at which one was accepted.
  };
  struct Counts {
    std::size_t requests = 0;
    std::size_t changes = 0;       ///< Different ones.
    std::size_t answers_lost = 0;  ///< Accepted, and tried again by the same run.
    std::size_t sent_anew = 0;     ///< Accepted, and sent by the same run as if for the first time.
    std::size_t followed = 0;  ///< Accepted, and came again behind an older change of their row.
  };

  /// `accepted_at`: when the endpoint answers 2xx, if it does.
  void take(const ReceivedRequest& request, std::optional<TimePoint> accepted_at);

  /// The newest run has ended now. What it had accepted within the last `allowed` may come again,
  /// and what follows that in its row, whenever it was accepted.
  void run_ended(TimePoint at, Milliseconds allowed);

  Counts counts() const;
  std::vector<RunEnd> run_ends() const;
  /// What must not have happened, so far; the first few.
  std::vector<std::string> problems() const;
  /// The changes of each row in order of first arrival; of a moved row, with both ids.
  CountedHistory first_arrivals() const;
  /// Rows whose last arrival is not their newest change; there must be none when all has arrived.
  std::vector<std::string> stale_rows() const;

  /// Waits for so many more requests. False if `timeout` passed.
  bool wait_for_requests(std::size_t more, Milliseconds timeout) const;
  /// Waits until fewer than `limit` of `committed` changes are yet to come, or `stop` is requested.
  void wait_until_behind(const std::atomic<std::size_t>& committed, std::size_t limit,
                         const std::stop_token& stop) const;

 private:
  struct Row {
    std::vector<CountedChange> changes;      ///< In order of first arrival.
    std::vector<std::size_t> last_arrivals;  ///< Of each, as a number of requests.
  };
  struct Known {
    std::size_t body_hash = 0;
    std::vector<std::pair<Row*, std::size_t>> places;  ///< Where in which rows it is.
    std::optional<TimePoint> accepted_at;              ///< Last.
    std::size_t accepted_as = 0;                       ///< The number of that request.
    std::size_t accepted_by = 0;
  };

  void add_to_rows(Known& known, const ReceivedRequest& request);
  void take_repeated(const Known& known, const ReceivedRequest& request, std::size_t run);
  static bool has_to_follow(const Known& known);
  void problem(std::string text);

  mutable std::mutex mutex_;  // guards all below
  mutable std::condition_variable_any arrived_;
  std::map<std::string, Known> known_;  ///< By task and id.
  std::map<CountedHistory::key_type, Row> rows_;
  std::vector<RunEnd> run_ends_;
  std::size_t accepted_in_run_ = 0;
  Counts counts_;
  std::vector<std::string> problems_;
};

}  // namespace pikachu::test
