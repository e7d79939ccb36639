#include "backlog/backlog.h"

#include <limits>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "tests/unit/backlog/backlog_fixture.h"

namespace pikachu::backlog {
namespace {

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

TEST_F(BacklogTest, HandingOverDoesNotPutOffWhatIsToBeWritten) {
  capacity = 5'000;
  start(0);
  for (int i = 0; i < 2'000; ++i) {
    const auto number = tracker.track().number;
    ASSERT_TRUE(store.write({{{number, message_of("w" + std::to_string(i), number, 0)}}}, {}));
  }
  start(0);
  const auto since = now;
  submit("held", 1, 1);
  sink->at_submit = [this] { now += milliseconds(1); };

  while (store.numbers(1).empty() && now < since + 2 * kHold) backlog->turn();

  EXPECT_LE(now - since, kHold + milliseconds(50));
  EXPECT_GT(sink->size(0), 900U);
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
  submit_all({"a", "b", "c", "d"});  // Two of four that may be unwritten.

  turn_after(kHold / 4);

  EXPECT_EQ(store.numbers(), (Numbers{1, 2, 3, 4}));
}

TEST_F(BacklogTest, MemoryThatFillsUpIsWrittenAtOnceUnlessTheEndpointTakesWhatWaits) {
  options.unwritten_changes = 6;
  restart(0);
  submit_all({"a", "b", "c", "d", "e"});  // Half of what may be unwritten.
  turn_after(milliseconds(200));
  sink->settle();
  turn_after(milliseconds(0));
  submit("f");
  EXPECT_EQ(backlog->next_turn(), now + kHold / 4);
  turn_after(milliseconds(249));
  EXPECT_EQ(store.writes(), 0);

  turn_after(milliseconds(1));
  EXPECT_EQ(store.writes(), 1);
  submit_all({"g", "h", "i"});
  turn_after(milliseconds(0));
  EXPECT_EQ(store.writes(), 2);
}

TEST_F(BacklogTest, EndpointThatIsSlowerThanItsChangesComeIsNotWaitedForForLong) {
  options.unwritten_changes = 4;
  restart(0);
  submit_all({"a", "b", "c", "d", "e", "f"});
  for (int i = 0; i < 2; ++i) {
    sink->settle();
    turn_after(milliseconds(200));
  }
  // It does take something, but the oldest came half a second ago.
  turn_after(milliseconds(99));
  EXPECT_EQ(store.writes(), 0);
  turn_after(milliseconds(1));
  EXPECT_EQ(store.writes(), 1);
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

TEST_F(BacklogTest, ExpectsWhatWaitsUntilItIsReadAgain) {
  submit_all({"a", "b"});
  turn_after(kHold);
  EXPECT_FALSE(backlog->expects_again());

  restart(1);
  EXPECT_TRUE(backlog->expects_again());
  submit("b");

  EXPECT_FALSE(backlog->expects_again());
}

TEST_F(BacklogTest, ExpectsWhatWaitsHoweverLongTheServerIsAway) {
  submit("a");
  turn_after(kHold);

  restart(0);
  EXPECT_TRUE(backlog->expects_again());
  now += std::chrono::hours(1);

  EXPECT_TRUE(backlog->expects_again());
}

// As behind an XA transaction that was prepared before the position.
TEST_F(BacklogTest, DoesNotExpectWhatWaitsOnceSomethingNewHasComeInstead) {
  submit_all({"a", "b"});
  turn_after(kHold);

  restart(0);
  submit("a");
  EXPECT_TRUE(backlog->expects_again());
  auto message = std::make_shared<pipeline::Message>(*message_of("c"));
  message->commit_time_us = std::numeric_limits<std::int64_t>::max();
  auto [number, ack] = tracker.track();
  pipeline::Delivery delivery{message, number, std::move(ack)};
  backlog->submit(delivery);

  EXPECT_FALSE(backlog->expects_again());
}

// As where the tasks' tables have changed since: the position must not stand for ever.
TEST_F(BacklogTest, DoesNotExpectForLongWhatIsNotReadAgain) {
  submit_all({"a", "b"});
  turn_after(kHold);

  restart(0);
  EXPECT_TRUE(backlog->expects_again());
  submit("a");
  for (auto time = milliseconds(0); time < options.expect_again_for;
       time += std::chrono::seconds(1)) {
    EXPECT_TRUE(backlog->expects_again()) << time.count();
    now += std::chrono::seconds(1);
  }

  EXPECT_FALSE(backlog->expects_again());
  EXPECT_EQ(backlog->expected_again(), 1U);
}

}  // namespace
}  // namespace pikachu::backlog
