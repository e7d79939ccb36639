#pragma once

#include <cstdint>
#include <memory>
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
  /// Begins with the first row of `buffer`. `file` holds its events, and `format` describes them.
  /// Lifetime: `buffer` and `transaction` outlive the walk.
  void begin(TransactionBuffer& buffer, const change::Transaction& transaction,
             const std::string& file, std::shared_ptr<const binlog::FormatDescription> format);

  /// The next row, or null after the last.
  /// Errors: kCorrupt, kUnsupported (naming table, file and offset); kUnavailable if the buffer's
  /// temporary file can't be read. The transaction can't be gone on with after any of them.
  /// Lifetime: until the next call.
  base::Result<const change::RowChange*> next();

 private:
  base::Result<bool> open_next_event();
  base::Error with_place(base::Error error) const;

  TransactionBuffer* buffer_ = nullptr;
  std::shared_ptr<const binlog::FormatDescription> format_;
  std::string file_;
  TransactionBuffer::Event event_;
  bool event_open_ = false;
  std::uint64_t next_row_ = 0;
  binlog::RowsReader reader_;
  change::RowChange change_;
};

}  // namespace pikachu::source
