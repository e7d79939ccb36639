#include "source/transaction_rows.h"

#include <utility>

namespace pikachu::source {

void TransactionRows::begin(TransactionBuffer& buffer, const change::Transaction& transaction,
                            const std::string& file,
                            std::shared_ptr<const binlog::FormatDescription> format) {
  buffer_ = &buffer;
  buffer_->rewind();
  format_ = std::move(format);
  file_ = file;
  change_.transaction = &transaction;
  change_.file = file_;
  event_open_ = false;
  next_row_ = 0;
}

base::Error TransactionRows::with_place(base::Error error) const {
  return std::move(error).with_context("decoding " + event_.table->map.database + "." +
                                       event_.table->map.table + " at " + file_ + ":" +
                                       std::to_string(event_.offset));
}

base::Result<bool> TransactionRows::open_next_event() {
  auto event = buffer_->next();
  if (!event) return tl::unexpected(std::move(event.error()));
  if (!*event) return false;
  event_ = **event;
  auto opened = reader_.open(event_.bytes, *format_, event_.table->layout);
  if (!opened) return tl::unexpected(with_place(std::move(opened.error())));
  next_row_ += event_.uncollected_rows;
  change_.operation = reader_.operation();
  change_.table = event_.table->layout.schema;
  change_.offset = event_.offset;
  change_.query = event_.query;
  event_open_ = true;
  return true;
}

base::Result<const change::RowChange*> TransactionRows::next() {
  while (true) {
    if (!event_open_) {
      auto opened = open_next_event();
      if (!opened) return tl::unexpected(std::move(opened.error()));
      if (!*opened) return nullptr;
    }
    auto more = reader_.next();
    if (!more) return tl::unexpected(with_place(std::move(more.error())));
    if (!*more) {
      event_open_ = false;
      continue;
    }
    change_.before = reader_.before();
    change_.after = reader_.after();
    change_.row = next_row_++;
    return &change_;
  }
}

}  // namespace pikachu::source
