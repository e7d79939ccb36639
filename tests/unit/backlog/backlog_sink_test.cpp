#include "backlog/backlog_sink.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "telemetry/logger.h"
#include "tests/unit/backlog/fakes.h"

namespace pikachu::backlog {
namespace {

using std::chrono::milliseconds;

/// What goes to standard error while this lives.
class CapturedLog {
 public:
  CapturedLog() { ::dup2(::fileno(file_.get()), STDERR_FILENO); }
  ~CapturedLog() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  std::string text() const {
    std::string text(1U << 16U, '\0');
    const auto size = ::pread(::fileno(file_.get()), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
  int times(std::string_view part) const {
    const auto all = text();
    int count = 0;
    for (auto at = all.find(part); at != std::string::npos; at = all.find(part, at + 1)) ++count;
    return count;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{std::tmpfile(), &std::fclose};
  int before_ = ::dup(STDERR_FILENO);
};

class BacklogSinkTest : public testing::Test {
 public:
  BacklogSinkTest(const BacklogSinkTest&) = delete;
  BacklogSinkTest& operator=(const BacklogSinkTest&) = delete;

 protected:
  BacklogSinkTest() {
    options.tasks = {{"t1"}, {"t2"}};
    options.hold_after = milliseconds(1);
  }
  ~BacklogSinkTest() override { sink.reset(); }

  void start(std::size_t capacity, const telemetry::Logger& logger = {}) {
    inner = std::make_unique<FakeSink>(2, capacity);
    sink = std::make_unique<BacklogSink>(options, *inner, store, logger, registry);
    ASSERT_TRUE(sink->start(0, 0));
  }
  base::Result<void> submit(const std::string& id, const std::stop_token& stop = {}) {
    auto [number, ack] = tracker.track();
    auto submitted = sink->submit({message_of(id), number, std::move(ack)}, stop);
    tracker.commit(at(number));
    return submitted;
  }
  // Waits until `holds`, without a pause of its own.
  template <typename Condition>
  static bool wait_until(Condition holds) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > patience) return false;
      std::this_thread::yield();
    }
    return true;
  }
  double value_of(std::string_view name) {
    for (const auto& family : registry.Collect()) {
      if (family.name != name) continue;
      const auto& metric = *std::find_if(
          family.metric.begin(), family.metric.end(), [](const prometheus::ClientMetric& each) {
            return each.label.empty() || each.label.at(0).value == "t1";
          });
      return family.type == prometheus::MetricType::Counter ? metric.counter.value
                                                            : metric.gauge.value;
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }

  BacklogOptions options;
  FakeStore store;
  telemetry::Registry registry;
  pipeline::AckTracker tracker;
  std::unique_ptr<FakeSink> inner;
  std::unique_ptr<BacklogSink> sink;
};

TEST_F(BacklogSinkTest, DeadEndpointHoldsNeitherTheReaderNorThePosition) {
  start(2);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(submit("a" + std::to_string(i)));

  EXPECT_TRUE(wait_until([&] { return tracker.unsettled() == 0; }));

  EXPECT_EQ(store.numbers().size(), 100U);
  EXPECT_TRUE(wait_until([&] { return value_of("pikachu_backlog_waiting_changes") == 100; }));
  EXPECT_EQ(value_of("pikachu_backlog_oldest_commit_seconds"), 1);
  EXPECT_EQ(sink->behind_changes(), 98U);
}

TEST_F(BacklogSinkTest, AllArrivesInOrderOnceTheEndpointWorksAgain) {
  start(8);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(submit("a" + std::to_string(i)));

  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(inner->wait_for_size(1));
    auto delivery = inner->take();
    ASSERT_EQ(delivery.message->id, "a" + std::to_string(i));
    delivery.ack.settle();
  }

  EXPECT_TRUE(wait_until([&] { return tracker.unsettled() == 0 && store.numbers().empty(); }));
}

TEST_F(BacklogSinkTest, WriteThatTakesLongHoldsUpNobodyUntilMemoryIsFull) {
  options.unwritten_changes = 10;
  start(1);
  std::latch entered{1};
  std::latch go_on{1};
  bool first = true;
  store.before_write = [&] {
    if (!std::exchange(first, false)) return;
    entered.count_down();
    go_on.wait();
  };
  ASSERT_TRUE(submit("first"));
  entered.wait();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(submit("a" + std::to_string(i)));

  std::jthread reader([&] { EXPECT_TRUE(submit("waits")); });
  EXPECT_TRUE(wait_until([&] { return value_of("pikachu_backlog_reader_blocked") == 1; }));
  go_on.count_down();
  reader.join();

  EXPECT_EQ(value_of("pikachu_backlog_reader_blocked"), 0);
  sink.reset();  // It writes once more, which looks at this test's variables.
}

TEST_F(BacklogSinkTest, StopEndsTheWaitForRoom) {
  options.unwritten_changes = 1;
  start(1);
  store.set_failing(true);
  ASSERT_TRUE(submit("a"));
  ASSERT_TRUE(submit("b"));
  std::stop_source stop;
  std::jthread reader([&] {
    const auto submitted = submit("c", stop.get_token());
    ASSERT_FALSE(submitted);
    EXPECT_EQ(submitted.error().code, base::ErrorCode::kCancelled);
  });
  EXPECT_TRUE(wait_until([&] { return value_of("pikachu_backlog_reader_blocked") == 1; }));
  stop.request_stop();
}

TEST_F(BacklogSinkTest, SaysWhatIsWrongWithTheDiskUntilItWorksAgain) {
  start(1);
  EXPECT_EQ(sink->problem(), "");
  store.set_failing(true);
  ASSERT_TRUE(submit("a"));
  EXPECT_TRUE(wait_until(
      [&] { return sink->problem() == "waiting changes can't be written to disk: disk full"; }));
  EXPECT_GE(value_of("pikachu_backlog_write_failures_total"), 1);

  store.set_failing(false);

  EXPECT_TRUE(wait_until([&] { return sink->problem().empty(); }));
}

TEST_F(BacklogSinkTest, NothingIsWrongOnceNothingHasToBeWritten) {
  start(1);
  store.set_failing(true);
  ASSERT_TRUE(submit("a"));
  ASSERT_TRUE(wait_until([&] { return !sink->problem().empty(); }));

  inner->settle();

  EXPECT_TRUE(wait_until([&] { return sink->problem().empty(); }));
}

TEST_F(BacklogSinkTest, SaysThatTheQuotaIsUsedUp) {
  options.max_bytes_per_task = 1;
  start(1);
  ASSERT_TRUE(submit("a"));
  ASSERT_TRUE(wait_until([&] { return tracker.unsettled() == 0; }));
  ASSERT_TRUE(submit("b"));
  std::jthread reader([&] { EXPECT_TRUE(submit("c")); });
  EXPECT_TRUE(wait_until(
      [&] { return sink->problem().find("task t1 take up 1 bytes") != std::string::npos; }));

  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(inner->wait_for_size(1));
    inner->settle();
  }
  reader.join();

  EXPECT_EQ(sink->problem(), "");
}

TEST_F(BacklogSinkTest, SaysOnceThatReadingStopsWhileAQuotaIsDrained) {
  options.max_bytes_per_task = 5 * message_of("a")->size();
  const CapturedLog log;
  start(1, telemetry::Logger::to_stderr({}));
  std::atomic<int> submitted = 0;
  std::jthread reader([&](const std::stop_token& stop) {
    while (submit("a", stop)) ++submitted;
  });

  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(wait_until([&] { return !sink->problem().empty(); }));
    const int before = submitted;
    // Mostly each that goes makes room for one that is read. But one that was handed over before it
    // was written, and is written then, is one too many.
    ASSERT_TRUE(wait_until([&] {
      if (inner->size() > 0) inner->settle();
      return submitted > before;
    }));
  }
  ASSERT_TRUE(wait_until([&] { return !sink->problem().empty(); }));
  reader.request_stop();
  reader.join();

  EXPECT_EQ(log.times("Reading stops"), 1) << log.text();
  EXPECT_EQ(log.times("Reading goes on"), 0) << log.text();
}

TEST_F(BacklogSinkTest, SaysThatReadingGoesOnOnceNoQuotaHeldItUpForAWhile) {
  options.max_bytes_per_task = 1;
  options.calm_after = milliseconds(1);
  const CapturedLog log;
  start(1, telemetry::Logger::to_stderr({}));
  ASSERT_TRUE(submit("a"));
  ASSERT_TRUE(submit("b"));
  std::jthread reader([&] { EXPECT_TRUE(submit("c")); });
  ASSERT_TRUE(wait_until([&] { return log.times("Reading stops") == 1; })) << log.text();

  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(inner->wait_for_size(1));
    inner->settle();
  }
  reader.join();

  EXPECT_TRUE(wait_until([&] { return log.times("Reading goes on") == 1; })) << log.text();
}

TEST_F(BacklogSinkTest, TellsOnceThatWhatWaitsHasBeenReadAgain) {
  const CapturedLog log;
  store.write(std::vector<pipeline::WaitingDelivery>{{1, message_of("a")}}, {});
  start(2, telemetry::Logger::to_stderr({}));
  EXPECT_EQ(log.times("to_be_read_again=1"), 1) << log.text();
  EXPECT_TRUE(sink->expects_again());

  ASSERT_TRUE(submit("a"));

  EXPECT_FALSE(sink->expects_again());
  EXPECT_FALSE(sink->expects_again());
  EXPECT_EQ(log.times("has been read again"), 1) << log.text();
}

TEST_F(BacklogSinkTest, TellsThatWhatWaitsIsNotReadAgain) {
  const CapturedLog log;
  store.write(std::vector<pipeline::WaitingDelivery>{{1, message_of("a")}}, {});
  options.expect_again_for = milliseconds(0);
  start(2, telemetry::Logger::to_stderr({}));

  EXPECT_FALSE(sink->expects_again());

  EXPECT_EQ(log.times("is not read again"), 1) << log.text();
}

TEST_F(BacklogSinkTest, CloseKeepsWhatWasNotDelivered) {
  options.hold_after = std::chrono::hours(1);
  start(2);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(submit("a" + std::to_string(i)));
  EXPECT_EQ(tracker.unsettled(), 5U);

  sink->close(milliseconds(0));

  EXPECT_EQ(tracker.unsettled(), 0U);
  EXPECT_EQ(store.numbers().size(), 5U);
}

TEST_F(BacklogSinkTest, WhatSettlesWithinTheGraceIsNotKept) {
  options.hold_after = std::chrono::hours(1);
  start(2);
  ASSERT_TRUE(submit("a"));
  inner->at_close = [&] { inner->settle(); };

  sink->close(milliseconds(0));

  EXPECT_EQ(tracker.unsettled(), 0U);
  EXPECT_EQ(store.numbers().size(), 0U);
}

}  // namespace
}  // namespace pikachu::backlog
