#pragma once

#include <algorithm>
#include <cstddef>

namespace pikachu::sink::webhook {

/// Shares out the connections that one delivery loop may have between its endpoints.
///
/// Half of them are divided evenly: that much an endpoint can always have, however many requests of
/// the others hang. The other half goes to whoever asks first.
///
/// Pure. Threads: one owner.
class ConnectionBudget {
 public:
  /// Each endpoint is sure of one connection, also where there are more endpoints than connections.
  /// REQUIRES: endpoints > 0.
  ConnectionBudget(std::size_t connections, std::size_t endpoints)
      : guaranteed_(std::max<std::size_t>(1, connections / (2 * endpoints))),
        shared_(connections - std::min(connections, guaranteed_ * endpoints)) {}

  /// Whether an endpoint that has `in_flight` may have one more.
  bool allows(std::size_t in_flight) const {
    return in_flight < guaranteed_ || shared_used_ < shared_;
  }
  /// An endpoint that had `in_flight` took one more. REQUIRES: allows(in_flight).
  void took(std::size_t in_flight) { shared_used_ += in_flight >= guaranteed_ ? 1 : 0; }
  /// An endpoint that had `in_flight` gave one back.
  void gave_back(std::size_t in_flight) { shared_used_ -= in_flight > guaranteed_ ? 1 : 0; }

 private:
  const std::size_t guaranteed_;
  const std::size_t shared_;
  std::size_t shared_used_ = 0;
};

}  // namespace pikachu::sink::webhook
