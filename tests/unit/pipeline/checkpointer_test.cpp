#include "pipeline/checkpointer.h"

#include <condition_variable>
#include <latch>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::pipeline {
namespace {

using std::chrono::milliseconds;

change::Position at(std::uint64_t offset) {
  change::Position position;
  position.file = "mysql-bin.000001";
  position.offset = offset;
  return position;
}

// Remembers what was saved; fails while it is told to.
class RecordingStore : public PositionStore {
 public:
  base::Result<std::optional<Checkpoint>> load() override { return std::nullopt; }
  base::Result<void> forget_inside() override { return {}; }

  base::Result<void> save(const Checkpoint& checkpoint) override {
    const std::lock_guard lock(mutex_);
    ++calls_;
    changed_.notify_all();
    if (failing_) return base::fail(base::ErrorCode::kUnavailable, "disk full");
    saved_.push_back(checkpoint.position.offset);
    return {};
  }

  void set_failing(bool failing) {
    const std::lock_guard lock(mutex_);
    failing_ = failing;
  }
  std::vector<std::uint64_t> saved() {
    const std::lock_guard lock(mutex_);
    return saved_;
  }
  // Waits for that many calls more than were waited for before.
  void wait_for_calls(std::size_t more) {
    std::unique_lock lock(mutex_);
    const auto enough = seen_ += more;
    ASSERT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(10), [&] { return calls_ >= enough; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t calls_ = 0;
  std::size_t seen_ = 0;  ///< Calls waited for so far.
  bool failing_ = false;
  std::vector<std::uint64_t> saved_;
};

// A save that takes until it is told to go on.
class SlowStore : public PositionStore {
 public:
  base::Result<std::optional<Checkpoint>> load() override { return std::nullopt; }
  base::Result<void> forget_inside() override { return {}; }
  base::Result<void> save(const Checkpoint& checkpoint) override {
    if (!entered.try_wait()) entered.count_down();
    go_on.wait();
    last_saved = checkpoint.position.offset;
    return {};
  }

  std::latch entered{1};
  std::latch go_on{1};
  std::uint64_t last_saved = 0;  ///< Read it once the checkpointer has stopped.
};

class CheckpointerTest : public testing::Test {
 protected:
  double value_of(std::string_view name) {
    for (const auto& family : registry.Collect()) {
      if (family.name != name) continue;
      const auto& metric = family.metric.at(0);
      return family.type == prometheus::MetricType::Counter ? metric.counter.value
                                                            : metric.gauge.value;
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }
  std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
      ++found;
    }
    return found;
  }

  AckTracker tracker;
  RecordingStore store;
  telemetry::HealthBoard health;
  telemetry::Registry registry;
};

constexpr milliseconds kShort{1};
constexpr milliseconds kNever = std::chrono::hours(1);

TEST_F(CheckpointerTest, SavesTheSettledPositionAtTheInterval) {
  Checkpointer checkpointer(tracker, store, kShort, {}, health, registry);
  tracker.commit({at(7)});
  store.wait_for_calls(1);
  checkpointer.stop();
  EXPECT_EQ(store.saved(), std::vector<std::uint64_t>{7});
  EXPECT_EQ(health.snapshot().position, change::to_string(at(7)));
  EXPECT_EQ(value_of("pikachu_checkpoint_saves_total"), 1);
  EXPECT_EQ(value_of("pikachu_checkpoint_age_seconds"), 0);
}

TEST_F(CheckpointerTest, StopSavesALastTimeWithoutWaitingForTheInterval) {
  Checkpointer checkpointer(tracker, store, kNever, {}, health, registry);
  tracker.commit({at(7)});
  checkpointer.stop();
  EXPECT_EQ(store.saved(), std::vector<std::uint64_t>{7});
  checkpointer.stop();
  EXPECT_EQ(store.saved().size(), 1U);
}

TEST_F(CheckpointerTest, WhatSettlesDuringASaveIsSavedByStop) {
  SlowStore slow;
  Checkpointer checkpointer(tracker, slow, kShort, {}, health, registry);
  tracker.commit({at(7)});
  slow.entered.wait();
  tracker.commit({at(8)});
  {
    const std::jthread stopper([&] { checkpointer.stop(); });
    slow.go_on.count_down();
  }
  EXPECT_EQ(slow.last_saved, 8U);
}

TEST_F(CheckpointerTest, DestructionSavesToo) {
  {
    const Checkpointer checkpointer(tracker, store, kNever, {}, health, registry);
    tracker.commit({at(7)});
  }
  EXPECT_EQ(store.saved(), std::vector<std::uint64_t>{7});
}

TEST_F(CheckpointerTest, SavesNothingThatIsNotSettled) {
  Checkpointer checkpointer(tracker, store, kNever, {}, health, registry);
  const auto open = tracker.track();
  tracker.commit({at(7)});
  checkpointer.stop();
  EXPECT_TRUE(store.saved().empty());
  EXPECT_GT(value_of("pikachu_checkpoint_age_seconds"), 0);
}

TEST_F(CheckpointerTest, FailedSaveIsTriedAgainUntilItSucceeds) {
  store.set_failing(true);
  Checkpointer checkpointer(tracker, store, kShort, {}, health, registry);
  tracker.commit({at(7)});
  store.wait_for_calls(3);
  EXPECT_TRUE(store.saved().empty());
  EXPECT_EQ(health.snapshot().position, "");

  store.set_failing(false);
  checkpointer.stop();

  EXPECT_EQ(store.saved(), std::vector<std::uint64_t>{7});
  EXPECT_GE(value_of("pikachu_checkpoint_failures_total"), 3);
}

TEST_F(CheckpointerTest, AfterAFailureTheNewestSettledPositionIsSaved) {
  store.set_failing(true);
  Checkpointer checkpointer(tracker, store, kShort, {}, health, registry);
  tracker.commit({at(7)});
  store.wait_for_calls(2);
  tracker.commit({at(8)});
  store.wait_for_calls(2);
  store.set_failing(false);
  checkpointer.stop();
  EXPECT_EQ(store.saved(), std::vector<std::uint64_t>{8});
}

TEST_F(CheckpointerTest, StreakOfFailuresIsLoggedOnce) {
  testing::internal::CaptureStderr();
  store.set_failing(true);
  Checkpointer checkpointer(tracker, store, kShort, telemetry::Logger::to_stderr({}), health,
                            registry);
  tracker.commit({at(7)});
  store.wait_for_calls(4);
  store.set_failing(false);
  checkpointer.stop();

  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(count(log, "ERROR"), 1U) << log;
  EXPECT_EQ(count(log, "disk full"), 1U) << log;
  EXPECT_EQ(count(log, "works again"), 1U) << log;
}

}  // namespace
}  // namespace pikachu::pipeline
