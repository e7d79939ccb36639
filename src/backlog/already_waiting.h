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
/// A server that replicates only some of the tables gives a transaction's ids to other rows, and a
/// table's primary key may have been altered meanwhile. Where the table, the operation or the keys
/// differ, the change is delivered.
///
/// Threads: one owner.
class AlreadyWaiting {
 public:
  explicit AlreadyWaiting(OrderScope scope) : scope_(scope) {}

  /// `number` is the one that it waits under.
  void add(std::uint64_t number, const pipeline::Message& message);

  /// Whether `message`, which was read again, must not be delivered once more.
  bool has(const pipeline::Message& message);

  std::size_t size() const { return places_.size(); }

 private:
  using Keys = std::array<std::uint64_t, 2>;
  struct Place {
    std::uint64_t number = 0;
    Keys keys{};            ///< Message::keys,
    std::size_t label = 0;  ///< and a hash of its label.

    bool is_of(const pipeline::Message& message) const;
  };

  Keys keys_of(const pipeline::Message& message) const;
  void forget(const Keys& keys, std::uint64_t through);
  void forget_row(std::uint64_t key, std::uint64_t through);

  const OrderScope scope_;
  std::unordered_map<std::string, Place> places_;  ///< By id.
  /// By key, then by number.
  std::unordered_map<std::uint64_t, std::map<std::uint64_t, std::string>> ids_of_key_;
  std::uint64_t forgotten_through_ = 0;  ///< All with numbers up to this are forgotten.
};

}  // namespace pikachu::backlog
