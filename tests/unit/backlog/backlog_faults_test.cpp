// Disks that fail, quotas, and stops.
#include <gtest/gtest.h>

#include "backlog/backlog.h"
#include "tests/unit/backlog/backlog_fixture.h"

namespace pikachu::backlog {
namespace {

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
  // One more, which finds nothing left to write: the failure is over.
  turn_after(milliseconds(1'000));
  EXPECT_EQ(backlog->next_turn(), std::nullopt);
}

// `pikachu replay` sets dead letters aside beside the service, under numbers above its last one.
TEST_F(BacklogTest, NumbersThatOthersUseMeanwhileSayNothingOfWhatIsOnDisk) {
  store.use_number(50);
  restart(0);
  submit_all({"a", "b", "c"});

  turn_after(kHold);

  EXPECT_EQ(store.numbers(), (Numbers{1, 2, 3}));
  EXPECT_EQ(position(), 3U);
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
