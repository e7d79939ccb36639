// What a checkpoint says besides its position, and what keeps one back.
#include <optional>

#include <gtest/gtest.h>

#include "pipeline/ack_tracker.h"
#include "tests/unit/pipeline/commits.h"

namespace pikachu::pipeline {
namespace {

Commit early_at(std::uint64_t offset, std::optional<std::uint64_t> through) {
  auto commit = at(offset);
  commit.is_early = true;
  commit.through = through;
  return commit;
}

TEST(AckTrackerCheckpoint, NumbersDeliveriesFromBehindTheHighestThatWasEverSaved) {
  AckTracker tracker(std::nullopt, 41);
  EXPECT_EQ(tracker.track().number, 42U);
  EXPECT_EQ(tracker.track().number, 43U);
  EXPECT_EQ(tracker.last_number(), 43U);
}

TEST(AckTrackerCheckpoint, CheckpointHasTheLastNumberBeforeItsPosition) {
  AckTracker tracker;
  tracker.track().ack.settle();
  tracker.track().ack.settle();
  tracker.commit(at(1));
  const auto open = tracker.track();
  tracker.commit(at(2));

  EXPECT_EQ(tracker.take_settled(), (Checkpoint{at(1).position, 2, std::nullopt}));
}

// Numbers between the two belong to deliveries of what is read again.
TEST(AckTrackerCheckpoint, NumberOfAResumedCheckpointStaysUntilADeliveryIsMade) {
  AckTracker tracker(Checkpoint{at(1).position, 5, std::nullopt}, 9);
  tracker.commit(at(1));
  EXPECT_EQ(tracker.take_settled()->through, 5U);

  tracker.track().ack.settle();
  tracker.commit(at(2));
  EXPECT_EQ(tracker.take_settled()->through, 10U);
}

TEST(AckTrackerCheckpoint, WithoutACheckpointAllThatWaitsLiesBeforeTheStart) {
  AckTracker tracker(std::nullopt, 9);
  tracker.commit(at(1));
  EXPECT_EQ(tracker.take_settled()->through, 9U);
}

TEST(AckTrackerCheckpoint, DeliveriesBelongToTheFirstCommitBehindARelease) {
  AckTracker tracker;
  tracker.hold();
  auto first = tracker.track().ack;
  tracker.commit(at(1));
  tracker.commit_part({"0-1-2", 1}, "");
  auto second = tracker.track().ack;
  tracker.release();
  tracker.commit(at(2));
  second.settle();
  EXPECT_EQ(tracker.take_settled(), std::nullopt);

  first.settle();

  EXPECT_EQ(tracker.take_settled(), (Checkpoint{at(2).position, 2, std::nullopt}));
}

TEST(AckTrackerCheckpoint, LastCommitThatWasHeldComesWithTheRelease) {
  AckTracker tracker;
  tracker.hold();
  auto ack = tracker.track().ack;
  tracker.commit(at(1));
  ack.settle();
  EXPECT_EQ(tracker.take_settled(), std::nullopt);

  tracker.release();

  EXPECT_EQ(tracker.take_settled(), (Checkpoint{at(1).position, 1, std::nullopt}));
}

// Its number would leave out what is behind it and waits.
TEST(AckTrackerCheckpoint, CommitThatWasHeldDoesNotComeOnceSomethingIsBehindIt) {
  AckTracker tracker;
  tracker.hold();
  tracker.commit(at(1));
  tracker.track().ack.settle();

  tracker.release();

  EXPECT_EQ(tracker.take_settled(), std::nullopt);
}

// What waits above the old number is given up: none of it may be left out behind a new position.
TEST(AckTrackerCheckpoint, ReleaseWithoutAnyDeliveryTakesAllThatWasEverNumberedForOlder) {
  AckTracker tracker(Checkpoint{at(1).position, 3, std::nullopt}, 9);
  tracker.hold();
  tracker.commit(at(2));

  tracker.release();

  EXPECT_EQ(tracker.take_settled(), (Checkpoint{at(2).position, 9, std::nullopt}));
}

TEST(AckTrackerCheckpoint, EarlyPositionHasTheNumberThatWasNotedThere) {
  AckTracker tracker;
  tracker.track().ack.settle();
  tracker.commit(at(1));
  const auto early = early_at(1, tracker.through());
  tracker.track().ack.settle();

  tracker.commit(early);

  EXPECT_EQ(tracker.take_settled(), (Checkpoint{at(1).position, 1, std::nullopt}));
}

TEST(AckTrackerCheckpoint, EarlyPositionWithoutANumberMovesNothing) {
  AckTracker tracker;
  tracker.hold();
  const auto early = early_at(1, tracker.through());
  tracker.release();

  tracker.commit(early);

  EXPECT_EQ(tracker.take_settled(), std::nullopt);
}

TEST(AckTrackerCheckpoint, ForgetsPartsThatWereNotTakenYet) {
  AckTracker tracker;
  tracker.commit(at(1));
  auto first = tracker.track().ack;
  tracker.commit_part({"0-1-2", 1}, "");
  auto second = tracker.track().ack;
  tracker.commit_part({"0-1-2", 2}, "");
  first.settle();

  tracker.forget_inside();

  EXPECT_EQ(tracker.take_settled(), (Checkpoint{at(1).position, 1, std::nullopt}));
  second.settle();
  EXPECT_EQ(tracker.take_settled(), (Checkpoint{at(1).position, 2, std::nullopt}));
}

TEST(AckTrackerCheckpoint, IsBehindWhileAnythingWouldBeReadAgain) {
  AckTracker tracker;
  EXPECT_FALSE(tracker.is_behind());
  auto ack = tracker.track().ack;
  EXPECT_TRUE(tracker.is_behind());
  ack.settle();
  EXPECT_FALSE(tracker.is_behind());
  tracker.hold();
  EXPECT_TRUE(tracker.is_behind());
  tracker.release();
  tracker.commit(early_at(1, 0));
  EXPECT_TRUE(tracker.is_behind());
  tracker.commit(at(2));
  EXPECT_FALSE(tracker.is_behind());
}

TEST(AckTrackerCheckpoint, PartBehindAnEarlyPositionMovesNothing) {
  AckTracker tracker;
  tracker.commit(at(1));
  tracker.track().ack.settle();
  tracker.commit(early_at(1, 0));
  tracker.take_settled();

  tracker.track().ack.settle();
  tracker.commit_part({"0-1-3", 1}, "");

  EXPECT_EQ(tracker.take_settled(), std::nullopt);
}

TEST(AckTrackerCheckpoint, PartIsSettledWithAllBeforeIt) {
  AckTracker tracker;
  tracker.commit(at(1));
  auto before = tracker.track();
  tracker.commit_part({"0-1-2", 1'000}, "");
  tracker.track().ack.settle();
  tracker.commit_part({"0-1-2", 2'000}, "");
  EXPECT_EQ(tracker.take_settled()->inside, std::nullopt);
  EXPECT_EQ(tracker.take_settled(), std::nullopt);

  before.ack.settle();

  EXPECT_EQ(tracker.take_settled(),
            (Checkpoint{at(1).position, 2, InsideTransaction{"0-1-2", 2'000}}));
}

TEST(AckTrackerCheckpoint, PartsEndWithTheirTransaction) {
  AckTracker tracker(Checkpoint{at(1).position, 0, std::nullopt});
  tracker.track().ack.settle();
  tracker.commit_part({"0-1-2", 1'000}, "");
  tracker.commit(at(2));
  EXPECT_EQ(tracker.take_settled(), (Checkpoint{at(2).position, 1, std::nullopt}));
}

TEST(AckTrackerCheckpoint, PartBeforeTheFirstPositionMovesNothing) {
  AckTracker tracker;
  tracker.track().ack.settle();
  tracker.commit_part({"0-1-2", 1'000}, "");
  EXPECT_EQ(tracker.take_settled(), std::nullopt);
}

// Its rows may be fewer there, and are counted from 0 too.
TEST(AckTrackerCheckpoint, PartBehindAPositionOfAnotherServerMovesNothing) {
  AckTracker tracker(Checkpoint{at(1).position, 0, std::nullopt});
  tracker.track().ack.settle();
  tracker.commit_part({"0-1-2", 1'000}, "2");
  EXPECT_EQ(tracker.take_settled(), std::nullopt);
}

}  // namespace
}  // namespace pikachu::pipeline
