#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "pipeline/waiting_store.h"
#include "store/sqlite.h"

namespace pikachu::store {

/// A task's counts, whose bytes are as the file has them, so that they hold for every version's
/// Message.
pipeline::WaitingStore::Amount to_amount(std::int64_t changes, std::int64_t bytes);

/// The delivery of a row of (place, id, key_a, key_b, label, commit_time_us, body).
pipeline::WaitingDelivery read_waiting(const Statement& row, std::size_t task);

/// As WaitingStore::last_number().
base::Result<std::uint64_t> read_last_number(Connection& connection);

/// Removes what waits for a task, configured or not, and returns how much that was.
/// REQUIRES: a transaction of the caller's.
base::Result<pipeline::WaitingStore::Amount> remove_all_waiting(Connection& connection,
                                                                const std::string& task_id);

/// The tables `waiting`, `tasks` and `numbers`: deliveries that wait for their endpoints.
///
/// A delivery's place is its task's slot and its number in one integer, which is SQLite's row id:
/// what waits for a task is one range of the table's own tree, in order, and no index is kept.
/// How much waits is counted as it comes and goes, never by looking through the table.
///
/// Threads: one at a time. Lifetime: the connection outlives it, and does not move.
/// Spec: docs/formats/state-file.md.
class WaitingTable {
 public:
  /// Gives each of `task_ids` a slot, which it keeps as long as something waits for it.
  /// Errors: kInvalid if there is no slot left; as Connection.
  static base::Result<WaitingTable> open(Connection& connection, std::vector<std::string> task_ids);

  // As pipeline::WaitingStore.
  base::Result<void> write(std::span<const pipeline::WaitingDelivery> added,
                           std::span<const pipeline::WaitingId> removed);
  base::Result<std::vector<pipeline::WaitingDelivery>> read(std::size_t task, std::uint64_t after,
                                                            std::size_t max_changes,
                                                            std::size_t max_bytes);
  base::Result<pipeline::WaitingStore::Amount> amount(std::size_t task);
  base::Result<std::vector<pipeline::WaitingStore::Orphan>> orphans();

 private:
  /// What a transaction adds to the counts of a task.
  struct Growth {
    std::int64_t changes = 0;
    std::int64_t bytes = 0;
  };
  explicit WaitingTable(Connection& connection) : connection_(&connection) {}
  base::Result<void> assign_slots();
  base::Result<void> assign_slot(const std::string& task_id);
  base::Result<void> prepare();
  base::Result<void> add(const pipeline::WaitingDelivery& delivery, Growth& growth);
  base::Result<void> remove(const pipeline::WaitingId& id, Growth& growth);
  base::Result<void> count(std::span<const Growth> growth, std::uint64_t last_number);
  std::int64_t place_of(std::size_t task, std::uint64_t number) const;
  std::int64_t end_of(std::size_t task) const;

  Connection* connection_;
  std::vector<std::string> task_ids_;
  std::vector<std::int64_t> slots_;  ///< By task.

  Statement insert_;
  Statement measure_;
  Statement delete_;
  Statement grow_;
  Statement remember_number_;
  Statement read_;
  Statement amount_;
};

}  // namespace pikachu::store
