#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "backlog/backlog_options.h"
#include "pipeline/delivery.h"

namespace pikachu::backlog {

/// What waited on disk at the start, and comes again because the saved position is before it.
///
/// Exact ids, not a number up to which all is known: after a failover transactions may come in
/// another order. Where a change that is not among them comes before one that is, and both are of
/// the same row, then an earlier run delivered the first and this run is about to do so again; the
/// second must follow it again too, or the endpoint would be left with the older state. The same
/// holds where the first waits behind the second, because a run that crashed had got as far as
/// that.
///
/// Threads: one owner.
class AlreadyWaiting {
 public:
  explicit AlreadyWaiting(OrderScope scope) : scope_(scope) {}

  /// `number` is the one that it waits under.
  void add(std::uint64_t number, const pipeline::Message& message);

  /// Whether `message`, which was read again, must not be delivered once more.
  bool has(const pipeline::Message& message);

  std::size_t size() const { return numbers_.size(); }

 private:
  using Keys = std::array<std::uint64_t, 2>;
  Keys keys_of(const pipeline::Message& message) const;

  const OrderScope scope_;
  std::unordered_map<std::string, std::uint64_t> numbers_;  ///< By id.
  std::unordered_map<std::uint64_t, std::map<std::uint64_t, std::string>>
      ids_of_key_;  ///< By number.
};

}  // namespace pikachu::backlog
