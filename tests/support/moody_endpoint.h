#pragma once

#include <cstdint>
#include <mutex>
#include <random>

#include "tests/support/arrival_log.h"
#include "tests/support/receiver.h"

namespace pikachu::test {

/// How an endpoint treats what it gets.
enum class Mood : std::uint8_t {
  kWell,
  kSlow,       ///< Answers after up to 100 ms.
  kFails,      ///< 500.
  kThrottles,  ///< 429, to be tried again at once.
  kHangs,      ///< Never answers.
  kHangsUp,    ///< Closes, without a word.
  kResets,     ///< The same, by RST.
  kLies,       ///< 200, and closes.
  kCuts,       ///< Closes before the end of its 200.
  kErratic,    ///< One of the above, for each request anew.
};

/// An endpoint that fails in one way after the other, and keeps a log of what arrived.
///
/// Threads: all methods from any thread. Lifetime: `log` outlives it.
class MoodyEndpoint {
 public:
  MoodyEndpoint(ArrivalLog& log, std::uint64_t seed) : log_(log), random_(seed) {}

  void set_mood(Mood mood);
  /// One of them, at random.
  void change_mood();

  /// The answer to a request, by mood; notes the request.
  ReceiverAnswer take(const ReceivedRequest& request);

 private:
  Mood draw();

  ArrivalLog& log_;
  std::mutex mutex_;
  std::mt19937_64 random_;   // guarded by mutex_
  Mood mood_ = Mood::kWell;  // guarded by mutex_
};

}  // namespace pikachu::test
