#include "source/transaction_buffer.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace pikachu::source {

namespace {

using base::ErrorCode;

std::string system_message(std::string doing, const std::string& directory) {
  return std::move(doing) + " in " + directory +
         " for a large transaction failed: " + std::strerror(errno) +
         "; free space there, raise limits.transaction_memory, or move state.dir";
}

}  // namespace

TransactionBuffer::TransactionBuffer(std::size_t memory_bytes, std::string spill_dir)
    : memory_limit_(memory_bytes), spill_dir_(std::move(spill_dir)) {
}

TransactionBuffer::~TransactionBuffer() {
  if (spill_fd_ >= 0) ::close(spill_fd_);
}

base::Result<void> TransactionBuffer::open_spill_file() {
  spill_fd_ = ::open(spill_dir_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (spill_fd_ < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    // The file system has no nameless files: make one with a name and take the name away.
    std::string path = spill_dir_ + "/transaction-XXXXXX";
    spill_fd_ = ::mkostemp(path.data(), O_CLOEXEC);
    if (spill_fd_ >= 0) ::unlink(path.c_str());
  }
  if (spill_fd_ < 0) {
    return base::fail(ErrorCode::kUnavailable,
                      system_message("making a temporary file", spill_dir_));
  }
  return {};
}

base::Result<void> TransactionBuffer::append_event(std::shared_ptr<const CachedTable> table,
                                                   std::span<const std::uint8_t> event,
                                                   std::uint64_t event_offset) {
  const bool in_memory = spill_fd_ < 0 && memory_.size() + event.size() <= memory_limit_;
  if (in_memory) {
    memory_.insert(memory_.end(), event.begin(), event.end());
  } else {
    if (spill_fd_ < 0) {
      if (auto opened = open_spill_file(); !opened) return opened;
    }
    std::size_t written = 0;
    while (written < event.size()) {
      const auto n = ::pwrite(spill_fd_, event.data() + written, event.size() - written,
                              static_cast<off_t>(end_ - memory_.size() + written));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        return base::fail(ErrorCode::kUnavailable,
                          system_message("writing a temporary file", spill_dir_));
      }
      written += static_cast<std::size_t>(n);
    }
  }
  items_.push_back(
      {std::move(table), 0, end_, static_cast<std::uint32_t>(event.size()), event_offset});
  end_ += event.size();
  return {};
}

void TransactionBuffer::append_uncollected(std::uint64_t rows) {
  const std::size_t marked = savepoints_.empty() ? 0 : savepoints_.back().items;
  const bool may_merge = items_.size() > marked && !items_.back().table;
  if (may_merge) {
    items_.back().rows += rows;
  } else {
    items_.push_back({nullptr, rows, end_, 0, 0});
  }
}

void TransactionBuffer::set_savepoint(std::string name) {
  const auto [known, is_new] = savepoint_index_.emplace(name, savepoints_.size());
  if (!is_new) {
    savepoints_[known->second].name.clear();
    known->second = savepoints_.size();
  }
  savepoints_.push_back({std::move(name), items_.size(), end_});
}

void TransactionBuffer::cut_savepoints(std::size_t first) {
  for (; savepoints_.size() > first; savepoints_.pop_back()) {
    const auto known = savepoint_index_.find(savepoints_.back().name);
    const bool is_its_own =
        known != savepoint_index_.end() && known->second + 1 == savepoints_.size();
    if (is_its_own) savepoint_index_.erase(known);
  }
}

void TransactionBuffer::release_savepoint(std::string_view name) {
  if (const auto known = savepoint_index_.find(name); known != savepoint_index_.end()) {
    cut_savepoints(known->second);
  }
}

void TransactionBuffer::rollback_to(std::string_view name) {
  const auto known = savepoint_index_.find(name);
  if (known == savepoint_index_.end()) {
    clear();
    return;
  }
  const auto index = known->second;
  items_.resize(savepoints_[index].items);
  end_ = savepoints_[index].end;
  cut_savepoints(index + 1);
  if (end_ <= memory_.size()) {
    memory_.resize(end_);
    if (spill_fd_ >= 0) ::close(std::exchange(spill_fd_, -1));
  }
}

void TransactionBuffer::clear() {
  items_.clear();
  savepoints_.clear();
  savepoint_index_.clear();
  memory_.clear();
  end_ = 0;
  if (spill_fd_ >= 0) ::close(std::exchange(spill_fd_, -1));
}

base::Result<std::span<const std::uint8_t>> TransactionBuffer::read(const Item& item) {
  if (item.start + item.size <= memory_.size()) {
    return std::span<const std::uint8_t>(memory_).subspan(item.start, item.size);
  }
  read_buffer_.resize(item.size);
  std::size_t done = 0;
  while (done < item.size) {
    const auto n = ::pread(spill_fd_, read_buffer_.data() + done, item.size - done,
                           static_cast<off_t>(item.start - memory_.size() + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      return base::fail(ErrorCode::kUnavailable,
                        system_message("reading a temporary file", spill_dir_));
    }
    done += static_cast<std::size_t>(n);
  }
  return std::span<const std::uint8_t>(read_buffer_);
}

}  // namespace pikachu::source
