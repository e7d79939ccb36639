#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fair_mutex.h"
#include "base/result.h"
#include "pipeline/store.h"
#include "pipeline/waiting_store.h"
#include "store/letter_table.h"
#include "store/position_table.h"
#include "store/sqlite.h"
#include "store/state_lock.h"
#include "store/waiting_table.h"

namespace pikachu::store {

/// What pikachu must not forget, in one SQLite file per state directory: the checkpoint to resume
/// from, the deliveries that wait for their endpoints, and the dead letters.
///
/// Every call that writes is one transaction, on disk when it returns. One connection under one
/// mutex: a disk syncs one commit at a time whoever asks. The mutex is fair, because the backlog
/// asks again and again while much waits, and a position that is saved late costs repeats. Space
/// that a drained backlog leaves is given back to the file system, some megabytes with each later
/// write.
///
/// Threads: all methods from any thread. Spec: docs/formats/state-file.md.
class Store final : public pipeline::PositionStore,
                    public pipeline::DeadLetters,
                    public pipeline::MarkedLetters,
                    public pipeline::WaitingStore {
 public:
  /// Opens the state in `dir`, which is created if it is not there, and locks it for this process.
  /// A file of an older layout is brought up to date; one that is damaged or not ours is left as it
  /// is. `task_ids` are those of the configured tasks, by their index.
  /// Errors: kInvalid (in use by another process; no permission; a newer pikachu's file), kCorrupt
  /// (damaged), kUnavailable (disk full, I/O error). Messages say what to do.
  static base::Result<std::unique_ptr<Store>> open(const std::string& dir,
                                                   std::vector<std::string> task_ids = {});

  /// What the directory is known by: see StateLock::instance.
  const std::string& instance() const { return lock_.instance(); }

  base::Result<std::optional<pipeline::Checkpoint>> load() override;
  base::Result<void> save(const pipeline::Checkpoint& checkpoint) override;
  base::Result<void> forget_inside() override;
  /// Where to begin, if there is no checkpoint, instead of database.start_from and in its notation.
  base::Result<std::optional<std::string>> start_from();

  base::Result<void> add(const pipeline::DeadLetter& letter) override;
  base::Result<std::uint64_t> count(std::string_view task_id) override;

  base::Result<std::uint64_t> version() override;
  base::Result<std::uint32_t> rate() override;
  base::Result<std::vector<pipeline::MarkedLetter>> next_marked(std::size_t task,
                                                                pipeline::LetterPlace after,
                                                                std::size_t max_letters) override;
  base::Result<void> remove(std::int64_t letter) override;

  base::Result<void> write(std::span<const pipeline::WaitingDelivery> added,
                           std::span<const pipeline::WaitingId> removed) override;
  base::Result<std::vector<pipeline::WaitingDelivery>> read(std::size_t task, std::uint64_t after,
                                                            std::size_t max_changes,
                                                            std::size_t max_bytes) override;
  base::Result<Amount> amount(std::size_t task) override;
  base::Result<std::uint64_t> last_number() override;
  base::Result<std::vector<Orphan>> orphans() override;

 private:
  Store(StateLock lock, std::unique_ptr<Connection> connection, PositionTable position,
        LetterTable letters, WaitingTable waiting);
  void give_back_space();

  const StateLock lock_;  ///< Given back last, when the file is closed.
  base::FairMutex mutex_;
  // Guarded by mutex_:
  std::unique_ptr<Connection> connection_;  ///< Where the tables' references stay valid.
  PositionTable position_;
  LetterTable letters_;
  WaitingTable waiting_;
};

}  // namespace pikachu::store
