#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "source/table_cache.h"

namespace pikachu::source {

/// The row events of one open transaction, as raw bytes, until it commits or is rolled back.
///
/// The first `memory_bytes` stay in memory, the rest goes to a temporary file without a name, which
/// vanishes with the process. Raw events are the most compact form there is, and a transaction that
/// is rolled back has cost no decoding.
///
/// Threads: one owner.
class TransactionBuffer {
 public:
  /// One rows event, or a number of rows that no task wants but that count in row ordinals.
  struct Item {
    std::shared_ptr<const CachedTable> table;  ///< Nothing: `rows` uncollected rows.
    std::uint64_t rows = 0;
    std::uint64_t start = 0;         ///< Where the event's bytes begin in this buffer.
    std::uint32_t size = 0;          ///< Bytes of the event.
    std::uint64_t event_offset = 0;  ///< Of the (outer) event in its binlog file.
  };

  TransactionBuffer(std::size_t memory_bytes, std::string spill_dir);
  ~TransactionBuffer();
  TransactionBuffer(const TransactionBuffer&) = delete;
  TransactionBuffer& operator=(const TransactionBuffer&) = delete;

  /// Adds a copy of a rows event.
  /// Errors: kUnavailable if the temporary file can't be made or written (disk full), naming it.
  base::Result<void> append_event(std::shared_ptr<const CachedTable> table,
                                  std::span<const std::uint8_t> event, std::uint64_t event_offset);
  /// Adds rows that are only counted.
  void append_uncollected(std::uint64_t rows);

  /// SAVEPOINT; the same name again moves it here.
  void set_savepoint(std::string name);
  /// RELEASE SAVEPOINT: it, and those set after it, are no more. Unknown names are ignored.
  void release_savepoint(std::string_view name);
  /// ROLLBACK TO: forgets what came after the savepoint, which stays. A name that is not known
  /// forgets everything: it was set before the first change.
  void rollback_to(std::string_view name);

  /// Forgets everything; the memory stays for the next transaction, the file does not.
  void clear();

  const std::vector<Item>& items() const { return items_; }
  /// Whether it holds an event at all, beyond counts.
  bool has_events() const { return end_ > 0; }

  /// The bytes of an item's event. Lifetime: until the next call of read() or clear().
  /// Errors: kUnavailable if the temporary file can't be read.
  base::Result<std::span<const std::uint8_t>> read(const Item& item);

 private:
  struct Savepoint {
    std::string name;  ///< "" where a later one took the name over.
    std::size_t items = 0;
    std::uint64_t end = 0;
  };
  base::Result<void> open_spill_file();
  /// Forgets savepoints from index `first` on.
  void cut_savepoints(std::size_t first);

  const std::size_t memory_limit_;
  const std::string spill_dir_;
  std::vector<Item> items_;
  std::vector<Savepoint> savepoints_;
  std::map<std::string, std::size_t, std::less<>> savepoint_index_;  ///< By name.
  /// Events whose start is below memory_.size(); an event is never split between memory and file.
  std::vector<std::uint8_t> memory_;
  std::uint64_t end_ = 0;  ///< Bytes in memory and file together.
  int spill_fd_ = -1;
  std::vector<std::uint8_t> read_buffer_;
};

}  // namespace pikachu::source
