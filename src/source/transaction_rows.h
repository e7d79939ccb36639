#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "binlog/rows_event.h"
#include "change/row_change.h"
#include "source/transaction_buffer.h"

namespace pikachu::source {

/// Walks the rows of a committed transaction, decoding them one at a time from its buffer.
///
/// Threads: one owner.
class TransactionRows {
 public:
  /// REQUIRES: `buffer` outlives this object.
  explicit TransactionRows(TransactionBuffer& buffer) : buffer_(buffer) {}

  /// Begins with the first row of what the buffer holds now. `format` describes its events.
  void begin(change::Transaction transaction, std::string file,
             const binlog::FormatDescription& format);

  /// The next row, or null after the last.
  /// Errors: kCorrupt, kUnsupported (naming table, file and offset); kUnavailable if the buffer's
  /// temporary file can't be read. The transaction can't be gone on with after any of them.
  /// Lifetime: until the next call.
  base::Result<const change::RowChange*> next();

 private:
  base::Result<void> open(const TransactionBuffer::Item& item);

  TransactionBuffer& buffer_;
  binlog::FormatDescription format_;
  change::Transaction transaction_;
  std::string file_;
  std::size_t item_ = 0;
  bool item_open_ = false;
  std::uint64_t next_row_ = 0;
  binlog::RowsReader reader_;
  change::RowChange change_;
};

}  // namespace pikachu::source
