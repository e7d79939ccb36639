#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pipeline/checkpoint.h"
#include "pipeline/delivery.h"

namespace pikachu::pipeline {

/// Keeps the checkpoint to resume from.
///
/// Threads: any; the reader saves where the stream begins, the Checkpointer everything after.
class PositionStore {
 public:
  PositionStore() = default;
  virtual ~PositionStore() = default;
  PositionStore(const PositionStore&) = delete;
  PositionStore& operator=(const PositionStore&) = delete;

  /// The saved checkpoint, or nothing if none was ever saved.
  /// Errors: kCorrupt, kUnavailable.
  virtual base::Result<std::optional<Checkpoint>> load() = 0;

  /// Saves durably: once it returns, a crash or a power cut does not undo it, and a crash during
  /// the call leaves the old checkpoint or the new one, whole. Errors: kUnavailable (disk full, I/O
  /// error); the old checkpoint still stands.
  virtual base::Result<void> save(const Checkpoint& checkpoint) = 0;

  /// The saved checkpoint loses its Checkpoint::inside, durably, and so does the one that is saved
  /// next, which may be on its way already. Errors: kUnavailable; the saved one still has it.
  virtual base::Result<void> forget_inside() = 0;
};

/// A delivery that its endpoint refused for good.
struct DeadLetter {
  std::string task_id;
  std::string id;
  std::string body;
  std::string reason;  ///< One sentence for a person.
  std::uint32_t attempts = 0;
  int last_status = 0;     ///< HTTP status.
  std::string last_reply;  ///< The beginning of the endpoint's last reply, at most 2 KiB.

  // What it takes to deliver it after all: see Message, and WaitingDelivery::number.
  std::uint64_t number = 0;
  std::array<std::uint64_t, 2> keys{};
  std::string label;
  std::int64_t commit_time_us = 0;
};

/// Where deliveries are set aside, whole, until a person decides.
class DeadLetters {
 public:
  DeadLetters() = default;
  virtual ~DeadLetters() = default;
  DeadLetters(const DeadLetters&) = delete;
  DeadLetters& operator=(const DeadLetters&) = delete;

  /// Adds durably; only then may the delivery be settled. The same task and id again replaces the
  /// record, but for its number, and takes away its mark: a repeated change is one dead letter.
  /// Errors: kUnavailable (disk full, I/O error): keep the delivery and try again.
  /// Threads: any.
  virtual base::Result<void> add(const DeadLetter& letter) = 0;

  /// How many there are of a task.
  virtual base::Result<std::uint64_t> count(std::string_view task_id) = 0;
};

/// A dead letter that a person marked: it is to be delivered after all.
struct MarkedLetter {
  /// Which record it was read from. One that DeadLetters::add() replaces is another one.
  std::int64_t letter = 0;
  std::uint64_t number = 0;  ///< DeadLetter::number.
  std::shared_ptr<const Message> message;
};

/// Where a letter stands among those of its task. Numbers repeat: a replay counts on from the
/// service's last one, and so does the service.
struct LetterPlace {
  std::uint64_t number = 0;  ///< MarkedLetter::number.
  std::int64_t letter = 0;   ///< MarkedLetter::letter.
};

/// The marked ones among the dead letters.
///
/// Tasks are meant by their index in the configuration.
///
/// Threads: all methods from any thread. Errors of all: kUnavailable (I/O error), kCorrupt.
class MarkedLetters {
 public:
  MarkedLetters() = default;
  virtual ~MarkedLetters() = default;
  MarkedLetters(const MarkedLetters&) = delete;
  MarkedLetters& operator=(const MarkedLetters&) = delete;

  /// A number that is another one after anything was marked; cheap.
  virtual base::Result<std::uint64_t> version() = 0;

  /// How many of them a person wants delivered in a second, all tasks together; at least 1.
  virtual base::Result<std::uint32_t> rate() = 0;

  /// Marked letters of `task` behind `after`, in order, at most `max_letters`.
  virtual base::Result<std::vector<MarkedLetter>> next_marked(std::size_t task, LetterPlace after,
                                                              std::size_t max_letters) = 0;

  /// Removes the record `letter` durably; nothing happens if it is not there any more.
  virtual base::Result<void> remove(std::int64_t letter) = 0;
};

}  // namespace pikachu::pipeline
