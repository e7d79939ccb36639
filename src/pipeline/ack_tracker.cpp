#include "pipeline/ack_tracker.h"

#include <iterator>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>

namespace pikachu::pipeline {

// Commits have tickets in order; `committed_` holds those that wait, and no two neighbours of it
// are both without open deliveries: the older one's checkpoint is of no use then.
class AckTracker::State final : public AckReceiver {
 public:
  State(std::optional<Checkpoint> resumed, std::uint64_t last_number)
      : last_number_(last_number), through_(resumed ? resumed->through : last_number) {
    if (resumed) {
      position_ = std::make_shared<const change::Position>(std::move(resumed->position));
    }
  }

  // The number and the ticket.
  std::pair<std::uint64_t, std::uint64_t> track();
  void commit(Commit commit, std::optional<InsideTransaction> inside);
  void forget_inside();
  void hold();
  void release();
  std::optional<std::uint64_t> through() const;
  bool is_held() const {
    const std::lock_guard lock(mutex_);
    return held_;
  }
  bool is_behind() const {
    const std::lock_guard lock(mutex_);
    return unsettled_ > 0 || held_ || position_is_early_;
  }
  void commit_part(InsideTransaction inside, std::string_view server);
  void settled(std::uint64_t ticket) override;
  std::optional<Checkpoint> take_settled();

  std::uint64_t last_number() const {
    const std::lock_guard lock(mutex_);
    return last_number_;
  }
  std::uint64_t unsettled() const {
    const std::lock_guard lock(mutex_);
    return unsettled_;
  }
  std::size_t held_transactions() const {
    const std::lock_guard lock(mutex_);
    return committed_.size();
  }

 private:
  // A checkpoint whose position is shared: parts of a transaction have the one before it, and a
  // position may hold a long GTID set.
  struct Mark {
    std::shared_ptr<const change::Position> position;
    std::uint64_t through = 0;
    std::optional<InsideTransaction> inside;
  };
  struct Entry {
    Mark mark;
    std::uint64_t open_deliveries = 0;
  };

  void add(Mark mark);
  void release(std::map<std::uint64_t, Entry>::iterator entry);

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::map<std::uint64_t, Entry> committed_;
  std::uint64_t current_ = 0;  // Ticket of what is not committed yet.
  std::uint64_t current_open_deliveries_ = 0;
  std::uint64_t unsettled_ = 0;
  std::uint64_t last_number_;
  std::uint64_t through_;  // As last_number_, once this run has given out one.
  std::shared_ptr<const change::Position> position_;  // The last that was committed.
  bool position_is_early_ = false;
  bool held_ = false;
  std::optional<Mark> held_back_;  // What release() lets go: nothing came behind it.
  std::optional<Mark> settled_;    // Not taken yet.
};

std::pair<std::uint64_t, std::uint64_t> AckTracker::State::track() {
  const std::lock_guard lock(mutex_);
  ++unsettled_;
  ++current_open_deliveries_;
  through_ = ++last_number_;
  held_back_.reset();
  return {last_number_, current_};
}

void AckTracker::State::commit(Commit commit, std::optional<InsideTransaction> inside) {
  auto position = std::make_shared<const change::Position>(std::move(commit.position));
  const std::lock_guard lock(mutex_);
  position_is_early_ = commit.is_early;
  position_ = std::move(position);
  // Behind an early position there are deliveries already, with numbers of their own.
  const auto through = commit.is_early ? commit.through : through_;
  held_back_.reset();
  if (!through) return;
  Mark mark{position_, *through, std::move(inside)};
  if (held_) {
    held_back_ = std::move(mark);
  } else {
    add(std::move(mark));
  }
}

void AckTracker::State::forget_inside() {
  const std::lock_guard lock(mutex_);
  for (auto& [ticket, entry] : committed_) entry.mark.inside.reset();
  if (settled_) settled_->inside.reset();
  if (held_back_) held_back_->inside.reset();
}

void AckTracker::State::hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void AckTracker::State::release() {
  const std::lock_guard lock(mutex_);
  held_ = false;
  // Where nothing has come, it is given up, and all that waits is taken for older than what is
  // next.
  through_ = last_number_;
  if (held_back_) held_back_->through = through_;
  if (auto mark = std::exchange(held_back_, std::nullopt)) add(std::move(*mark));
}

std::optional<std::uint64_t> AckTracker::State::through() const {
  const std::lock_guard lock(mutex_);
  return held_ ? std::nullopt : std::optional(through_);
}

void AckTracker::State::commit_part(InsideTransaction inside, std::string_view server) {
  const std::lock_guard lock(mutex_);
  // A restart at an early position makes what lies between it and this transaction again. Were the
  // rows of `inside` left out then, an older state of one of them could come last.
  if (held_ || position_ == nullptr || position_is_early_ || position_->server != server) return;
  add({position_, through_, std::move(inside)});
}

void AckTracker::State::add(Mark mark) {
  const auto ticket = current_++;
  const auto open = std::exchange(current_open_deliveries_, 0);
  if (open > 0) {
    committed_.emplace_hint(committed_.end(), ticket, Entry{std::move(mark), open});
  } else if (committed_.empty()) {
    settled_ = std::move(mark);
  } else if (auto& last = std::prev(committed_.end())->second; last.open_deliveries == 0) {
    last.mark = std::move(mark);
  } else {
    committed_.emplace_hint(committed_.end(), ticket, Entry{std::move(mark), 0});
  }
}

void AckTracker::State::settled(std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  --unsettled_;
  if (ticket == current_) {
    --current_open_deliveries_;
    return;
  }
  // Always there: an entry with open deliveries is never merged into another.
  const auto found = committed_.find(ticket);
  if (found != committed_.end() && --found->second.open_deliveries == 0) release(found);
}

void AckTracker::State::release(std::map<std::uint64_t, Entry>::iterator entry) {
  if (entry == committed_.begin()) {
    // At most two turns: behind a run of settled ones, which is one entry, stands an open one.
    while (!committed_.empty() && committed_.begin()->second.open_deliveries == 0) {
      settled_ = std::move(committed_.begin()->second.mark);
      committed_.erase(committed_.begin());
    }
    return;
  }
  if (const auto before = std::prev(entry); before->second.open_deliveries == 0) {
    committed_.erase(before);
  }
  const auto after = std::next(entry);
  if (after != committed_.end() && after->second.open_deliveries == 0) committed_.erase(entry);
}

std::optional<Checkpoint> AckTracker::State::take_settled() {
  std::optional<Mark> mark;
  {
    const std::lock_guard lock(mutex_);
    mark = std::exchange(settled_, std::nullopt);
  }
  if (!mark) return std::nullopt;
  return Checkpoint{*mark->position, mark->through, std::move(mark->inside)};
}

AckTracker::AckTracker(std::optional<Checkpoint> resumed, std::uint64_t last_number)
    : state_(std::make_shared<State>(std::move(resumed), last_number)) {
}
AckTracker::~AckTracker() = default;

AckTracker::Tracked AckTracker::track() {
  const auto [number, ticket] = state_->track();
  return {number, Ack(state_, ticket)};
}

void AckTracker::commit(Commit commit, std::optional<InsideTransaction> inside) {
  state_->commit(std::move(commit), std::move(inside));
}

void AckTracker::forget_inside() {
  state_->forget_inside();
}

void AckTracker::hold() {
  state_->hold();
}

void AckTracker::release() {
  state_->release();
}

bool AckTracker::is_held() const {
  return state_->is_held();
}

std::optional<std::uint64_t> AckTracker::through() const {
  return state_->through();
}

void AckTracker::commit_part(InsideTransaction inside, std::string_view server) {
  state_->commit_part(std::move(inside), server);
}

std::optional<Checkpoint> AckTracker::take_settled() {
  return state_->take_settled();
}

std::uint64_t AckTracker::last_number() const {
  return state_->last_number();
}

std::uint64_t AckTracker::unsettled() const {
  return state_->unsettled();
}

bool AckTracker::is_behind() const {
  return state_->is_behind();
}

std::size_t AckTracker::held_transactions() const {
  return state_->held_transactions();
}

}  // namespace pikachu::pipeline
