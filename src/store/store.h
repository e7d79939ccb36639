#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "change/position.h"
#include "pipeline/store.h"
#include "store/sqlite.h"
#include "store/state_lock.h"

namespace pikachu::store {

/// What pikachu must not forget, in one SQLite file per state directory: the position to resume
/// from and the dead letters.
///
/// Every call that writes is one transaction, on disk when it returns. One connection under one
/// mutex: the checkpointer writes some times a second at most, and a disk syncs one commit at a
/// time whoever asks.
///
/// Threads: all methods from any thread. Spec: docs/formats/state-file.md.
class Store final : public pipeline::PositionStore, public pipeline::DeadLetters {
 public:
  /// Opens the state in `dir`, which is created if it is not there, and locks it for this process.
  /// A file that is damaged or not ours is left as it is.
  /// Errors: kInvalid (in use by another process; no permission; a newer pikachu's file), kCorrupt
  /// (damaged), kUnavailable (disk full, I/O error). Messages say what to do.
  static base::Result<std::unique_ptr<Store>> open(const std::string& dir);

  base::Result<std::optional<pipeline::Checkpoint>> load() override;
  base::Result<void> save(const pipeline::Checkpoint& checkpoint) override;

  base::Result<void> add(const pipeline::DeadLetter& letter) override;
  base::Result<std::uint64_t> count(std::string_view task_id) override;

 private:
  struct Statements {
    Statement load_position;
    Statement save_position;
    Statement add_dead_letter;
    Statement count_dead_letters;
  };
  static base::Result<Statements> prepare(Connection& connection);
  Store(StateLock lock, Connection connection, Statements statements);

  const StateLock lock_;  ///< Given back last, when the file is closed.
  std::mutex mutex_;
  // Guarded by mutex_:
  Connection connection_;
  Statements statements_;
};

}  // namespace pikachu::store
