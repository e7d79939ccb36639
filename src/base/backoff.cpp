#include "base/backoff.h"

#include <algorithm>

namespace pikachu::base {

std::chrono::milliseconds backoff_pause(std::chrono::milliseconds first,
                                        std::chrono::milliseconds cap, std::uint32_t failures,
                                        std::minstd_rand& random) {
  auto longest = std::min(first, cap);
  for (std::uint32_t i = 0; i < failures && longest < cap; ++i)
    longest = std::min(longest * 2, cap);
  const auto shortest = longest / 2;
  std::uniform_int_distribution<std::chrono::milliseconds::rep> draw(shortest.count(),
                                                                     longest.count());
  return std::chrono::milliseconds(draw(random));
}

Backoff::Backoff(std::chrono::milliseconds first, std::chrono::milliseconds cap, std::uint64_t seed)
    : first_(first), cap_(cap), random_(static_cast<std::minstd_rand::result_type>(seed)) {
}

std::chrono::milliseconds Backoff::next() {
  return backoff_pause(first_, cap_, failures_++, random_);
}

}  // namespace pikachu::base
