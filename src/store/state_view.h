#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pipeline/checkpoint.h"
#include "pipeline/store.h"
#include "pipeline/waiting_store.h"
#include "store/sqlite.h"

namespace pikachu::store {

/// A dead letter as a person sees it.
struct StoredLetter {
  std::int64_t letter = 0;  ///< Its record; what was set aside later has a higher one.
  pipeline::DeadLetter content;
  std::string added_at;          ///< UTC, RFC 3339.
  bool is_marked = false;        ///< It is to be delivered after all.
  std::uint64_t body_bytes = 0;  ///< Also where the body was left out.
};

/// Which dead letters are meant.
struct LetterChoice {
  std::optional<std::string> task_id;  ///< All tasks without it.
  std::vector<std::string> ids;        ///< All of them if there are none.
};

/// A dead letter that was dropped.
struct DroppedLetter {
  std::string task_id;
  std::string id;
  std::string reason;
  std::string dropped_at;
};

/// A delivery that waits, with its task's name.
struct StoredDelivery {
  std::string task_id;
  pipeline::WaitingDelivery delivery;
};

/// What a state file holds, in numbers.
struct StateSummary {
  struct Task {
    std::string task_id;
    pipeline::WaitingStore::Amount waiting;
    std::uint64_t dead_letters = 0;
    std::uint64_t marked = 0;
  };
  std::optional<pipeline::Checkpoint> checkpoint;
  std::string saved_at;                   ///< "" without a checkpoint.
  std::optional<std::string> start_from;  ///< As Store::start_from().
  std::vector<Task> tasks;                ///< Those for which something waits, or was set aside.
  std::uint64_t last_number = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t free_bytes = 0;  ///< Of file_bytes; used again before the file grows.
};

/// The state file of a directory, looked into from beside the service, which may run or not.
///
/// It holds no lock between calls, and each call that writes is one transaction or several small
/// ones, so that the service is never held up for long.
///
/// Errors of all calls: as Connection. Threads: one at a time. Spec: docs/formats/state-file.md.
class StateView {
 public:
  /// Dropped letters that are remembered.
  static constexpr std::int64_t kDroppedKept = 10'000;

  /// REQUIRES: `mode` is kRead or kWrite.
  /// Errors: kInvalid if there is no state file, or one of another version.
  static base::Result<StateView> open(const std::string& dir, OpenMode mode);

  base::Result<StateSummary> summary();

  /// Dead letters of `task_id`, of all tasks without it, with a record above `after`, in order, at
  /// most `max_letters`; without their bodies.
  base::Result<std::vector<StoredLetter>> letters(const std::optional<std::string>& task_id,
                                                  std::int64_t after, std::size_t max_letters);

  /// The whole of one, if it is there.
  base::Result<std::optional<StoredLetter>> letter(std::string_view task_id, std::string_view id);

  /// Marks them for delivery, at most `rate` a second from now on; the service sees it within half
  /// a second, or at its start. Returns how many they are, marked before or not.
  base::Result<std::uint64_t> mark(const LetterChoice& choice, std::optional<std::uint32_t> rate);

  /// Removes them for good, and keeps their ids with `reason`. Returns how many there were.
  base::Result<std::uint64_t> drop(const LetterChoice& choice, std::string_view reason);

  /// Gets everything that the file holds, in the order of these members.
  struct Visitor {
    std::function<base::Result<void>(const StateSummary&)> summary;
    std::function<base::Result<void>(const StoredDelivery&)> waiting;
    std::function<base::Result<void>(const StoredLetter&)> letter;
    std::function<base::Result<void>(const DroppedLetter&)> dropped;
  };
  /// Shows `visitor` one state of the file, whatever is written meanwhile; the log grows as long as
  /// it takes. Errors: of the visitor, too.
  base::Result<void> visit(const Visitor& visitor);

  /// Forgets the checkpoint, and begins at `start_from` (database.start_from's notation), or where
  /// the configuration says if it is nothing. REQUIRES: the directory's StateLock.
  base::Result<void> reset_position(const std::optional<std::string>& start_from);

  /// Removes what waits for a task. Returns how much that was. REQUIRES: the directory's StateLock.
  base::Result<pipeline::WaitingStore::Amount> remove_waiting(const std::string& task_id);

 private:
  explicit StateView(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
  base::Result<StateSummary> read_summary();
  base::Result<std::vector<StateSummary::Task>> read_tasks();
  base::Result<void> visit_waiting(const Visitor& visitor);
  base::Result<void> visit_letters(const Visitor& visitor);
  base::Result<void> visit_dropped(const Visitor& visitor);

  std::unique_ptr<Connection> connection_;
};

}  // namespace pikachu::store
