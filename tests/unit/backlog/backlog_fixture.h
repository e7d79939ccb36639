#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "backlog/backlog.h"
#include "tests/unit/backlog/fakes.h"

namespace pikachu::backlog {

using std::chrono::milliseconds;
using Ids = std::vector<std::string>;
using Numbers = std::vector<std::uint64_t>;

inline constexpr milliseconds kHold{1'000};

/// A backlog without a thread, whose time the test moves.
class BacklogTest : public testing::Test {
 protected:
  static constexpr std::size_t kCapacity = 2;

  BacklogTest() {
    options.tasks = {{"t1"}, {"t2"}};
    options.hold_after = kHold;
    options.unwritten_changes = 100;
    options.clock = [this] { return now; };
    start(0);
  }

  void start(std::uint64_t through) {
    sink = std::make_unique<FakeSink>(2, capacity);
    auto opened = Backlog::open(options, *sink, store, through, tracker.last_number());
    ASSERT_TRUE(opened);
    backlog = *opened;
    sink->on_room([room_of = backlog](std::size_t task) { room_of->has_room(task); });
  }
  // As a crash: what is in memory is gone.
  void restart(std::uint64_t through) { start(through); }

  Obstacle submit(const std::string& id, std::uint64_t key = 1, std::size_t task = 0) {
    auto [number, ack] = tracker.track();
    pipeline::Delivery delivery{message_of(id, key, task), number, std::move(ack)};
    const auto obstacle = backlog->submit(delivery);
    tracker.commit(at(number));
    return obstacle;
  }
  void submit_all(const Ids& ids) {
    for (const auto& id : ids) EXPECT_EQ(submit(id), Obstacle::kNone);
  }
  Backlog::Turn turn_after(milliseconds pause) {
    now += pause;
    return backlog->turn();
  }
  std::uint64_t position() {
    if (auto settled = tracker.take_settled()) position_ = settled->position.offset;
    return position_;
  }
  // Settles whatever arrives until nothing waits; returns what was delivered, in order.
  Ids drain(std::size_t task = 0) {
    Ids delivered;
    for (int i = 0; i < 1'000; ++i) {
      turn_after(kHold);
      while (sink->size(task) > 0) {
        delivered.push_back(sink->ids(task)[0]);
        sink->settle(0, task);
      }
      const auto waiting = backlog->waiting(task);
      if (waiting.behind_changes == 0 && waiting.on_disk_changes == 0) break;
    }
    return delivered;
  }

  Backlog::TimePoint now{std::chrono::hours(1)};
  BacklogOptions options;
  std::size_t capacity = kCapacity;  ///< Of the sink's queues, from the next start on.
  FakeStore store;
  pipeline::AckTracker tracker;
  std::unique_ptr<FakeSink> sink;
  std::shared_ptr<Backlog> backlog;

 private:
  std::uint64_t position_ = 0;
};

}  // namespace pikachu::backlog
