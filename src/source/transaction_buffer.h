#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "source/savepoints.h"
#include "source/spill_file.h"
#include "source/table_cache.h"

namespace pikachu::source {

/// The row events of one transaction, as raw bytes, until it commits or is rolled back.
///
/// A stream of records: the first `memory_bytes` of it stay in memory, the rest goes to a temporary
/// file without a name, which vanishes with the process. Raw events are the most compact form there
/// is, and a transaction that is rolled back has cost no decoding. Besides the stream it takes the
/// memory of one block of the file, of the largest event, and of the tables' and savepoints' names:
/// nothing for each event.
///
///     buffer.rewind();
///     while (true) {
///       auto event = buffer.next();
///       if (!event) return …;          // an error
///       if (!event->has_value()) break;  // the end
///       use(**event);
///     }
///
/// Threads: one owner.
class TransactionBuffer {
 public:
  /// One rows event.
  struct Event {
    const CachedTable* table = nullptr;
    std::span<const std::uint8_t> bytes;
    std::uint64_t offset = 0;  ///< Of the (outer) event in its binlog file.
    /// Rows that are not here, but count in ordinals, between the event before and this one.
    std::uint64_t uncollected_rows = 0;
    std::string_view query;  ///< The statement that it is of, where the server logs it.
  };

  /// The temporary file is made in `spill_dir`; `spill_advice`: see SpillFile.
  TransactionBuffer(std::size_t memory_bytes, std::string spill_dir, std::string spill_advice);

  /// Adds a copy of a rows event.
  /// Errors: kUnavailable if the temporary file can't be made or written (disk full), naming it;
  /// then nothing was added.
  base::Result<void> append_event(const std::shared_ptr<const CachedTable>& table,
                                  std::span<const std::uint8_t> event, std::uint64_t event_offset);
  /// Adds rows that are only counted.
  void append_uncollected(std::uint64_t rows) { uncollected_rows_ += rows; }

  /// The events that follow are of this statement, up to the next call, or clear_query().
  void set_query(std::string_view text);
  void clear_query() { query_.clear(); }
  bool has_query() const { return !query_.empty(); }

  /// SAVEPOINT; the same name again moves it here.
  void set_savepoint(std::string name);
  /// RELEASE SAVEPOINT: it, and those set after it, are no more. Unknown names are ignored.
  void release_savepoint(std::string_view name) { savepoints_.release(name); }
  /// ROLLBACK TO: forgets what came after the savepoint, which stays.
  /// Errors: those of Savepoints; then nothing was forgotten.
  base::Result<void> rollback_to(std::string_view name);

  /// Forgets everything; the memory stays for the next transaction, the file does not.
  void clear();

  bool has_events() const { return end_ > 0; }
  /// Memory that the stream takes, in bytes.
  std::size_t memory_bytes() const { return memory_.capacity(); }

  /// Nothing more will be added before clear(): gives back memory that is not needed.
  void settle();
  /// Moves what is in memory to the temporary file. REQUIRES: settle(). Errors: as append_event();
  /// then all is as it was.
  base::Result<void> move_to_disk();

  /// Goes back to before the first event.
  void rewind();
  /// The next event, or nothing after the last. Errors: kUnavailable if the temporary file can't be
  /// read. Lifetime: until the next call of any method.
  base::Result<std::optional<Event>> next();

 private:
  struct RecordHead;

  base::Result<void> append(const RecordHead& head, std::span<const std::uint8_t> bytes);
  base::Result<std::span<const std::uint8_t>> view(std::uint64_t at, std::size_t size);
  std::uint32_t index_of(const std::shared_ptr<const CachedTable>& table);
  void cut(std::uint64_t end);

  const std::size_t memory_limit_;
  std::uint64_t end_ = 0;                  ///< Bytes of the stream.
  std::vector<std::uint8_t> memory_;       ///< Its first ones; a record is never split.
  std::uint64_t memory_end_ = 0;           ///< How many these are, or were before they were moved.
  SpillFile file_;                         ///< The others.
  std::optional<std::uint64_t> moved_to_;  ///< Where in the file those of the memory stand now.
  std::vector<std::shared_ptr<const CachedTable>> tables_;  ///< That records speak of by index.
  std::unordered_map<const CachedTable*, std::uint32_t> table_index_;  ///< If they are many.
  std::uint64_t uncollected_rows_ = 0;                                 ///< Since the last event.
  std::string query_;
  bool query_stored_ = false;  ///< The query stands in the stream.
  Savepoints savepoints_;

  // Reading.
  std::uint64_t at_ = 0;
  std::string read_query_;
};

}  // namespace pikachu::source
