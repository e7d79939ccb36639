#include "pipeline/letter_feeder.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace pikachu::pipeline {
namespace {

// How soon a mark is noticed, and how often a full queue is asked again.
constexpr std::chrono::milliseconds kIdlePause{500};
constexpr std::chrono::milliseconds kBusyPause{50};
// Of a task: they are in memory, and must leave room in its queue for what is new.
constexpr std::size_t kMostUnderWay = 256;
constexpr std::size_t kBatch = 32;

}  // namespace

class LetterFeeder::Settled final : public AckReceiver {
 public:
  void settled(std::uint64_t ticket) override {
    const std::lock_guard lock(mutex_);
    letters_.push_back(static_cast<std::int64_t>(ticket));
  }
  std::vector<std::int64_t> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(letters_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::int64_t> letters_;  ///< Guarded by mutex_.
};

LetterFeeder::LetterFeeder(MarkedLetters& letters, BoundedSink& sink, std::size_t tasks,
                           telemetry::Logger log)
    : letters_(letters),
      sink_(sink),
      log_(std::move(log)),
      settled_(std::make_shared<Settled>()),
      tasks_(tasks) {
}

LetterFeeder::~LetterFeeder() = default;

std::chrono::milliseconds LetterFeeder::step(TimePoint now) {
  remove_settled();
  if (auto looked = look_for_marks(); !looked) {
    note(looked);
    return kIdlePause;
  }
  add_allowance(now);
  std::size_t fed = 0;
  for (std::size_t turn = 0; turn < tasks_.size() && allowance_ >= 1; ++turn) {
    const std::size_t index = next_task_;
    next_task_ = (next_task_ + 1) % tasks_.size();
    auto handed = feed(index);
    if (!handed) {
      note(tl::unexpected(handed.error()));
      return kIdlePause;
    }
    fed += *handed;
  }
  note({});
  return fed > 0 || allowance_ < 1 ? kBusyPause : kIdlePause;
}

void LetterFeeder::remove_settled() {
  for (const auto letter : settled_->take()) removable_.push_back(letter);
  while (!removable_.empty()) {
    const auto letter = removable_.back();
    if (auto removed = letters_.remove(letter); !removed) {
      note(removed);
      return;
    }
    removable_.pop_back();
    if (const auto found = fed_.find(letter); found != fed_.end()) {
      --tasks_[found->second].under_way;
      fed_.erase(found);
    }
  }
}

std::size_t LetterFeeder::under_way() const {
  return fed_.size();
}

base::Result<void> LetterFeeder::look_for_marks() {
  auto version = letters_.version();
  if (!version) return base::propagate(std::move(version));
  if (looked_ && *version == version_) return {};
  auto rate = letters_.rate();
  if (!rate) return base::propagate(std::move(rate));
  version_ = *version;
  rate_ = *rate;
  looked_ = true;
  for (auto& task : tasks_) {
    task.has_more = true;
    task.after = {};
  }
  return {};
}

void LetterFeeder::add_allowance(TimePoint now) {
  const std::chrono::duration<double> passed =
      std::min<std::chrono::duration<double>>(now - allowance_at_, kIdlePause);
  allowance_at_ = now;
  // What was not used in the last pause is gone, but for one letter: a rate below 2 a second.
  const double most = std::max(1.0, rate_ * std::chrono::duration<double>(kIdlePause).count());
  allowance_ = std::min(most, allowance_ + rate_ * passed.count());
}

// Returns how many were fed.
base::Result<std::size_t> LetterFeeder::feed(std::size_t index) {
  auto& task = tasks_[index];
  std::size_t fed = 0;
  while (task.has_more && task.under_way < kMostUnderWay && allowance_ >= 1) {
    auto marked = letters_.next_marked(index, task.after, kBatch);
    if (!marked) return base::propagate(std::move(marked));
    task.has_more = !marked->empty();
    for (auto& [letter, number, message] : *marked) {
      if (!fed_.contains(letter)) {
        if (task.under_way == kMostUnderWay || allowance_ < 1) return fed;
        Delivery delivery{std::move(message), number,
                          Ack(settled_, static_cast<std::uint64_t>(letter))};
        if (!sink_.try_submit(delivery)) return fed;
        fed_.emplace(letter, index);
        ++task.under_way;
        ++fed;
        allowance_ -= 1;
      }
      task.after = {number, letter};
    }
  }
  return fed;
}

void LetterFeeder::note(const base::Result<void>& outcome) {
  if (outcome) {
    if (removable_.empty() && std::exchange(failing_, false)) {
      log_.info("Dead letters that are to be retried can be read again.");
    }
  } else if (!std::exchange(failing_, true)) {
    log_.error("Dead letters that are to be retried can't be read or removed; tried again.",
               {{"error", outcome.error().message}});
  }
}

}  // namespace pikachu::pipeline
