#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "backlog/already_waiting.h"
#include "backlog/backlog_options.h"
#include "backlog/task_ledger.h"
#include "base/result.h"
#include "pipeline/delivery.h"
#include "pipeline/sink.h"
#include "pipeline/waiting_store.h"

namespace pikachu::backlog {

/// Why the reader has to wait.
enum class Obstacle : std::uint8_t {
  kNone,
  kDisk,       ///< What is to be written fills its memory: the disk is slow, full or broken.
  kTaskQuota,  ///< The task has as much on disk as it may.
  kTotalQuota,
};

/// What waits for one task.
struct TaskWaiting {
  std::uint64_t on_disk_changes = 0;
  std::uint64_t on_disk_bytes = 0;
  std::uint64_t unwritten_changes = 0;  ///< In memory, to be written.
  std::uint64_t behind_changes = 0;     ///< Not with the sink yet: on disk or to be written.
  /// Commit time of the oldest that is not settled, in microseconds since 1970; 0 if unknown.
  std::int64_t oldest_commit_us = 0;
};

/// Keeps each task's deliveries in order, in memory while the sink takes them and on disk while it
/// does not, and settles those that are durable. All of BacklogSink but its thread.
///
/// Threads: submit() and wait_for_room() by the reader; turn(), wait() and finish() by one thread;
/// everything else by any. Never calls out with its lock held. Lifetime: `sink` and `store` outlive
/// its use; the Acks that it gives to the sink keep the object itself alive.
class Backlog final : public std::enable_shared_from_this<Backlog> {
  struct Private {};

 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Reads what waits from earlier runs. `through` is Checkpoint::through of what this run goes on
  /// from; without a checkpoint it is `last_number`. That is the store's last_number() from which
  /// AckTracker counts on: not asked for once more, for a replay may have set letters aside since,
  /// under higher ones.
  /// Errors: those of the store.
  static base::Result<std::shared_ptr<Backlog>> open(const BacklogOptions& options,
                                                     pipeline::BoundedSink& sink,
                                                     pipeline::WaitingStore& store,
                                                     std::uint64_t through,
                                                     std::uint64_t last_number);
  Backlog(Private, BacklogOptions options, pipeline::BoundedSink& sink,
          pipeline::WaitingStore& store);

  /// Takes over `delivery`, and returns kNone; or leaves it and returns what it has to wait for.
  /// REQUIRES: its number is above all before, and stop_accepting() was not called.
  Obstacle submit(pipeline::Delivery& delivery);

  /// Waits until submit() may take a delivery for task `index`; false if `stop` is requested or
  /// stop_accepting() called before.
  bool wait_for_room(std::size_t index, const std::stop_token& stop);

  /// Sink::expects_again(), until something comes that was committed after the start, or nothing
  /// has come again for BacklogOptions::expect_again_for.
  bool expects_again();
  /// How many changes it is about. Threads: as for expects_again(), the reader.
  std::size_t expected_again() const;

  /// The sink's queue of task `index` has room again.
  void has_room(std::size_t index);

  /// What one turn did.
  struct Turn {
    std::size_t written = 0;
    std::size_t removed = 0;
    std::size_t read = 0;
    bool nothing_to_write = false;  ///< Nothing was due; no attempt was put off.
    bool nothing_to_read = false;   ///< Nothing is on disk behind the turn.
    std::chrono::nanoseconds write_time{0};
    std::optional<base::Error> write_error;
    std::optional<base::Error> read_error;
    std::vector<std::size_t> spilled;    ///< Tasks that wait on disk from now on.
    std::vector<std::size_t> caught_up;  ///< Tasks that no longer do.
  };
  /// Hands deliveries that wait to the sink as far as it has room, and writes what is due.
  Turn turn();

  /// Waits until the next turn is due, at latest until `at_latest`; false once `stop` is requested.
  bool wait(const std::stop_token& stop, std::optional<TimePoint> at_latest = std::nullopt);
  /// When it is due, unless something happens before; nothing: not before that.
  std::optional<TimePoint> next_turn() const;

  /// Nothing more is taken, and nothing more handed to the sink.
  void stop_accepting();

  /// Writes and settles all that is not durable. Call it when the sink is closed and turn() no
  /// longer runs. Errors: those of the store; what was not written is not settled.
  base::Result<void> finish();

  TaskWaiting waiting(std::size_t index) const;
  /// Bytes on disk, all tasks.
  std::uint64_t on_disk_bytes() const;

 private:
  // Records of settled deliveries go with the next group, or as soon as there are this many, or
  // after BacklogOptions::hold_after: one that is still there at a restart costs a duplicate.
  static constexpr std::size_t kRemovalGroup = 1'024;
  // Read at once. Little, because as much stays in memory for each task whose queue is full.
  static constexpr std::size_t kFetchChanges = 512;
  static constexpr std::size_t kFetchBytes = 1U << 20U;

  /// What one transaction of the store writes.
  struct Group {
    std::vector<pipeline::WaitingDelivery> added;
    std::vector<pipeline::WaitingId> removed;
  };

  /// Whom the sink reports to: the Ack's ticket is the delivery's number.
  class TaskAcks final : public pipeline::AckReceiver {
   public:
    TaskAcks(Backlog& owner, std::size_t task) : owner_(owner), task_(task) {}
    void settled(std::uint64_t ticket) override { owner_.settled(task_, ticket); }

   private:
    Backlog& owner_;
    const std::size_t task_;
  };

  struct Task {
    TaskLedger ledger;
    std::unique_ptr<TaskAcks> acks;
    AlreadyWaiting already_waiting;  ///< The reader's own.
    bool has_room = true;            ///< As far as is known: nothing was refused since.
    TimePoint taken_at{};            ///< When the sink last took one that had waited.
    bool on_disk = false;            ///< Turn::spilled named it last, not caught_up.
  };

  base::Result<void> load(std::uint64_t through, std::uint64_t last_number);
  base::Result<void> load_already_waiting(std::size_t index, std::uint64_t through);
  void settled(std::size_t index, std::uint64_t number);
  void refill_all(Turn& turn);
  void refill(std::size_t index, TimePoint until, Turn& turn);
  std::optional<TaskLedger::Entry> take_next(std::size_t index, Turn& turn);
  bool fetch(std::size_t index, Turn& turn);
  bool hand_over(std::size_t index, TaskLedger::Entry entry);
  Group collect(TimePoint now);
  base::Result<void> write(const Group& group);
  void written(const Group& group);
  void not_written(TimePoint now);
  // With the lock held:
  void collect_tasks(TimePoint now, Group& group);
  void collect_removals(Group& group);
  void leave_window(Task& task, std::uint64_t number,
                    std::shared_ptr<const pipeline::Message> message);
  Obstacle obstacle(const Task& task) const;
  bool is_filled(std::size_t numerator, std::size_t denominator) const;
  std::optional<TimePoint> unwritten_due(const Task& task) const;
  std::optional<TimePoint> next_due() const;
  std::optional<TimePoint> write_due(TimePoint now) const;
  void due(TimePoint when);

  const BacklogOptions options_;
  pipeline::BoundedSink& sink_;
  pipeline::WaitingStore& store_;

  /// In microseconds since 1970: what is committed later was not read by an earlier run.
  const std::int64_t new_from_us_;
  bool new_has_come_ = false;  ///< The reader's own.
  // The reader's own: what expected_again() was when expects_again() was asked last, when that was,
  // and for how long it has not changed.
  std::size_t expected_before_ = 0;
  TimePoint asked_at_{};
  std::chrono::nanoseconds unchanged_for_{0};

  mutable std::mutex mutex_;
  std::condition_variable_any work_;
  std::condition_variable_any room_;
  // Guarded by mutex_, but for Task::already_waiting:
  std::vector<Task> tasks_;
  TaskLedger::Amount unwritten_;  ///< All tasks.
  std::uint64_t on_disk_bytes_ = 0;
  std::size_t removable_ = 0;
  std::optional<TimePoint> removable_since_;
  std::optional<TimePoint> write_again_at_;  ///< After a failure.
  std::optional<TimePoint> read_again_at_;
  std::size_t first_task_ = 0;        ///< Whose turn it is to be refilled and written first.
  TimePoint due_ = TimePoint::min();  ///< For when wait() waits; min() while it does not.
  bool woken_ = false;
  bool reader_waits_ = false;
  bool accepting_ = true;
};

}  // namespace pikachu::backlog
