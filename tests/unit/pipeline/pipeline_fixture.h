#pragma once

#include <deque>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "encode/body.h"
#include "pipeline/pipeline.h"

namespace pikachu::pipeline {

using change::Operation;
using change::Value;
using change::ValueKind;

inline std::shared_ptr<const change::TableSchema> table_of(std::string name, bool has_key = true) {
  auto table = std::make_shared<change::TableSchema>();
  table->database = "test_db";
  table->table = std::move(name);
  table->columns.resize(2);
  table->columns[0].name = "id";
  table->columns[1].name = "name";
  if (has_key) table->primary_key = {0};
  return table;
}

inline std::vector<Value> row_of(std::int64_t id, std::string_view name) {
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
    bool is_early = false;
    bool is_prepare = false;
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
  void prepare() { steps.push_back({std::nullopt, nullptr, {}, {}, 0, false, true}); }
  void commit_early(std::uint64_t offset) {
    steps.push_back({std::nullopt, nullptr, {}, {}, offset, true});
  }

  base::Result<SourceEvent> next(const std::stop_token& stop) override {
    before_.assign(2, Value::absent());
    after_.assign(2, Value::absent());
    if (stop.stop_requested()) return base::fail(base::ErrorCode::kCancelled, "stopped");
    if (steps.empty()) return base::fail(base::ErrorCode::kCorrupt, "the end of the test");
    auto step = std::move(steps.front());
    steps.pop_front();
    if (step.is_prepare) return Prepared{&through_};
    if (!step.row) {
      row_ = 0;
      Commit commit;
      commit.position.server = transaction.server;
      commit.position.offset = step.offset;
      commit.is_early = step.is_early;
      if (step.is_early) commit.through = through_;
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
  std::optional<std::uint64_t> through_;
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

  base::Result<void> forget_inside() override {
    if (full) return base::fail(base::ErrorCode::kUnavailable, "disk full");
    ++forgotten;
    return {};
  }

  std::vector<std::uint64_t> saved;
  int forgotten = 0;
  bool full = false;
};

class CollectingSink : public Sink {
 public:
  base::Result<void> submit(Delivery delivery, const std::stop_token&) override {
    if (full || deliveries.size() == most) {
      return base::fail(base::ErrorCode::kCancelled, "stopped while the queue was full");
    }
    deliveries.push_back(std::move(delivery));
    return {};
  }
  bool expects_again() override { return deliveries.size() < expected_again; }
  void close(std::chrono::milliseconds) override {}

  std::vector<Delivery> deliveries;
  std::size_t expected_again = 0;  ///< Until there are so many deliveries.
  bool full = false;
  std::size_t most = std::numeric_limits<std::size_t>::max();
};

inline route::TaskRoute task_of(std::string task_id, std::string_view pattern,
                                bool updates = true) {
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
  /// Another run, which goes on from `checkpoint`.
  base::Error run_from(const Checkpoint& checkpoint, AckTracker& resumed) {
    Pipeline next{source, router, {"t1", "t2"}, sink, resumed, checkpoint, store, health, registry};
    return next.run({});
  }
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

}  // namespace pikachu::pipeline
