#include "backlog/already_waiting.h"

#include <gtest/gtest.h>

#include "tests/unit/backlog/fakes.h"

namespace pikachu::backlog {
namespace {

TEST(AlreadyWaiting, HasEachIdOnce) {
  AlreadyWaiting waiting(OrderScope::kKey);
  waiting.add(1, *message_of("a"));
  EXPECT_TRUE(waiting.has(*message_of("a")));
  EXPECT_FALSE(waiting.has(*message_of("a")));
}

TEST(AlreadyWaiting, OrderOfArrivalDoesNotMatterBetweenRows) {
  AlreadyWaiting waiting(OrderScope::kKey);
  waiting.add(1, *message_of("a", 1));
  waiting.add(2, *message_of("b", 2));
  EXPECT_FALSE(waiting.has(*message_of("new", 3)));
  EXPECT_TRUE(waiting.has(*message_of("b", 2)));
  EXPECT_TRUE(waiting.has(*message_of("a", 1)));
}

TEST(AlreadyWaiting, ForgetsARowOfWhichAnotherChangeComesFirst) {
  AlreadyWaiting waiting(OrderScope::kKey);
  waiting.add(1, *message_of("a2", 1));
  waiting.add(2, *message_of("a3", 1));
  waiting.add(3, *message_of("b", 2));
  EXPECT_FALSE(waiting.has(*message_of("a1", 1)));
  EXPECT_FALSE(waiting.has(*message_of("a2", 1)));
  EXPECT_FALSE(waiting.has(*message_of("a3", 1)));
  EXPECT_TRUE(waiting.has(*message_of("b", 2)));
}

TEST(AlreadyWaiting, ChangeOfAKeyTiesItsRowsTogether) {
  AlreadyWaiting waiting(OrderScope::kKey);
  auto moved = *message_of("moved", 1);
  moved.keys = {1, 2};
  waiting.add(1, moved);
  waiting.add(2, *message_of("last", 2));
  EXPECT_FALSE(waiting.has(*message_of("first", 1)));
  EXPECT_FALSE(waiting.has(moved));
  EXPECT_FALSE(waiting.has(*message_of("last", 2)));
}

TEST(AlreadyWaiting, ForgetsWhatWaitsInFrontOfAnEarlierChangeOfTheRow) {
  AlreadyWaiting waiting(OrderScope::kKey);
  waiting.add(6, *message_of("second"));
  waiting.add(10, *message_of("first"));
  EXPECT_TRUE(waiting.has(*message_of("first")));
  EXPECT_FALSE(waiting.has(*message_of("second")));
}

TEST(AlreadyWaiting, IdThatWaitsTwiceCountsAtItsLaterPlace) {
  AlreadyWaiting waiting(OrderScope::kKey);
  waiting.add(6, *message_of("second"));
  waiting.add(10, *message_of("first"));
  waiting.add(11, *message_of("second"));
  EXPECT_TRUE(waiting.has(*message_of("first")));
  EXPECT_TRUE(waiting.has(*message_of("second")));
}

// A server that replicates only some tables gives the ids of a transaction to other rows; and a
// table's primary key may have been altered since.
TEST(AlreadyWaiting, IdOfAnotherRowIsNotIt) {
  for (const auto scope : {OrderScope::kKey, OrderScope::kTask}) {
    AlreadyWaiting waiting(scope);
    waiting.add(1, *message_of("a", 1));
    waiting.add(2, *message_of("b", 2));
    EXPECT_FALSE(waiting.has(*message_of("a", 2)));
    EXPECT_FALSE(waiting.has(*message_of("b", 2)));
  }
}

TEST(AlreadyWaiting, IdOfAnotherTableIsNotIt) {
  AlreadyWaiting waiting(OrderScope::kKey);
  waiting.add(1, *message_of("a", pipeline::kAnyRow));
  auto other = *message_of("a", pipeline::kAnyRow);
  other.label = "test_db.others insert";
  EXPECT_FALSE(waiting.has(other));
}

TEST(AlreadyWaiting, ChangeOfAnyRowCountsForAll) {
  AlreadyWaiting waiting(OrderScope::kKey);
  waiting.add(1, *message_of("a", 1));
  waiting.add(2, *message_of("any", pipeline::kAnyRow));
  waiting.add(3, *message_of("b", 2));
  EXPECT_TRUE(waiting.has(*message_of("any", pipeline::kAnyRow)));
  EXPECT_FALSE(waiting.has(*message_of("a", 1)));
  EXPECT_TRUE(waiting.has(*message_of("b", 2)));
}

TEST(AlreadyWaiting, KeepsNothingBehindAChangeOfAnyRowThatDoesNotWait) {
  AlreadyWaiting waiting(OrderScope::kKey);
  waiting.add(1, *message_of("a", 1));
  EXPECT_FALSE(waiting.has(*message_of("any", pipeline::kAnyRow)));
  EXPECT_EQ(waiting.size(), 0U);
}

TEST(AlreadyWaiting, ForgetsAChangeOfAnyRowBehindAnotherThatComesAgain) {
  AlreadyWaiting waiting(OrderScope::kKey);
  waiting.add(1, *message_of("any", pipeline::kAnyRow));
  waiting.add(2, *message_of("a2", 1));
  EXPECT_FALSE(waiting.has(*message_of("a1", 1)));
  EXPECT_FALSE(waiting.has(*message_of("any", pipeline::kAnyRow)));
  EXPECT_FALSE(waiting.has(*message_of("a2", 1)));
}

TEST(AlreadyWaiting, OfATaskInOrderAnyChangeCountsForAll) {
  AlreadyWaiting waiting(OrderScope::kTask);
  waiting.add(1, *message_of("a", 1));
  EXPECT_FALSE(waiting.has(*message_of("b", 2)));
  EXPECT_EQ(waiting.size(), 0U);
}

}  // namespace
}  // namespace pikachu::backlog
