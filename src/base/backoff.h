#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace pikachu::base {

/// Growing pauses between attempts, with jitter, so that many clients of a server that comes back
/// do not all call at once.
///
/// The n-th pause (n from 0) is drawn evenly from [d/2, d] where d = min(cap, first · 2^n): "equal
/// jitter", which keeps a floor, so a failing endpoint is never hammered.
///
/// Threads: one owner; not synchronised.
class Backoff {
 public:
  /// REQUIRES: 0 < first <= cap. `seed` makes the draws repeatable in tests.
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds cap, std::uint64_t seed);

  /// The next pause; each call counts as one more failed attempt.
  std::chrono::milliseconds next();

  /// Begins again at `first`, after a success.
  void reset() { failures_ = 0; }

  /// Failed attempts since the last reset.
  std::uint32_t failures() const { return failures_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds cap_;
  std::uint32_t failures_ = 0;
  std::minstd_rand random_;
};

/// The pause after `failures` failures (0 for the first), drawn with `random`; what Backoff uses.
/// REQUIRES: 0 < first <= cap.
std::chrono::milliseconds backoff_pause(std::chrono::milliseconds first,
                                        std::chrono::milliseconds cap, std::uint32_t failures,
                                        std::minstd_rand& random);

}  // namespace pikachu::base
