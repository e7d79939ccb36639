#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/delivery.h"
#include "pipeline/waiting_store.h"

namespace pikachu::backlog {

/// Where each of one task's deliveries is: with the sink (its window), to be written, or on disk.
///
/// Numbers grow from the left to the right, so deliveries stay in order:
///
///     window: with the sink │ fetched │ on disk, not fetched │ unwritten
///                 ▲             │               ▲  │               │
///                 └─────────────┘               │  └─▶ fetched     │
///                                               └──── written ─────┘
///
/// A delivery is durable if its number is not above durable_through(): whenever one is written, all
/// of the task's unsettled ones before it are written with it. Otherwise a later change of a row,
/// found on disk after a crash, would overtake an earlier one that must be read again.
///
/// While nothing of the task is on disk, what is unwritten goes to the sink without being written.
///
/// Pure: no clock, no I/O. Threads: one owner at a time.
class TaskLedger {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Amount = pipeline::WaitingStore::Amount;

  /// A delivery that is in memory.
  struct Entry {
    std::uint64_t number = 0;
    /// Null once it is durable and with the sink: that has it.
    std::shared_ptr<const pipeline::Message> message;
    pipeline::Ack owed;  ///< Settled already, and empty, once it is durable.
    TimePoint since;     ///< When it was submitted.
  };

  /// `on_disk` is what waits for the task from earlier runs, with numbers up to `last_number`.
  TaskLedger(Amount on_disk, std::uint64_t last_number);

  /// Whether the reader may hand deliveries to the sink itself: nothing waits before them.
  bool is_live() const { return live_; }

  /// Adds a delivery that is about to be handed to the sink. REQUIRES: its number is above all
  /// before.
  void enter_window(Entry entry);
  /// The sink had no room for the delivery that entered last: it waits first in line again.
  void leave_window(std::uint64_t number, std::shared_ptr<const pipeline::Message> message);
  /// Adds a delivery behind all others; the task is not live until next() has returned them all.
  void spill(Entry entry);

  /// Where the next delivery for the sink is.
  enum class Supply : std::uint8_t { kNone, kMemory, kDisk };
  Supply supply() const;
  /// The next delivery for the sink. REQUIRES: supply() is kMemory.
  Entry next();
  /// After this number the next ones are to be read. REQUIRES: supply() is kDisk.
  std::uint64_t read_after() const { return passed_; }
  /// What was read there. Nothing, though something was expected, counts as nothing left.
  void fetched(std::vector<pipeline::WaitingDelivery> deliveries);
  /// Whether something waits on disk, so that what is unwritten has to go there too.
  bool is_on_disk() const { return !fetched_.empty() || unfetched_ > 0; }
  /// REQUIRES: supply() is kNone.
  void go_live() { live_ = true; }

  /// The sink has settled a delivery. Returns whom to tell now: nobody while a record on disk is of
  /// one that was settled before. The position would pass this one, and after a crash that record
  /// alone would be delivered once more, behind later changes of its row.
  pipeline::Ack settle(std::uint64_t number);

  /// Appends what is to be written: of the window all that came up to `window_until`; with
  /// `max_changes` and `max_bytes` above 0 all of the window, then unwritten ones up to that.
  void collect(TimePoint window_until, std::size_t max_changes, std::size_t max_bytes,
               std::vector<pipeline::WaitingDelivery>& out);
  /// What was collected is on disk, and the records of collect_removable() are gone: appends whom
  /// to tell. Returns what of it was unwritten.
  Amount written(std::vector<pipeline::Ack>& acks);
  /// The write failed: all is as it was.
  void not_written(std::vector<pipeline::Ack>& acks);

  /// Records of settled deliveries, which may go.
  std::size_t removable() const { return removable_.size(); }
  /// Appends all of them, of the task with the index `task`.
  void collect_removable(std::size_t task, std::vector<pipeline::WaitingId>& out);

  /// When the oldest delivery came that is with the sink and not durable.
  std::optional<TimePoint> oldest_in_window() const;
  /// When the oldest unwritten delivery came.
  std::optional<TimePoint> oldest_unwritten() const;
  /// Commit time of the oldest delivery in memory, in microseconds since 1970.
  std::optional<std::int64_t> oldest_commit_us() const;

  /// On disk, delivered ones whose record is not gone yet included.
  Amount on_disk() const { return on_disk_; }
  /// To be written.
  Amount unwritten() const { return unwritten_amount_; }
  /// Waiting, and not with the sink: on disk or to be written.
  std::uint64_t behind_window() const { return fetched_.size() + unfetched_ + unwritten_.size(); }
  std::uint64_t durable_through() const { return durable_through_; }

 private:
  struct InWindow {
    Entry entry;
    std::size_t bytes = 0;
    std::int64_t commit_time_us = 0;
  };

  bool live_;
  std::uint64_t durable_through_;
  std::uint64_t collected_through_ = 0;  ///< Of what is being written; 0 if nothing is.
  std::uint64_t passed_ = 0;             ///< All up to this are with the sink, or fetched, or done.
  std::map<std::uint64_t, InWindow> window_;
  std::deque<pipeline::WaitingDelivery> fetched_;
  std::uint64_t unfetched_;
  std::deque<Entry> unwritten_;
  Amount unwritten_amount_;
  Amount on_disk_;
  struct Settled {
    std::uint64_t number = 0;
    std::size_t bytes = 0;
  };
  void end_write(std::vector<pipeline::Ack>& acks);

  std::vector<Settled> removable_;
  std::size_t being_removed_ = 0;               ///< The first of removable_.
  std::vector<Settled> settled_while_written_;  ///< Removable if the write succeeds.
  std::vector<pipeline::Ack> owed_after_this_write_;
  std::vector<pipeline::Ack> owed_after_next_write_;
};

}  // namespace pikachu::backlog
