#include "source/transaction_buffer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace pikachu::source {

namespace {

constexpr std::uint32_t kIsQuery = 1U << 31U;   // the record is a statement's text
constexpr std::uint32_t kHasQuery = 1U << 30U;  // the event is of the statement that came last
constexpr std::uint32_t kTableIndex = kHasQuery - 1;
constexpr std::size_t kFewTables = 16;  // are found by looking at each

}  // namespace

/// What stands before the bytes of each record. As the machine has it: nobody else reads it.
struct TransactionBuffer::RecordHead {
  std::uint64_t uncollected_rows = 0;
  std::uint64_t offset = 0;
  std::uint32_t table_and_flags = 0;
  std::uint32_t size = 0;  ///< Of the bytes that follow.
};

TransactionBuffer::TransactionBuffer(std::size_t memory_bytes, std::string spill_dir,
                                     std::string spill_advice)
    : memory_limit_(memory_bytes), file_(std::move(spill_dir), std::move(spill_advice)) {
}

base::Result<void> TransactionBuffer::append(const RecordHead& head,
                                             std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, sizeof(RecordHead)> head_bytes{};
  std::memcpy(head_bytes.data(), &head, sizeof head);
  const std::size_t size = head_bytes.size() + bytes.size();
  if (!file_.is_open() && memory_.size() + size <= memory_limit_) {
    if (memory_.size() + size > memory_.capacity()) {
      // Doubling by itself would go beyond the limit.
      memory_.reserve(
          std::min(std::max(2 * memory_.capacity(), memory_.size() + size), memory_limit_));
    }
    memory_.insert(memory_.end(), head_bytes.begin(), head_bytes.end());
    memory_.insert(memory_.end(), bytes.begin(), bytes.end());
    memory_end_ = memory_.size();
  } else if (auto appended = file_.append(head_bytes, bytes); !appended) {
    return appended;
  }
  end_ += size;
  return {};
}

base::Result<void> TransactionBuffer::append_event(const std::shared_ptr<const CachedTable>& table,
                                                   std::span<const std::uint8_t> event,
                                                   std::uint64_t event_offset) {
  if (!query_.empty() && !query_stored_) {
    const std::span text(reinterpret_cast<const std::uint8_t*>(query_.data()), query_.size());
    const RecordHead head{0, 0, kIsQuery, static_cast<std::uint32_t>(text.size())};
    if (auto appended = append(head, text); !appended) return appended;
    query_stored_ = true;
  }
  const RecordHead head{uncollected_rows_, event_offset,
                        index_of(table) | (query_.empty() ? 0 : kHasQuery),
                        static_cast<std::uint32_t>(event.size())};
  if (auto appended = append(head, event); !appended) return appended;
  uncollected_rows_ = 0;
  return {};
}

std::uint32_t TransactionBuffer::index_of(const std::shared_ptr<const CachedTable>& table) {
  if (!tables_.empty() && tables_.back() == table) {
    return static_cast<std::uint32_t>(tables_.size() - 1);
  }
  if (tables_.size() <= kFewTables) {
    const auto known = std::ranges::find(tables_, table);
    if (known != tables_.end()) return static_cast<std::uint32_t>(known - tables_.begin());
  } else if (const auto known = table_index_.find(table.get()); known != table_index_.end()) {
    return known->second;
  }
  tables_.push_back(table);
  if (tables_.size() == kFewTables + 1) {
    for (const auto& one : tables_) {
      table_index_.emplace(one.get(), static_cast<std::uint32_t>(table_index_.size()));
    }
  } else if (tables_.size() > kFewTables) {
    table_index_.emplace(table.get(), static_cast<std::uint32_t>(tables_.size() - 1));
  }
  return static_cast<std::uint32_t>(tables_.size() - 1);
}

void TransactionBuffer::set_query(std::string_view text) {
  query_ = text;
  query_stored_ = false;
}

void TransactionBuffer::set_savepoint(std::string name) {
  savepoints_.set(std::move(name), {end_, uncollected_rows_});
}

base::Result<void> TransactionBuffer::rollback_to(std::string_view name) {
  const auto place = savepoints_.roll_back_to(name);
  if (!place) return tl::unexpected(place.error());
  cut(place->end);
  uncollected_rows_ = place->uncollected_rows;
  clear_query();
  return {};
}

void TransactionBuffer::cut(std::uint64_t end) {
  end_ = end;
  if (end_ > memory_end_) {
    file_.cut(end_ - memory_end_);
    return;
  }
  memory_.resize(static_cast<std::size_t>(end_));
  memory_end_ = end_;
  file_.close();
}

void TransactionBuffer::clear() {
  moved_to_.reset();
  cut(0);
  tables_.clear();
  table_index_.clear();
  uncollected_rows_ = 0;
  clear_query();
  savepoints_.clear();
  rewind();
}

void TransactionBuffer::settle() {
  savepoints_.clear();
  clear_query();
  if (memory_.capacity() / 2 > memory_.size()) memory_.shrink_to_fit();
}

base::Result<void> TransactionBuffer::move_to_disk() {
  if (memory_.empty()) return file_.settle();
  const std::uint64_t at = file_.size();
  if (auto appended = file_.append({}, memory_); !appended) return appended;
  // What can't be written now fails here, and not when it is to be read.
  if (auto flushed = file_.settle(); !flushed) {
    file_.cut(at);
    return flushed;
  }
  moved_to_ = at;
  std::vector<std::uint8_t>().swap(memory_);
  return {};
}

void TransactionBuffer::rewind() {
  at_ = 0;
  read_query_.clear();
}

base::Result<std::span<const std::uint8_t>> TransactionBuffer::view(std::uint64_t at,
                                                                    std::size_t size) {
  if (at >= memory_end_) return file_.read(at - memory_end_, size);
  if (moved_to_) return file_.read(*moved_to_ + at, size);
  return std::span<const std::uint8_t>(memory_).subspan(static_cast<std::size_t>(at), size);
}

base::Result<std::optional<TransactionBuffer::Event>> TransactionBuffer::next() {
  while (at_ < end_) {
    const auto head_bytes = view(at_, sizeof(RecordHead));
    if (!head_bytes) return tl::unexpected(head_bytes.error());
    RecordHead head;
    std::memcpy(&head, head_bytes->data(), sizeof head);
    const auto record = view(at_, sizeof head + head.size);
    if (!record) return tl::unexpected(record.error());
    at_ += record->size();
    const auto bytes = record->subspan(sizeof head);
    if ((head.table_and_flags & kIsQuery) != 0) {
      read_query_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      continue;
    }
    Event event;
    event.table = tables_[head.table_and_flags & kTableIndex].get();
    event.bytes = bytes;
    event.offset = head.offset;
    event.uncollected_rows = head.uncollected_rows;
    if ((head.table_and_flags & kHasQuery) != 0) event.query = read_query_;
    return std::optional(event);
  }
  return std::optional<Event>();
}

}  // namespace pikachu::source
