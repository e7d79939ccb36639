#pragma once

#include <algorithm>
#include <chrono>

namespace pikachu::test {

/// The shortest of up to three measurements, for a limit that one pause of the machine would break:
/// whoever else runs can only make them longer. Only what was not below `limit` is measured again,
/// so what is always too slow stays so.
///
///     EXPECT_LT(shortest_of_three(kAtOnce, [&] { return time_of_a_stop(); }), kAtOnce);
///
/// `measure` makes everything anew, and returns a duration of std::chrono.
template <typename Measure>
auto shortest_of_three(std::chrono::steady_clock::duration limit, const Measure& measure) {
  auto shortest = measure();
  for (int again = 0; again < 2 && shortest >= limit; ++again) {
    shortest = std::min(shortest, measure());
  }
  return shortest;
}

}  // namespace pikachu::test
