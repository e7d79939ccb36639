#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "pipeline/checkpoint.h"
#include "store/sqlite.h"
#include "store/state_lock.h"
#include "store/state_view.h"

namespace pikachu::store {

/// A state file that is made of what StateView::visit() showed of another one.
///
/// It is written beside and put in place by finish(): until then the directory has no state.
///
/// Errors of all calls: as Connection. Threads: one at a time. Lifetime: holds the StateLock.
class StateImport {
 public:
  /// Errors: kInvalid if there is a state file in `dir` already, or another process holds it.
  static base::Result<StateImport> begin(const std::string& dir);

  /// The checkpoint, where to begin instead, and the last number.
  base::Result<void> add(const StateSummary& summary);
  /// Errors: kInvalid if it is there already.
  base::Result<void> add(const StoredDelivery& stored);
  base::Result<void> add(const StoredLetter& letter);
  base::Result<void> add(const DroppedLetter& letter);

  /// Makes it the state file of the directory, durably. Call it last, once.
  base::Result<void> finish();

 private:
  StateImport(std::string dir, StateLock lock, std::unique_ptr<Connection> connection,
              Transaction transaction);
  base::Result<void> prepare();
  base::Result<std::int64_t> slot_of(const std::string& task_id);

  std::string dir_;
  StateLock lock_;
  std::unique_ptr<Connection> connection_;
  Transaction transaction_;
  std::map<std::string, std::int64_t> slots_;
  Statement add_waiting_;
  Statement add_letter_;
  Statement add_dropped_;
};

}  // namespace pikachu::store
