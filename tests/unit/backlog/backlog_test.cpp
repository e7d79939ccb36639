#include "backlog/backlog.h"

#include <gtest/gtest.h>

#include "tests/unit/backlog/fakes.h"

namespace pikachu::backlog {
namespace {

using std::chrono::milliseconds;
using Ids = std::vector<std::string>;
using Numbers = std::vector<std::uint64_t>;

constexpr milliseconds kHold{1'000};

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
    sink = std::make_unique<FakeSink>(2, kCapacity);
    auto opened = Backlog::open(options, *sink, store, through);
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
  FakeStore store;
  pipeline::AckTracker tracker;
  std::unique_ptr<FakeSink> sink;
  std::shared_ptr<Backlog> backlog;

 private:
  std::uint64_t position_ = 0;
};

TEST_F(BacklogTest, WritesNothingWhileTheSinkKeepsUp) {
  for (int i = 0; i < 10; ++i) {
    submit("a" + std::to_string(i));
    sink->settle();
    turn_after(milliseconds(100));
  }
  EXPECT_EQ(store.writes(), 0);
  EXPECT_EQ(position(), 10U);
}

TEST_F(BacklogTest, DeliveryThatIsNotSettledAfterASecondIsWrittenAndSettled) {
  submit("a");
  EXPECT_EQ(backlog->next_turn(), now + kHold);
  turn_after(milliseconds(999));
  EXPECT_EQ(position(), 0U);

  turn_after(milliseconds(1));

  EXPECT_EQ(position(), 1U);
  EXPECT_EQ(store.numbers(), Numbers{1});
  EXPECT_EQ(sink->ids(), Ids{"a"});
}

TEST_F(BacklogTest, RecordOfASettledDeliveryGoesWithinASecond) {
  submit("a");
  turn_after(kHold);
  sink->settle();
  EXPECT_EQ(backlog->next_turn(), now + milliseconds(1'000));

  turn_after(milliseconds(1'000));

  EXPECT_EQ(store.numbers(), Numbers{});
  EXPECT_EQ(backlog->waiting(0).on_disk_bytes, 0U);
  EXPECT_EQ(backlog->next_turn(), std::nullopt);
}

TEST_F(BacklogTest, DeliveriesBeyondTheQueueWaitInMemoryForASecond) {
  submit_all({"a", "b", "c", "d"});
  turn_after(milliseconds(0));
  EXPECT_EQ(store.writes(), 0);
  sink->settle();
  sink->settle();

  turn_after(milliseconds(0));

  EXPECT_EQ(sink->ids(), (Ids{"c", "d"}));
  EXPECT_EQ(store.writes(), 0);
}

TEST_F(BacklogTest, ThenTheyWaitOnDiskAndThePositionGoesOn) {
  submit_all({"a", "b", "c", "d"});

  const auto turn = turn_after(kHold);

  EXPECT_EQ(turn.spilled, std::vector<std::size_t>{0});
  EXPECT_EQ(store.numbers(), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(position(), 4U);
  EXPECT_EQ(backlog->waiting(0).behind_changes, 2U);
}

// Where the later one is on disk, a restart must not find the earlier ones only in the binlog.
TEST_F(BacklogTest, WhatIsWithTheSinkIsWrittenWithWhatComesBehindIt) {
  options.unwritten_changes = 4;
  restart(0);
  submit_all({"a", "b", "c", "d"});  // Two of four that may be unwritten: due at once.

  turn_after(milliseconds(0));

  EXPECT_EQ(store.numbers(), (Numbers{1, 2, 3, 4}));
}

TEST_F(BacklogTest, ComesFromDiskInOrderAndThenGoesStraightAgain) {
  submit_all({"a", "b", "c", "d", "e"});
  turn_after(kHold);
  submit("f");

  EXPECT_EQ(drain(), (Ids{"a", "b", "c", "d", "e", "f"}));

  submit("g");
  EXPECT_EQ(sink->ids(), Ids{"g"});
  EXPECT_EQ(store.numbers(), Numbers{});
}

TEST_F(BacklogTest, LaterDeliveriesDoNotOvertakeThoseThatWait) {
  submit_all({"a", "b", "c"});
  sink->settle();
  submit("d");  // There is room, but "c" is before it.
  EXPECT_EQ(sink->ids(), Ids{"b"});

  turn_after(milliseconds(0));

  EXPECT_EQ(sink->ids(), (Ids{"b", "c"}));
}

TEST_F(BacklogTest, OtherTasksAreNotHeldUp) {
  for (int i = 0; i < 50; ++i) submit("a" + std::to_string(i));
  turn_after(kHold);

  submit("other", 1, 1);

  EXPECT_EQ(sink->ids(1), Ids{"other"});
  EXPECT_EQ(store.numbers(1), Numbers{});
}

TEST_F(BacklogTest, RestartDeliversWhatWaitsBeforeWhatIsNew) {
  submit_all({"a", "b", "c", "d"});
  turn_after(kHold);

  restart(4);
  submit("e");

  EXPECT_EQ(drain(), (Ids{"a", "b", "c", "d", "e"}));
}

TEST_F(BacklogTest, ChangeThatWaitsAndIsReadAgainIsDeliveredOnce) {
  submit_all({"a", "b", "c"});
  turn_after(kHold);
  const auto before = position();

  restart(0);  // As if the crash came before the checkpoint.
  submit_all({"a", "b", "c"});

  EXPECT_EQ(drain(), (Ids{"a", "b", "c"}));
  EXPECT_EQ(position(), before + 3);
}

// An earlier run delivered "a", and would leave the endpoint with it if only "a" came again.
TEST_F(BacklogTest, LaterStateOfARowFollowsAnEarlierOneThatIsSentAgain) {
  submit_all({"a", "b", "c"});
  sink->settle();
  turn_after(kHold);
  EXPECT_EQ(store.numbers(), (Numbers{2, 3}));

  restart(0);
  submit_all({"a", "b", "c"});

  EXPECT_EQ(drain(), (Ids{"b", "c", "a", "b", "c"}));
}

TEST_F(BacklogTest, WhatWaitedBeforeThePositionIsNoReasonToLeaveOutAChange) {
  submit_all({"a", "b", "c"});
  turn_after(kHold);

  restart(3);
  submit_all({"c"});

  EXPECT_EQ(drain(), (Ids{"a", "b", "c", "c"}));
}

TEST_F(BacklogTest, FailedWriteSettlesNothingAndIsTriedAgainAfterASecond) {
  store.set_failing(true);
  submit_all({"a", "b", "c"});
  const auto turn = turn_after(kHold);
  EXPECT_EQ(turn.write_error->message, "disk full");
  EXPECT_EQ(position(), 0U);
  EXPECT_EQ(backlog->next_turn(), now + milliseconds(1'000));
  turn_after(milliseconds(999));
  EXPECT_EQ(store.writes(), 1);

  store.set_failing(false);
  turn_after(milliseconds(1));

  EXPECT_EQ(store.numbers(), (Numbers{1, 2, 3}));
  EXPECT_EQ(position(), 3U);
}

// After a crash the record of "a" would be delivered behind "b", and "b" not again.
TEST_F(BacklogTest, PositionDoesNotPassADeliveryBeforeEarlierRecordsAreGone) {
  submit("a");
  turn_after(kHold);
  sink->settle();
  submit("b");
  sink->settle();
  EXPECT_EQ(position(), 1U);

  turn_after(milliseconds(1'000));

  EXPECT_EQ(store.numbers(), Numbers{});
  EXPECT_EQ(position(), 2U);
}

TEST_F(BacklogTest, DeliverySettledWhileItIsWrittenIsRemovedAfterwards) {
  submit("a");
  store.before_write = [this] {
    if (sink->size() > 0) sink->settle();
  };

  turn_after(kHold);
  EXPECT_EQ(store.numbers(), Numbers{1});
  turn_after(milliseconds(1'000));

  EXPECT_EQ(store.numbers(), Numbers{});
  EXPECT_EQ(backlog->waiting(0).on_disk_changes, 0U);
  EXPECT_EQ(position(), 1U);
}

TEST_F(BacklogTest, DeliverySettledWhileItsWriteFailsLeavesNoTrace) {
  submit("a");
  store.set_failing(true);
  store.before_write = [this] {
    if (sink->size() > 0) sink->settle();
  };

  turn_after(kHold);

  EXPECT_EQ(position(), 1U);
  EXPECT_EQ(backlog->waiting(0).on_disk_changes, 0U);
  EXPECT_EQ(backlog->next_turn(), std::nullopt);
}

TEST_F(BacklogTest, FullMemoryHoldsTheReaderUpUntilItIsWritten) {
  options.unwritten_changes = 3;
  restart(0);
  store.set_failing(true);
  submit_all({"a", "b", "c", "d", "e"});
  EXPECT_EQ(submit("f"), Obstacle::kDisk);
  turn_after(kHold);
  EXPECT_EQ(submit("f"), Obstacle::kDisk);

  store.set_failing(false);
  // Half of it in a group, so two.
  turn_after(kHold);
  turn_after(kHold);
  turn_after(kHold);

  EXPECT_EQ(submit("f"), Obstacle::kNone);
}

TEST_F(BacklogTest, QuotaOfATaskHoldsTheReaderUpUntilItsRecordsAreGone) {
  options.max_bytes_per_task = 3 * message_of("a")->size();
  restart(0);
  submit_all({"a", "b", "c"});
  turn_after(kHold);
  EXPECT_EQ(submit("d"), Obstacle::kTaskQuota);
  EXPECT_EQ(submit("other", 1, 1), Obstacle::kNone);

  sink->settle();
  turn_after(kHold);

  EXPECT_EQ(submit("e"), Obstacle::kNone);
}

TEST_F(BacklogTest, QuotaOfAllTasksHoldsTheReaderUp) {
  options.max_bytes = 3 * message_of("a")->size();
  restart(0);
  submit_all({"a", "b", "c"});
  turn_after(kHold);
  EXPECT_EQ(submit("d"), Obstacle::kTotalQuota);
}

TEST_F(BacklogTest, FinishWritesAndSettlesAllThatIsNot) {
  submit_all({"a", "b", "c", "d"});
  backlog->stop_accepting();
  sink->close(milliseconds(0));

  ASSERT_TRUE(backlog->finish());

  EXPECT_EQ(position(), 4U);
  restart(4);
  EXPECT_EQ(drain(), (Ids{"a", "b", "c", "d"}));
}

TEST_F(BacklogTest, FailedFinishSettlesNothing) {
  submit_all({"a", "b", "c"});
  store.set_failing(true);
  backlog->stop_accepting();

  EXPECT_FALSE(backlog->finish());

  EXPECT_EQ(position(), 0U);
}

TEST_F(BacklogTest, NothingIsHandedOverOnceItStops) {
  submit_all({"a", "b", "c"});
  backlog->stop_accepting();
  sink->settle();
  turn_after(milliseconds(0));
  EXPECT_EQ(sink->ids(), Ids{"b"});
  EXPECT_FALSE(backlog->wait_for_room(0, {}));
}

TEST_F(BacklogTest, DiskThatCannotBeReadIsTriedAgainAfterASecond) {
  submit_all({"a", "b", "c"});
  turn_after(kHold);
  store.set_failing(true);
  sink->settle();
  EXPECT_EQ(turn_after(milliseconds(0)).read_error->message, "I/O error");
  EXPECT_EQ(backlog->next_turn(), now + milliseconds(1'000));

  store.set_failing(false);
  turn_after(milliseconds(1'000));

  EXPECT_EQ(sink->ids(), (Ids{"b", "c"}));
}

TEST_F(BacklogTest, AckMayOutliveTheBacklog) {
  submit("a");
  auto delivery = sink->take();
  sink->on_room({});
  backlog.reset();
  delivery.ack.settle();
  EXPECT_EQ(position(), 1U);
}

}  // namespace
}  // namespace pikachu::backlog
