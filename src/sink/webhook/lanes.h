#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "pipeline/delivery.h"
#include "sink/webhook/webhook_options.h"

namespace pikachu::sink::webhook {

/// A delivery that is not settled yet, and what its attempts have come to.
struct Pending {
  pipeline::Delivery delivery;
  std::size_t bytes = 0;                ///< Of memory, when it was accepted.
  std::uint32_t attempts = 0;           ///< Requests made.
  std::uint32_t change_failures = 0;    ///< Of them, those that blame the change,
  std::uint32_t endpoint_failures = 0;  ///< the endpoint.
  bool is_probe = false;                ///< The attempt under way is the breaker's probe.

 private:
  friend class Lanes;
  std::uint64_t sequence_ = 0;
  std::array<std::uint64_t, 2> keys_{};
  std::array<Pending*, 2> follower_{};  ///< The next delivery of each key.
  std::uint8_t key_count_ = 0;
  std::uint8_t blockers_ = 0;  ///< Keys of which an older delivery is pending.
  bool is_barrier_ = false;    ///< Waits for all and holds back all: see Lanes.
};

/// One task's pending deliveries, each behind the older ones that share a key with it.
///
/// An exact map of keys, not a fixed number of lanes: a delivery that waits for its next attempt
/// holds back those of its own keys and no other.
///
///     push ─▶ (outside ─▶) blocked ─▶ ready ─▶ out ─▶ finish
///                                       ▲       │
///                                       └ parked◀
///
/// A delivery with two keys (an update that changes the primary key) waits for both. One of any row
/// (pipeline::kAnyRow) is a barrier: it waits for all before it, and all behind it wait for it.
/// Pure: no clock, no I/O. Threads: one owner.
class Lanes {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit Lanes(Order order) : order_(order) {}

  /// Takes in a delivery behind all before it.
  void push(pipeline::Delivery delivery);

  /// Hands out the oldest delivery that is ready; nullptr if none is.
  /// Lifetime: valid until finish(); other calls do not move it.
  Pending* take_ready();

  /// The delivery is done with: those behind it move up. REQUIRES: it is out.
  void finish(Pending& pending);

  /// Lets the delivery wait for its next attempt until `due`, with its keys still held.
  /// `for_endpoint`: because of the endpoint, see expedite(). REQUIRES: it is out.
  void park(Pending& pending, TimePoint due, bool for_endpoint);

  /// Parked deliveries that are due at `now` become ready.
  void release_due(TimePoint now);

  /// Deliveries parked for the endpoint's sake wait until `latest` at most: it works again.
  void expedite(TimePoint latest);

  /// When the next parked delivery is due.
  std::optional<TimePoint> next_due() const;

  bool has_ready() const { return !ready_.empty(); }
  bool empty() const { return size_ == 0; }
  /// Deliveries pending in whatever state.
  std::size_t size() const { return size_; }

 private:
  struct Ready {
    std::uint64_t sequence = 0;
    Pending* pending = nullptr;
    bool operator>(const Ready& other) const { return sequence > other.sequence; }
  };
  struct Parked {
    TimePoint due;
    std::uint64_t sequence = 0;
    Pending* pending = nullptr;
    bool for_endpoint = false;
    bool operator>(const Parked& other) const {
      return due != other.due ? due > other.due : sequence > other.sequence;
    }
  };

  Pending& allocate();
  bool may_enter(const Pending& pending) const;
  void enter(Pending& pending);
  void make_ready(Pending& pending);

  const Order order_;
  std::uint64_t next_sequence_ = 0;
  std::size_t size_ = 0;
  std::size_t entered_ = 0;           ///< Of them, all but those outside.
  const Pending* barrier_ = nullptr;  ///< The one that has entered; nothing else has.
  std::deque<Pending*> outside_;      ///< A barrier, or behind one; they enter in order.
  std::unordered_map<std::uint64_t, Pending*> last_of_key_;  ///< Keys that are pending.
  std::vector<Ready> ready_;                                 ///< Heap, the oldest on top.
  std::vector<Parked> parked_;                               ///< Heap, the soonest due on top.
  std::deque<Pending> storage_;  ///< Never shrinks; bounded by the queue's limit.
  std::vector<Pending*> unused_;
};

}  // namespace pikachu::sink::webhook
