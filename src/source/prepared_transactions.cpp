#include "source/prepared_transactions.h"

#include <utility>

namespace pikachu::source {

base::Result<void> PreparedTransactions::hold(PreparedTransaction& transaction) {
  take(transaction.xid);
  transaction.rows->settle();
  if (memory_ + transaction.rows->memory_bytes() > memory_limit_) {
    if (auto moved = transaction.rows->move_to_disk(); !moved) return moved;
  }
  memory_ += transaction.rows->memory_bytes();
  numbers_.emplace(transaction.xid, next_number_);
  held_.emplace_hint(held_.end(), next_number_++, std::move(transaction));
  return {};
}

void PreparedTransactions::note(const std::string& xid) {
  take(xid);
  if (without_rows_.size() >= kMaxWithoutRows) without_rows_.clear();
  without_rows_.insert(xid);
}

std::optional<PreparedTransaction> PreparedTransactions::take(const std::string& xid) {
  if (without_rows_.erase(xid) > 0) return PreparedTransaction();
  const auto number = numbers_.find(xid);
  if (number == numbers_.end()) return std::nullopt;
  const auto held = held_.find(number->second);
  std::optional<PreparedTransaction> taken = std::move(held->second);
  memory_ -= taken->rows->memory_bytes();
  held_.erase(held);
  numbers_.erase(number);
  return taken;
}

const PreparedTransaction* PreparedTransactions::oldest() const {
  return held_.empty() ? nullptr : &held_.begin()->second;
}

PreparedTransaction* PreparedTransactions::newest() {
  return held_.empty() ? nullptr : &held_.rbegin()->second;
}

void PreparedTransactions::clear() {
  held_.clear();
  numbers_.clear();
  without_rows_.clear();
  memory_ = 0;
}

}  // namespace pikachu::source
