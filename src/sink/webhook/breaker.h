#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>

namespace pikachu::sink::webhook {

/// Decides when an endpoint may be called, and with how many requests at a time.
///
///     closed ── 5 failures in a row ──▶ open: one probe at a time, growing pauses between them
///       ▲                                │
///       └────────── any success ─────────┘ then the limit grows from 1 by 1 for each success
///
/// Closed, up to limit() requests are in flight; an endpoint that is overloaded, and trouble on
/// this machine, make the limit smaller, each success makes it larger again, up to max_in_flight.
/// A Retry-After holds everything back until it has passed, open or closed.
///
/// Failures here are those that blame the endpoint; a change that the endpoint refuses is a
/// success, for the endpoint is there. Only probes make the pauses grow: what was in flight when
/// the breaker opened fails all at once and says nothing new.
///
/// Pure: no clock, no I/O. Threads: one owner.
class Breaker {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Options {
    std::chrono::milliseconds first_pause{1'000};     ///< Pauses before probes grow from this …
    std::chrono::milliseconds longest_pause{60'000};  ///< … to this.
    std::size_t max_in_flight = 64;
  };
  enum class Transition : std::uint8_t { kNone, kOpened, kClosed };

  static constexpr std::uint32_t kFailuresToOpen = 5;

  /// REQUIRES: 0 < first_pause <= longest_pause, max_in_flight > 0. `seed` is for the jitter.
  Breaker(const Options& options, std::uint64_t seed);

  /// Whether one more request may be sent now, with `in_flight` already out.
  bool allows(TimePoint now, std::size_t in_flight) const;

  /// Before this moment nothing may be sent, whatever is in flight.
  TimePoint closed_until() const { return held_until_; }

  /// A request goes out. Returns whether it is the probe; say so again when it comes back.
  /// REQUIRES: allows().
  bool sent();

  /// The endpoint answered.
  Transition succeeded(bool was_probe);

  /// The endpoint failed. `retry_after` is bounded_retry_after().
  Transition failed(TimePoint now, bool was_probe, bool overloaded,
                    std::optional<std::chrono::seconds> retry_after);

  /// The attempt failed for want of something on this machine.
  void starved(bool was_probe);

  bool is_open() const { return open_; }
  std::size_t limit() const { return limit_; }

 private:
  std::chrono::milliseconds next_pause();

  const Options options_;
  bool open_ = false;
  bool probing_ = false;
  std::uint32_t failures_in_a_row_ = 0;
  std::uint32_t failed_probes_ = 0;
  std::size_t limit_;
  TimePoint held_until_ = TimePoint::min();
  std::minstd_rand random_;
};

}  // namespace pikachu::sink::webhook
