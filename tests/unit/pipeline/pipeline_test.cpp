#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include "tests/unit/pipeline/pipeline_fixture.h"

namespace pikachu::pipeline {
namespace {

TEST_F(PipelineTest, StartIsSavedBeforeTheFirstRowAndNoCommitAfterIt) {
  source.commit(4);
  source.insert(table_of("users"), row_of(1, "a"));
  source.commit(5);

  run();

  EXPECT_EQ(store.saved, std::vector<std::uint64_t>{4});
}

TEST_F(PipelineTest, CommitBehindARowIsNotSavedAtOnce) {
  source.insert(table_of("users"), row_of(1, "a"));
  source.commit(5);

  run();

  EXPECT_TRUE(store.saved.empty());
}

TEST_F(PipelineTest, NoRowIsTakenWhereTheStartCannotBeSaved) {
  store.full = true;
  source.commit(4);
  source.insert(table_of("users"), row_of(1, "a"));

  const auto error = run();

  EXPECT_EQ(error.code, base::ErrorCode::kUnavailable);
  EXPECT_TRUE(sink.deliveries.empty());
}

TEST_F(PipelineTest, MakesOneDeliveryForEachTaskThatWantsTheChange) {
  source.insert(table_of("users"), row_of(1, "a"));
  source.insert(table_of("orders"), row_of(2, "b"));
  source.update(table_of("orders"), row_of(2, "b"), row_of(2, "c"));

  run();

  ASSERT_EQ(sink.deliveries.size(), 3U);
  EXPECT_EQ(sink.deliveries[0].message->task, 0U);
  EXPECT_EQ(sink.deliveries[1].message->task, 1U);
  EXPECT_EQ(sink.deliveries[2].message->task, 1U);
  EXPECT_EQ(sink.deliveries[2].message->label, "test_db.orders insert");
}

TEST_F(PipelineTest, DeliveryIsCompleteAndIndependentOfTheSource) {
  const auto users = table_of("users");
  source.insert(users, row_of(1, "a"));
  source.commit(5);

  run();

  change::RowChange change;
  const auto after = row_of(1, "a");
  change.table = users;
  change.after = after;
  change.transaction = &source.transaction;
  change.file = "mysql-bin.000001";
  change.offset = 1'000;
  std::string body;
  encode::BodyWriter().append_body(change, "t1", body);
  std::string id;
  change::append_event_id(change, id);
  ASSERT_FALSE(sink.deliveries.empty());
  const auto& delivery = sink.deliveries[0];
  EXPECT_EQ(delivery.message->body, body);
  EXPECT_EQ(delivery.message->id, id);
  EXPECT_EQ(delivery.message->label, "test_db.users insert");
  EXPECT_EQ(delivery.message->commit_time_us, source.transaction.commit_time_us);
  EXPECT_EQ(sink.deliveries[1].message->id, id);
  EXPECT_NE(sink.deliveries[1].message->body, body);
}

TEST_F(PipelineTest, InsertAndDeleteOfARowShareOneKey) {
  source.insert(table_of("users"), row_of(1, "a"));
  source.erase(table_of("users"), row_of(1, "b"));
  source.insert(table_of("users"), row_of(2, "a"));

  run();

  const auto key = sink.deliveries[0].message->keys[0];
  EXPECT_EQ(sink.deliveries[0].message->keys, (std::array{key, key}));
  EXPECT_EQ(sink.deliveries[2].message->keys, (std::array{key, key}));
  EXPECT_NE(sink.deliveries[4].message->keys[0], key);
}

TEST_F(PipelineTest, UpdateThatChangesTheKeyHasBoth) {
  source.insert(table_of("users"), row_of(1, "a"));
  source.insert(table_of("users"), row_of(2, "a"));
  source.update(table_of("users"), row_of(1, "a"), row_of(2, "a"));
  source.update(table_of("users"), row_of(2, "a"), row_of(2, "b"));

  run();

  const auto first = sink.deliveries[0].message->keys[0];
  const auto second = sink.deliveries[2].message->keys[0];
  EXPECT_EQ(sink.deliveries[4].message->keys, (std::array{first, second}));
  EXPECT_EQ(sink.deliveries[5].message->keys, (std::array{second, second}));
}

TEST_F(PipelineTest, KeyThatAMinimalImageLeavesOutIsTheOneBefore) {
  const auto users = table_of("users");
  source.update(users, {Value::of_signed(1), Value::absent()},
                {Value::absent(), Value::of_bytes(ValueKind::kText, "b")});

  run();

  const auto key = encode::row_key(*users, row_of(1, "")).value();
  EXPECT_EQ(sink.deliveries[0].message->keys, (std::array{key, key}));
}

// Else a delete of the row would not wait for it.
TEST_F(PipelineTest, InsertWithoutItsKeyMayBeOfAnyRow) {
  source.insert(table_of("users"), {Value::absent(), Value::of_bytes(ValueKind::kText, "b")});

  run();

  EXPECT_EQ(sink.deliveries[0].message->keys, (std::array{kAnyRow, kAnyRow}));
}

TEST_F(PipelineTest, RowsOfATableWithoutKeyShareOneKey) {
  source.insert(table_of("users", false), row_of(1, "a"));
  source.update(table_of("users", false), row_of(1, "a"), row_of(2, "a"));

  run();

  EXPECT_EQ(sink.deliveries[0].message->keys, sink.deliveries[2].message->keys);
}

TEST_F(PipelineTest, PositionMovesOnlyWhenTheDeliveriesAreSettled) {
  source.insert(table_of("users"), row_of(1, "a"));
  source.commit(5);

  run();

  EXPECT_EQ(tracker.unsettled(), 2U);
  EXPECT_FALSE(tracker.take_settled());
  for (auto& delivery : sink.deliveries) delivery.ack.settle();
  const auto settled = tracker.take_settled();
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->position.offset, 5U);
}

TEST_F(PipelineTest, RowThatNoTaskWantsCostsNothingButMovesThePosition) {
  source.update(table_of("orders"), row_of(1, "a"), row_of(1, "b"));
  source.commit(5);

  run();

  EXPECT_TRUE(sink.deliveries.empty());
  EXPECT_EQ(tracker.take_settled()->position.offset, 5U);
  EXPECT_FALSE(health.snapshot().last_event_time);
}

TEST_F(PipelineTest, ReturnsTheErrorThatTheSourceCannotGoOnFrom) {
  source.insert(table_of("users"), row_of(1, "a"));

  const auto error = run();

  EXPECT_EQ(error.code, base::ErrorCode::kCorrupt);
  EXPECT_EQ(error.message, "the end of the test");
  EXPECT_TRUE(health.snapshot().last_event_time);
}

TEST_F(PipelineTest, StopEndsItWithCancelled) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(run(stop.get_token()).code, base::ErrorCode::kCancelled);
}

TEST_F(PipelineTest, DeliveryThatTheSinkDidNotTakeHoldsThePosition) {
  sink.full = true;
  source.insert(table_of("users"), row_of(1, "a"));
  source.commit(5);

  EXPECT_EQ(run().code, base::ErrorCode::kCancelled);

  EXPECT_EQ(tracker.unsettled(), 1U);
  EXPECT_FALSE(tracker.take_settled());
  EXPECT_EQ(value_of("pikachu_pipeline_rows_total", {{"task_id", "t1"}, {"operation", "insert"}}),
            0);
}

TEST_F(PipelineTest, CountsRowsByTaskAndTransactionsWithRows) {
  source.insert(table_of("users"), row_of(1, "a"));
  source.erase(table_of("users"), row_of(1, "a"));
  source.commit(5);
  source.commit(6);

  run();

  EXPECT_EQ(value_of("pikachu_pipeline_rows_total", {{"task_id", "t1"}, {"operation", "insert"}}),
            1);
  EXPECT_EQ(value_of("pikachu_pipeline_rows_total", {{"task_id", "t2"}, {"operation", "delete"}}),
            1);
  EXPECT_EQ(value_of("pikachu_pipeline_rows_total", {{"task_id", "t1"}, {"operation", "update"}}),
            0);
  EXPECT_EQ(value_of("pikachu_pipeline_transactions_total"), 1);
}

TEST_F(PipelineTest, LagIsTheAgeOfTheLastTransactionReadAndNeverNegative) {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  source.transaction.commit_time_us = now - 60'000'000;
  source.insert(table_of("users"), row_of(1, "a"));
  source.commit(5);
  source.commit(6);
  run();
  const auto lag = value_of("pikachu_pipeline_lag_seconds");
  EXPECT_GE(lag, 60);
  EXPECT_LT(lag, 120);

  source.transaction.commit_time_us = now + 60'000'000;
  source.insert(table_of("users"), row_of(1, "a"));
  source.commit(7);
  run();
  EXPECT_EQ(value_of("pikachu_pipeline_lag_seconds"), 0);
}

}  // namespace
}  // namespace pikachu::pipeline
