#include "pipeline/pipeline.h"

#include <deque>
#include <functional>

#include <gtest/gtest.h>

#include "encode/body.h"

namespace pikachu::pipeline {
namespace {

using change::Operation;
using change::Value;
using change::ValueKind;

std::shared_ptr<const change::TableSchema> table_of(std::string name, bool has_key = true) {
  auto table = std::make_shared<change::TableSchema>();
  table->database = "test_db";
  table->table = std::move(name);
  table->columns.resize(2);
  table->columns[0].name = "id";
  table->columns[1].name = "name";
  if (has_key) table->primary_key = {0};
  return table;
}

std::vector<Value> row_of(std::int64_t id, std::string_view name) {
  return {Value::of_signed(id), Value::of_bytes(ValueKind::kText, name)};
}

// Says what it was given, then the error, and keeps rows alive for one call only, as the contract
// has it: their memory is overwritten by the next.
class FakeSource : public Source {
 public:
  struct Step {
    std::optional<Operation> row;  // Else a commit.
    std::shared_ptr<const change::TableSchema> table;
    std::vector<Value> before;
    std::vector<Value> after;
    std::uint64_t offset = 0;
  };

  void insert(std::shared_ptr<const change::TableSchema> table, std::vector<Value> after) {
    steps.push_back({Operation::kInsert, std::move(table), {}, std::move(after)});
  }
  void update(std::shared_ptr<const change::TableSchema> table, std::vector<Value> before,
              std::vector<Value> after) {
    steps.push_back({Operation::kUpdate, std::move(table), std::move(before), std::move(after)});
  }
  void erase(std::shared_ptr<const change::TableSchema> table, std::vector<Value> before) {
    steps.push_back({Operation::kDelete, std::move(table), std::move(before), {}});
  }
  void commit(std::uint64_t offset) { steps.push_back({std::nullopt, nullptr, {}, {}, offset}); }

  base::Result<SourceEvent> next(const std::stop_token& stop) override {
    before_.assign(2, Value::absent());
    after_.assign(2, Value::absent());
    if (stop.stop_requested()) return base::fail(base::ErrorCode::kCancelled, "stopped");
    if (steps.empty()) return base::fail(base::ErrorCode::kCorrupt, "the end of the test");
    auto step = std::move(steps.front());
    steps.pop_front();
    if (!step.row) {
      row_ = 0;
      Commit commit;
      commit.position.offset = step.offset;
      return commit;
    }
    before_ = step.before;
    after_ = step.after;
    change_.operation = *step.row;
    change_.table = step.table;
    change_.before = before_;
    change_.after = after_;
    change_.transaction = &transaction;
    change_.file = "mysql-bin.000001";
    change_.offset = 1'000;
    change_.row = row_++;
    return &change_;
  }

  std::deque<Step> steps;
  change::Transaction transaction{"0-1-42", "1", 1'709'208'000'000'000, false};

 private:
  std::vector<Value> before_;
  std::vector<Value> after_;
  change::RowChange change_;
  std::uint64_t row_ = 0;
};

class StartStore : public PositionStore {
 public:
  base::Result<std::optional<Checkpoint>> load() override { return std::nullopt; }
  base::Result<void> save(const Checkpoint& checkpoint) override {
    if (full) return base::fail(base::ErrorCode::kUnavailable, "disk full");
    saved.push_back(checkpoint.position.offset);
    return {};
  }

  std::vector<std::uint64_t> saved;
  bool full = false;
};

class CollectingSink : public Sink {
 public:
  base::Result<void> submit(Delivery delivery, const std::stop_token&) override {
    if (full) return base::fail(base::ErrorCode::kCancelled, "stopped while the queue was full");
    deliveries.push_back(std::move(delivery));
    return {};
  }
  void close(std::chrono::milliseconds) override {}

  std::vector<Delivery> deliveries;
  bool full = false;
};

route::TaskRoute task_of(std::string task_id, std::string_view pattern, bool updates = true) {
  route::TaskRoute task;
  task.task_id = std::move(task_id);
  task.tables.push_back(*route::TablePattern::parse(pattern, "test_db"));
  task.wants_insert = true;
  task.wants_update = updates;
  task.wants_delete = true;
  return task;
}

class PipelineTest : public testing::Test {
 protected:
  base::Error run(const std::stop_token& stop = {}) { return pipeline.run(stop); }
  double value_of(std::string_view name, const prometheus::Labels& labels = {}) {
    for (const auto& family : registry.Collect()) {
      for (const auto& metric : family.metric) {
        const prometheus::Labels found = labels_of(metric);
        if (family.name != name || found != labels) continue;
        return family.type == prometheus::MetricType::Counter ? metric.counter.value
                                                              : metric.gauge.value;
      }
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }
  static prometheus::Labels labels_of(const prometheus::ClientMetric& metric) {
    prometheus::Labels labels;
    for (const auto& label : metric.label) labels[label.name] = label.value;
    return labels;
  }

  FakeSource source;
  route::Router router{{task_of("t1", "users"), task_of("t2", "*", false)}};
  CollectingSink sink;
  AckTracker tracker;
  StartStore store;
  telemetry::HealthBoard health;
  telemetry::Registry registry;
  Pipeline pipeline{source,       router, {"t1", "t2"}, sink,    tracker,
                    std::nullopt, store,  health,       registry};
};

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

  const auto key = encode::row_key(*users, row_of(1, ""));
  EXPECT_EQ(sink.deliveries[0].message->keys, (std::array{key, key}));
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

TEST_F(PipelineTest, StartOfARunThatGoesOnIsNotSaved) {
  Pipeline resumed{source,       router, {"t1", "t2"}, sink,    tracker,
                   Checkpoint{}, store,  health,       registry};
  source.commit(4);

  resumed.run({});

  EXPECT_TRUE(store.saved.empty());
}

TEST_F(PipelineTest, BigTransactionIsCommittedInParts) {
  source.commit(4);
  for (int row = 0; row < 1'100; ++row) source.insert(table_of("orders"), row_of(row, "a"));

  run();

  for (auto& delivery : sink.deliveries) delivery.ack.settle();
  const auto settled = tracker.take_settled();
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->position.offset, 4U);
  EXPECT_EQ(settled->through, 1'000U);
  EXPECT_EQ(settled->inside, (InsideTransaction{"0-1-42", 1'000}));
}

TEST_F(PipelineTest, RowsThatAnEarlierRunSettledAreLeftOut) {
  Checkpoint checkpoint;
  checkpoint.inside = InsideTransaction{"0-1-42", 2};
  AckTracker resumed_tracker(checkpoint);
  Pipeline resumed{source,     router, {"t1", "t2"}, sink,    resumed_tracker,
                   checkpoint, store,  health,       registry};
  source.commit(4);
  for (int row = 0; row < 3; ++row) source.insert(table_of("orders"), row_of(row, "a"));
  source.commit(5);
  source.insert(table_of("orders"), row_of(7, "a"));
  source.commit(6);

  resumed.run({});

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

TEST_F(PipelineTest, TransactionWithoutGtidIsKnownByItsFirstRow) {
  source.transaction.gtid.clear();
  Checkpoint checkpoint;
  checkpoint.inside = InsideTransaction{"1-mysql-bin~2e000001-1000-0", 2};
  AckTracker resumed_tracker(checkpoint);
  Pipeline resumed{source,     router, {"t1", "t2"}, sink,    resumed_tracker,
                   checkpoint, store,  health,       registry};
  for (int row = 0; row < 3; ++row) source.insert(table_of("orders"), row_of(row, "a"));

  resumed.run({});

  ASSERT_EQ(sink.deliveries.size(), 1U);
  EXPECT_EQ(sink.deliveries[0].message->id, "1-mysql-bin~2e000001-1000-2");
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
