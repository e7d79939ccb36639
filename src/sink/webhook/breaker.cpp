#include "sink/webhook/breaker.h"

#include <algorithm>

#include "base/backoff.h"

namespace pikachu::sink::webhook {

Breaker::Breaker(const Options& options, std::uint64_t seed)
    : options_(options),
      limit_(options.max_in_flight),
      random_(static_cast<std::minstd_rand::result_type>(seed)) {
}

bool Breaker::allows(TimePoint now, std::size_t in_flight) const {
  if (now < held_until_) return false;
  return open_ ? !probing_ : in_flight < limit_;
}

bool Breaker::sent() {
  probing_ = open_;
  return open_;
}

Breaker::Transition Breaker::succeeded(bool was_probe) {
  if (was_probe) probing_ = false;
  failures_in_a_row_ = 0;
  if (!open_) {
    limit_ = std::min(limit_ + 1, options_.max_in_flight);
    return Transition::kNone;
  }
  open_ = false;
  failed_probes_ = 0;
  held_until_ = TimePoint::min();
  limit_ = 1;
  return Transition::kClosed;
}

Breaker::Transition Breaker::failed(TimePoint now, bool was_probe, bool overloaded,
                                    std::optional<std::chrono::seconds> retry_after) {
  if (was_probe) probing_ = false;
  if (overloaded) limit_ = std::max<std::size_t>(1, limit_ - limit_ / 4);
  ++failures_in_a_row_;

  const bool opens = !open_ && failures_in_a_row_ >= kFailuresToOpen;
  if (opens || (open_ && was_probe)) held_until_ = std::max(held_until_, now + next_pause());
  if (retry_after) {
    // Up to a tenth more, so that those who were told the same do not all come back at once.
    const std::chrono::milliseconds hold = *retry_after;
    std::uniform_int_distribution<std::chrono::milliseconds::rep> extra(0, hold.count() / 10);
    held_until_ = std::max(held_until_, now + hold + std::chrono::milliseconds(extra(random_)));
  }
  if (!opens) return Transition::kNone;
  open_ = true;
  probing_ = false;
  return Transition::kOpened;
}

void Breaker::starved(bool was_probe) {
  if (was_probe) probing_ = false;
  limit_ = std::max<std::size_t>(1, limit_ / 2);
}

std::chrono::milliseconds Breaker::next_pause() {
  return base::backoff_pause(options_.first_pause, options_.longest_pause, failed_probes_++,
                             random_);
}

}  // namespace pikachu::sink::webhook
