#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/result.h"
#include "binlog/events.h"
#include "change/position.h"
#include "source/transaction_buffer.h"

namespace pikachu::source {

/// An XA transaction between XA PREPARE and its end, which may be days and files later.
struct PreparedTransaction {
  std::string xid;
  /// Its rows; null if it has none that a task wants.
  std::unique_ptr<TransactionBuffer> rows;
  std::string file;                                         ///< Binlog file in which they stand.
  std::shared_ptr<const binlog::FormatDescription> format;  ///< Of that file.
  change::Position before;  ///< Where its group begins: from here on it can be read again.
  std::string where;        ///< The XA_PREPARE event, for people: "mysql-bin.000042:1234".
  std::chrono::steady_clock::time_point since;  ///< When it was read.
  std::optional<std::uint64_t> through;         ///< pipeline::Prepared::through
};

/// The XA transactions that are prepared, and neither committed nor rolled back.
///
/// The rows of all of them take `memory_bytes` of memory together; what is more waits in temporary
/// files, one for each transaction. See docs/adr/0009.
///
/// Threads: one owner.
class PreparedTransactions {
 public:
  /// Of transactions without wanted rows only the ids are kept, and of so many at most: it is only
  /// to tell them from those that were prepared before the stream began.
  static constexpr std::size_t kMaxWithoutRows = 10'000;

  explicit PreparedTransactions(std::size_t memory_bytes) : memory_limit_(memory_bytes) {}

  /// Keeps one, and leaves `transaction` empty; in the place of an older one of the same id, of
  /// which no end was seen. REQUIRES: its rows have events. Errors: kUnavailable if its rows have
  /// to go to disk and can't; `transaction` is as it was then, and nothing is kept.
  base::Result<void> hold(PreparedTransaction& transaction);
  /// As hold(), of a transaction without rows.
  void note(const std::string& xid);

  /// Takes one out; nothing if none of this id was prepared since the stream began.
  std::optional<PreparedTransaction> take(const std::string& xid);

  /// The one with rows that was prepared first; null if there is none.
  const PreparedTransaction* oldest() const;
  /// The one with rows that was prepared last; null if there is none.
  PreparedTransaction* newest();
  /// How many with rows were ever prepared.
  std::uint64_t held_so_far() const { return next_number_; }
  /// Those with rows.
  std::size_t size() const { return held_.size(); }

  void clear();

 private:
  const std::size_t memory_limit_;
  std::size_t memory_ = 0;  ///< Bytes of rows in memory.
  std::uint64_t next_number_ = 0;
  std::map<std::uint64_t, PreparedTransaction>
      held_;  ///< In the order in which they were prepared.
  std::unordered_map<std::string, std::uint64_t> numbers_;  ///< By id.
  std::unordered_set<std::string> without_rows_;
};

}  // namespace pikachu::source
