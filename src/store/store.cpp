#include "store/store.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "store/state_file.h"

namespace pikachu::store {
namespace {

// Free pages are used again before the file grows. They are given back only where they are many, 64
// MiB, and most of the file, and then bit by bit: 8 MiB take some milliseconds.
constexpr std::int64_t kManyFreePages = 8'192;
constexpr const char* kGiveBackSome = "PRAGMA incremental_vacuum(1024)";

}  // namespace

base::Result<std::unique_ptr<Store>> Store::open(const std::string& dir,
                                                 std::vector<std::string> task_ids) {
  if (auto ready = ensure_state_directory(dir); !ready) return base::propagate(std::move(ready));
  auto lock = StateLock::acquire(dir);
  if (!lock) return base::propagate(std::move(lock));
  auto opened = open_state_file(dir);
  if (!opened) return base::propagate(std::move(opened));
  auto connection = std::make_unique<Connection>(std::move(*opened));
  auto position = PositionTable::open(*connection);
  if (!position) return base::propagate(std::move(position));
  auto letters = LetterTable::open(*connection, task_ids);
  if (!letters) return base::propagate(std::move(letters));
  auto waiting = WaitingTable::open(*connection, std::move(task_ids));
  if (!waiting) return base::propagate(std::move(waiting));
  return std::unique_ptr<Store>(new Store(std::move(*lock), std::move(connection),
                                          std::move(*position), std::move(*letters),
                                          std::move(*waiting)));
}

Store::Store(StateLock lock, std::unique_ptr<Connection> connection, PositionTable position,
             LetterTable letters, WaitingTable waiting)
    : lock_(std::move(lock)),
      connection_(std::move(connection)),
      position_(std::move(position)),
      letters_(std::move(letters)),
      waiting_(std::move(waiting)) {
}

base::Result<std::optional<pipeline::Checkpoint>> Store::load() {
  const std::lock_guard lock(mutex_);
  return position_.load();
}

base::Result<void> Store::save(const pipeline::Checkpoint& checkpoint) {
  const std::lock_guard lock(mutex_);
  auto saved = position_.save(checkpoint);
  if (saved) give_back_space();
  return saved;
}

base::Result<void> Store::forget_inside() {
  const std::lock_guard lock(mutex_);
  return position_.forget_inside();
}

base::Result<std::optional<std::string>> Store::start_from() {
  const std::lock_guard lock(mutex_);
  return position_.start_from();
}

base::Result<void> Store::add(const pipeline::DeadLetter& letter) {
  const std::lock_guard lock(mutex_);
  return letters_.add(letter);
}

base::Result<std::uint64_t> Store::count(std::string_view task_id) {
  const std::lock_guard lock(mutex_);
  return letters_.count(task_id);
}

base::Result<std::uint64_t> Store::version() {
  const std::lock_guard lock(mutex_);
  return letters_.version();
}

base::Result<std::uint32_t> Store::rate() {
  const std::lock_guard lock(mutex_);
  return letters_.rate();
}

base::Result<std::vector<pipeline::MarkedLetter>> Store::next_marked(std::size_t task,
                                                                     pipeline::LetterPlace after,
                                                                     std::size_t max_letters) {
  const std::lock_guard lock(mutex_);
  return letters_.next_marked(task, after, max_letters);
}

base::Result<void> Store::remove(std::int64_t letter) {
  const std::lock_guard lock(mutex_);
  return letters_.remove(letter);
}

base::Result<void> Store::write(std::span<const pipeline::WaitingDelivery> added,
                                std::span<const pipeline::WaitingId> removed) {
  const std::lock_guard lock(mutex_);
  auto written = waiting_.write(added, removed);
  if (written) give_back_space();
  return written;
}

base::Result<std::vector<pipeline::WaitingDelivery>> Store::read(std::size_t task,
                                                                 std::uint64_t after,
                                                                 std::size_t max_changes,
                                                                 std::size_t max_bytes) {
  const std::lock_guard lock(mutex_);
  return waiting_.read(task, after, max_changes, max_bytes);
}

base::Result<pipeline::WaitingStore::Amount> Store::amount(std::size_t task) {
  const std::lock_guard lock(mutex_);
  return waiting_.amount(task);
}

base::Result<std::uint64_t> Store::last_number() {
  const std::lock_guard lock(mutex_);
  return read_last_number(*connection_);
}

base::Result<std::vector<pipeline::WaitingStore::Orphan>> Store::orphans() {
  const std::lock_guard lock(mutex_);
  return waiting_.orphans();
}

// What was written is durable already. That this fails costs nothing but space: free pages are used
// again, and the next write tries it again.
void Store::give_back_space() {
  const auto free = connection_->query_number("PRAGMA freelist_count");
  if (!free || *free < kManyFreePages) return;
  const auto all = connection_->query_number("PRAGMA page_count");
  if (!all || *free < *all / 2) return;
  static_cast<void>(connection_->execute(kGiveBackSome));
}

}  // namespace pikachu::store
