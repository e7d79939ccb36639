#include "source/transaction_rows.h"

#include <utility>

namespace pikachu::source {

void TransactionRows::begin(change::Transaction transaction, std::string file,
                            const binlog::FormatDescription& format) {
  format_ = format;
  transaction_ = std::move(transaction);
  file_ = std::move(file);
  item_ = 0;
  item_open_ = false;
  next_row_ = 0;
}

base::Result<void> TransactionRows::open(const TransactionBuffer::Item& item) {
  const auto bytes = buffer_.read(item);
  if (!bytes) return tl::unexpected(bytes.error());
  if (auto opened = reader_.open(*bytes, format_, item.table->layout); !opened) return opened;
  change_.operation = reader_.operation();
  change_.table = item.table->layout.schema;
  change_.transaction = &transaction_;
  change_.file = file_;
  change_.offset = item.event_offset;
  item_open_ = true;
  return {};
}

base::Result<const change::RowChange*> TransactionRows::next() {
  for (; item_ < buffer_.items().size(); ++item_) {
    const auto& item = buffer_.items()[item_];
    if (!item.table) {
      next_row_ += item.rows;
      continue;
    }
    const auto doing = [&] {
      return "decoding " + item.table->map.database + "." + item.table->map.table + " at " + file_ +
             ":" + std::to_string(item.event_offset);
    };
    if (!item_open_) {
      if (auto opened = open(item); !opened) return base::propagate(std::move(opened), doing());
    }
    auto more = reader_.next();
    if (!more) return base::propagate(std::move(more), doing());
    if (*more) {
      change_.before = reader_.before();
      change_.after = reader_.after();
      change_.row = next_row_++;
      return &change_;
    }
    item_open_ = false;
  }
  return nullptr;
}

}  // namespace pikachu::source
