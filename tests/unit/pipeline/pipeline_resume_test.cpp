// Going on from a checkpoint, also in the middle of a transaction.
#include <gtest/gtest.h>

#include "pipeline/pipeline.h"
#include "tests/unit/pipeline/pipeline_fixture.h"

namespace pikachu::pipeline {
namespace {

/// That two rows of `transaction` are settled, on server 1.
Checkpoint inside(std::string transaction) {
  Checkpoint checkpoint;
  checkpoint.position.server = "1";
  checkpoint.inside = InsideTransaction{std::move(transaction), 2};
  return checkpoint;
}

TEST_F(PipelineTest, StartOfARunThatGoesOnIsNotSaved) {
  source.commit(4);

  run_from(Checkpoint{}, tracker);

  EXPECT_TRUE(store.saved.empty());
}

TEST_F(PipelineTest, BigTransactionIsCommittedInParts) {
  source.commit(4);
  for (int row = 0; row < 1'100; ++row) source.insert(table_of("orders"), row_of(row, "a"));

  run();

  for (std::size_t row = 0; row < 1'000; ++row) sink.deliveries[row].ack.settle();
  const auto settled = tracker.take_settled();
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->position.offset, 4U);
  EXPECT_EQ(settled->through, 1'000U);
  EXPECT_EQ(settled->inside, (InsideTransaction{"0-1-42", 1'000}));
}

// Else a stop in the middle of a transaction would repeat what was delivered long before it.
TEST_F(PipelineTest, PartThatWasReadIsCommittedAtTheEnd) {
  source.commit(4);
  for (int row = 0; row < 3; ++row) source.insert(table_of("orders"), row_of(row, "a"));

  run();

  for (auto& delivery : sink.deliveries) delivery.ack.settle();
  const auto settled = tracker.take_settled();
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->position.offset, 4U);
  EXPECT_EQ(settled->through, 3U);
  EXPECT_EQ(settled->inside, (InsideTransaction{"0-1-42", 3}));
}

// A second crash would take what waits, and was not read again yet, for something that was.
TEST_F(PipelineTest, PositionStandsUntilWhatWaitsHasBeenReadAgain) {
  AckTracker resumed_tracker(Checkpoint{});
  sink.expected_again = 1'100;
  for (int row = 0; row < 1'050; ++row) source.insert(table_of("orders"), row_of(row, "a"));
  source.commit(5);
  source.insert(table_of("orders"), row_of(1, "b"));

  run_from(Checkpoint{}, resumed_tracker);

  for (auto& delivery : sink.deliveries) delivery.ack.settle();
  EXPECT_EQ(resumed_tracker.take_settled(), std::nullopt);
}

TEST_F(PipelineTest, PositionMovesOnOnceWhatWaitsHasBeenReadAgain) {
  AckTracker resumed_tracker(Checkpoint{});
  sink.expected_again = 2;
  source.insert(table_of("orders"), row_of(1, "a"));
  source.commit(5);
  source.insert(table_of("orders"), row_of(2, "a"));
  source.commit(6);

  run_from(Checkpoint{}, resumed_tracker);

  sink.deliveries[0].ack.settle();
  EXPECT_EQ(resumed_tracker.take_settled(), std::nullopt);
  sink.deliveries[1].ack.settle();
  EXPECT_EQ(resumed_tracker.take_settled()->position.offset, 6U);
}

TEST_F(PipelineTest, RowThatTheSinkDidNotTakeIsNotCommittedAtTheEnd) {
  source.commit(4);
  source.insert(table_of("users"), row_of(1, "a"));
  source.insert(table_of("users"), row_of(2, "a"));
  sink.most = 3;  // Of two for each row.

  run();

  for (auto& delivery : sink.deliveries) delivery.ack.settle();
  const auto settled = tracker.take_settled();
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->inside, std::nullopt);
}

TEST_F(PipelineTest, RowsThatAnEarlierRunSettledAreLeftOut) {
  const auto checkpoint = inside("0-1-42");
  AckTracker resumed_tracker(checkpoint);
  source.commit(4);
  for (int row = 0; row < 3; ++row) source.insert(table_of("orders"), row_of(row, "a"));
  source.commit(5);
  source.insert(table_of("orders"), row_of(7, "a"));
  source.commit(6);

  run_from(checkpoint, resumed_tracker);

  ASSERT_EQ(sink.deliveries.size(), 2U);
  EXPECT_EQ(sink.deliveries[0].message->id, "0-1-42-2");
  EXPECT_EQ(sink.deliveries[1].message->id, "0-1-42-0");
  // Until the transaction has come, a crash must find the same checkpoint.
  EXPECT_EQ(resumed_tracker.take_settled()->inside, checkpoint.inside);
  for (auto& delivery : sink.deliveries) delivery.ack.settle();
  const auto settled = resumed_tracker.take_settled();
  EXPECT_EQ(settled->position.offset, 6U);
  EXPECT_EQ(settled->inside, std::nullopt);
}

// The number is that of rows behind the prepared transaction.
TEST_F(PipelineTest, NumberOfAPartIsNotNotedWithWhatIsPreparedBeforeIt) {
  const auto checkpoint = inside("0-1-42");
  AckTracker resumed_tracker(checkpoint);
  source.prepare();
  for (int row = 0; row < 3; ++row) source.insert(table_of("orders"), row_of(row, "a"));
  source.commit_early(4);

  run_from(checkpoint, resumed_tracker);

  for (auto& delivery : sink.deliveries) delivery.ack.settle();
  EXPECT_EQ(resumed_tracker.take_settled(), std::nullopt);
}

// One that replicates only some tables has the same transaction with fewer rows.
TEST_F(PipelineTest, RowsOfAnotherServerAreNotLeftOut) {
  const auto checkpoint = inside("0-1-42");
  AckTracker resumed_tracker(checkpoint);
  source.transaction.server = "2";
  for (int row = 0; row < 3; ++row) source.insert(table_of("orders"), row_of(row, "a"));

  run_from(checkpoint, resumed_tracker);

  EXPECT_EQ(sink.deliveries.size(), 3U);
  EXPECT_EQ(store.forgotten, 1);
}

TEST_F(PipelineTest, PartsOfThisRunAreForgottenToo) {
  source.commit(4);
  for (int row = 0; row < 1'100; ++row) source.insert(table_of("orders"), row_of(row, "a"));
  run();
  EXPECT_EQ(store.forgotten, 0);

  source.transaction.server = "2";
  source.commit(5);
  run();

  EXPECT_EQ(store.forgotten, 1);
}

// A restart that met the first server again would leave them out there: what is delivered here,
// older changes of their rows among it, would come last.
TEST_F(PipelineTest, NothingOfAnotherServerIsDeliveredBeforeThatIsSaved) {
  const auto checkpoint = inside("0-1-42");
  AckTracker resumed_tracker(checkpoint);
  source.transaction.server = "2";
  source.insert(table_of("orders"), row_of(1, "a"));
  store.full = true;

  const auto ended = run_from(checkpoint, resumed_tracker);

  EXPECT_EQ(ended.code, base::ErrorCode::kUnavailable) << ended.message;
  EXPECT_TRUE(sink.deliveries.empty());
}

TEST_F(PipelineTest, RowsSettledOfAnotherServerAreForgottenWithItsPosition) {
  const auto checkpoint = inside("0-1-42");
  AckTracker resumed_tracker(checkpoint);
  source.transaction.server = "2";
  source.commit(4);

  run_from(checkpoint, resumed_tracker);

  EXPECT_EQ(resumed_tracker.take_settled()->inside, std::nullopt);
}

// A restart at an early position delivers what lies between it and the transaction again: an older
// state of a row would come last if the transaction's rows were left out.
TEST_F(PipelineTest, TransactionBehindAnEarlyPositionIsNotCommittedInParts) {
  source.insert(table_of("orders"), row_of(0, "a"));
  source.commit(4);
  source.prepare();
  source.insert(table_of("orders"), row_of(1, "a"));
  source.commit_early(4);
  for (int row = 0; row < 1'100; ++row) source.insert(table_of("orders"), row_of(row, "b"));

  run();

  for (auto& delivery : sink.deliveries) delivery.ack.settle();
  const auto settled = tracker.take_settled();
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->position.offset, 4U);
  EXPECT_EQ(settled->through, 1U);
  EXPECT_EQ(settled->inside, std::nullopt);
}

TEST_F(PipelineTest, TransactionWithoutGtidIsKnownByItsFirstRow) {
  source.transaction.gtid.clear();
  const auto checkpoint = inside("1-mysql-bin~2e000001-1000-0");
  AckTracker resumed_tracker(checkpoint);
  for (int row = 0; row < 3; ++row) source.insert(table_of("orders"), row_of(row, "a"));

  run_from(checkpoint, resumed_tracker);

  ASSERT_EQ(sink.deliveries.size(), 1U);
  EXPECT_EQ(sink.deliveries[0].message->id, "1-mysql-bin~2e000001-1000-2");
}

}  // namespace
}  // namespace pikachu::pipeline
