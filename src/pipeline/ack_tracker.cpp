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
    exact_through_ = through_;
    if (resumed) {
      position_ = std::make_shared<const change::Position>(std::move(resumed->position));
    }
  }

  // The number and the ticket.
  std::pair<std::uint64_t, std::uint64_t> track();
  void commit(Commit commit, std::optional<InsideTransaction> inside);
  void pass_over(Commit commit);
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

  void note(Commit commit);
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
  // As it was at the last position that was not early, for behind an early one there are deliveries
  // already; nothing if that was passed over.
  std::optional<std::uint64_t> exact_through_;
  std::shared_ptr<const change::Position> position_;  // The last that was committed.
  bool position_is_early_ = false;
  std::optional<Mark> settled_;  // Not taken yet.
};

std::pair<std::uint64_t, std::uint64_t> AckTracker::State::track() {
  const std::lock_guard lock(mutex_);
  ++unsettled_;
  ++current_open_deliveries_;
  through_ = ++last_number_;
  return {last_number_, current_};
}

void AckTracker::State::commit(Commit commit, std::optional<InsideTransaction> inside) {
  const std::lock_guard lock(mutex_);
  if (!commit.is_early) exact_through_ = through_;
  note(std::move(commit));
  if (exact_through_) add({position_, *exact_through_, std::move(inside)});
}

void AckTracker::State::pass_over(Commit commit) {
  const std::lock_guard lock(mutex_);
  if (!commit.is_early) exact_through_.reset();
  note(std::move(commit));
}

void AckTracker::State::note(Commit commit) {
  position_is_early_ = commit.is_early;
  position_ = std::make_shared<const change::Position>(std::move(commit.position));
}

void AckTracker::State::commit_part(InsideTransaction inside, std::string_view server) {
  const std::lock_guard lock(mutex_);
  // A restart at an early position makes what lies between it and this transaction again. Were the
  // rows of `inside` left out then, an older state of one of them could come last.
  if (position_ == nullptr || position_is_early_ || position_->server != server) return;
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

void AckTracker::pass_over(Commit commit) {
  state_->pass_over(std::move(commit));
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

std::size_t AckTracker::held_transactions() const {
  return state_->held_transactions();
}

}  // namespace pikachu::pipeline
