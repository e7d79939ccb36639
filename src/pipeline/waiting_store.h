#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pipeline/delivery.h"

namespace pikachu::pipeline {

/// A delivery that waits on disk, or is to.
struct WaitingDelivery {
  /// Its place among all deliveries, from 1, in the order in which the reader made them.
  std::uint64_t number = 0;
  std::shared_ptr<const Message> message;
};

/// The name of a delivery that waits.
struct WaitingId {
  std::size_t task = 0;
  std::uint64_t number = 0;
};

/// Keeps deliveries for endpoints that can't take them now.
///
/// Tasks are meant by their index in the configuration, whose task_ids the store was given; what
/// waits for a task that is no longer configured stays where it is.
///
/// Threads: one caller at a time; beside the calls of PositionStore and DeadLetters.
class WaitingStore {
 public:
  WaitingStore() = default;
  virtual ~WaitingStore() = default;
  WaitingStore(const WaitingStore&) = delete;
  WaitingStore& operator=(const WaitingStore&) = delete;

  /// Adds and removes in one transaction, which is on disk when this returns. A number that is
  /// there already is left as it is, one that is not there need not be removed.
  /// Errors: kUnavailable (disk full, I/O error): nothing of it happened; try again.
  virtual base::Result<void> write(std::span<const WaitingDelivery> added,
                                   std::span<const WaitingId> removed) = 0;

  /// The deliveries of `task` with a number above `after`, in order: at most `max_changes` of them,
  /// and no more than `max_bytes` but for a single one that is larger.
  virtual base::Result<std::vector<WaitingDelivery>> read(std::size_t task, std::uint64_t after,
                                                          std::size_t max_changes,
                                                          std::size_t max_bytes) = 0;

  /// What waits for a task.
  struct Amount {
    std::uint64_t changes = 0;
    std::uint64_t bytes = 0;  ///< Of Message::size().
  };
  virtual base::Result<Amount> amount(std::size_t task) = 0;

  /// The highest number that was ever saved, here or with a position; 0 if there was none.
  virtual base::Result<std::uint64_t> last_number() = 0;

  /// Tasks for which something waits, and which the configuration does not have.
  struct Orphan {
    std::string task_id;
    Amount amount;
  };
  virtual base::Result<std::vector<Orphan>> orphans() = 0;
};

}  // namespace pikachu::pipeline
