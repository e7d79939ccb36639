// Binlog streams from real servers: where they begin, what they bring, how they end.

#include <chrono>
#include <future>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "mysql/stream_opener.h"
#include "tests/support/server_process.h"
#include "tests/support/shortest_of_three.h"

namespace pikachu::mysql {
namespace {

using base::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test::ServerProcess;

constexpr std::size_t kHeaderSize = 19;
constexpr std::size_t kTypeOffset = 4;
constexpr std::uint8_t kHeartbeat = 27;

ConnectionOptions options_for(const ServerProcess& server) {
  ConnectionOptions options;
  options.host = server.host();
  options.port = server.port();
  options.user = server.user();
  options.password = server.password();
  options.server_id = 4711;
  options.instance = "adapter";
  return options;
}

struct Opened {
  ConnectionOptions options;
  std::optional<change::Position> resume;
  source::StartFrom from = source::Latest{};

  base::Result<source::OpenedStream> operator()(const std::stop_token& stop = {}) const {
    BinlogStreamOpener opener(options, telemetry::Logger());
    return opener.open(resume, from, stop);
  }
};

bool is_rows_event(std::uint8_t type) {
  return (type >= 23 && type <= 25) || (type >= 30 && type <= 32);
}

// Reads until a rows event whose bytes contain `text`; what rows came before it is added to
// `passed`.
testing::AssertionResult read_until_row(source::EventStream& stream, std::string_view text,
                                        int* passed = nullptr) {
  const auto deadline = steady_clock::now() + seconds(30);
  while (steady_clock::now() < deadline) {
    const auto event = stream.next({});
    if (!event) return testing::AssertionFailure() << event.error().message;
    if (event->size() < kHeaderSize || !is_rows_event((*event)[kTypeOffset])) continue;
    const std::string_view bytes(reinterpret_cast<const char*>(event->data()), event->size());
    if (bytes.find(text) != std::string_view::npos) return testing::AssertionSuccess();
    if (passed != nullptr) ++*passed;
  }
  return testing::AssertionFailure() << "no row with '" << text << "' within 30 s";
}

// Reads until the stream fails.
base::Error read_to_failure(source::EventStream& stream, const std::stop_token& stop = {}) {
  const auto deadline = steady_clock::now() + seconds(30);
  while (steady_clock::now() < deadline) {
    const auto event = stream.next(stop);
    if (!event) return event.error();
  }
  return {ErrorCode::kCorrupt, "the stream did not fail within 30 s"};
}

class StreamFrom : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    auto server = test::shared_server(GetParam());
    if (test::is_missing(server)) GTEST_SKIP() << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = *server;
    open_.options = options_for(*server_);
    run({"CREATE DATABASE IF NOT EXISTS d", "DROP TABLE IF EXISTS d.t",
         "CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(50))"});
  }

  void run(const std::vector<std::string>& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }
  void insert(const std::string& text) { run({"INSERT INTO d.t (v) VALUES ('" + text + "')"}); }
  bool writes_gtids() const { return GetParam() != "mysql-5.6"; }

  ServerProcess* server_ = nullptr;
  Opened open_;
};

TEST_P(StreamFrom, LatestSeesWhatIsCommittedAfterwards) {
  insert("before");
  auto stream = open_();
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_FALSE(stream->start.file.empty());
  EXPECT_GT(stream->start.offset, 4U);
  EXPECT_EQ(stream->start.gtids.empty(), !writes_gtids());
  EXPECT_TRUE(stream->checksum_negotiated);
  insert("afterwards");

  int passed = 0;
  EXPECT_TRUE(read_until_row(*stream->events, "afterwards", &passed));
  EXPECT_EQ(passed, 0);
}

TEST_P(StreamFrom, EarliestSeesEverything) {
  run({GetParam() == "mysql-9.7" ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER"});
  insert("first");
  run({"FLUSH BINARY LOGS"});
  insert("second");
  open_.from = source::Earliest{};
  auto stream = open_();
  ASSERT_TRUE(stream) << stream.error().message;

  EXPECT_TRUE(stream->start.gtids.empty()) << stream->start.gtids.to_string();
  EXPECT_EQ(stream->start.offset, 4U);
  EXPECT_TRUE(read_until_row(*stream->events, "first"));
  EXPECT_TRUE(read_until_row(*stream->events, "second"));
}

TEST_P(StreamFrom, ResumesBehindItsPosition) {
  auto before = open_();
  ASSERT_TRUE(before) << before.error().message;
  insert("one");
  auto between = open_();
  ASSERT_TRUE(between) << between.error().message;
  insert("two");

  open_.resume = between->start;
  auto stream = open_();
  ASSERT_TRUE(stream) << stream.error().message;
  int passed = 0;
  EXPECT_EQ(stream->by_gtid, writes_gtids());
  EXPECT_EQ(stream->start, between->start);
  EXPECT_TRUE(read_until_row(*stream->events, "two", &passed));
  EXPECT_EQ(passed, 0);

  open_.resume->gtids = change::GtidSet(open_.resume->flavor);
  auto by_file = open_();
  ASSERT_TRUE(by_file) << by_file.error().message;
  EXPECT_FALSE(by_file->by_gtid);
  EXPECT_EQ(by_file->start.gtids, between->start.gtids) << "GTIDs before a file's offset";
  EXPECT_TRUE(read_until_row(*by_file->events, "two", &passed));
  EXPECT_EQ(passed, 0);
}

TEST_P(StreamFrom, GtidsOfTheConfigurationBeginBehindThem) {
  auto here = open_();
  ASSERT_TRUE(here) << here.error().message;
  insert("next");
  open_.from = source::AtGtid{here->start.gtids.to_string()};
  auto stream = open_();

  if (!writes_gtids()) {
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().code, ErrorCode::kInvalid);
    EXPECT_NE(stream.error().message.find("gtid_mode"), std::string::npos);
    return;
  }
  ASSERT_TRUE(stream) << stream.error().message;
  int passed = 0;
  EXPECT_TRUE(read_until_row(*stream->events, "next", &passed));
  EXPECT_EQ(passed, 0);
}

TEST_P(StreamFrom, ATimeBeginsAtTheFileOfThatTime) {
  run({"FLUSH BINARY LOGS"});
  auto begun = open_();
  ASSERT_TRUE(begun) << begun.error().message;
  insert("timed");
  const auto now = std::stoll(server_->value("SELECT UNIX_TIMESTAMP()"));
  // The next file begins a second later at least.
  run({"DO SLEEP(1.1)", "FLUSH BINARY LOGS", "FLUSH BINARY LOGS"});

  open_.from = source::AtTime{now};
  auto stream = open_();
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ(stream->start.file, begun->start.file);
  EXPECT_EQ(stream->start.offset, 4U);
  EXPECT_EQ(stream->skip_before_unix_seconds, now);
  EXPECT_TRUE(read_until_row(*stream->events, "timed"));

  open_.from = source::AtTime{1};
  auto oldest = open_();
  ASSERT_TRUE(oldest) << oldest.error().message;
  EXPECT_LT(oldest->start.file, begun->start.file);
}

TEST_P(StreamFrom, IsListedAmongTheReplicas) {
  auto stream = open_();
  ASSERT_TRUE(stream) << stream.error().message;
  const auto listed =
      server_->query(GetParam() == "mysql-9.7" ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS");

  ASSERT_TRUE(listed) << listed.error().message;
  const std::string host = GetParam() == "mysql-5.6" ? "pikachu-adapter" : "pikachu";
  bool found = false;
  for (const auto& row : *listed) found = found || (row[0] == "4711" && row[1] == host);
  EXPECT_TRUE(found);
}

TEST_P(StreamFrom, HeartbeatsComeWhileNothingHappens) {
  open_.options.heartbeat = seconds(1);
  auto stream = open_();
  ASSERT_TRUE(stream) << stream.error().message;
  int heartbeats = 0;
  while (heartbeats < 3) {
    const auto event = stream->events->next({});
    ASSERT_TRUE(event) << event.error().message;
    if ((*event)[kTypeOffset] == kHeartbeat) ++heartbeats;
  }
}

TEST_P(StreamFrom, StopEndsABlockedRead) {
  open_.options.heartbeat = seconds(2);
  // What is only noticed when the next heartbeat comes takes the 2 s.
  constexpr milliseconds kLimit{1'500};
  for (const TlsMode mode : {TlsMode::kDisabled, TlsMode::kPreferred}) {
    open_.options.tls.mode = mode;
    const auto took = test::shortest_of_three(kLimit, [&]() -> steady_clock::duration {
      auto stream = open_();
      EXPECT_TRUE(stream) << stream.error().message;
      if (!stream) return kLimit;
      std::stop_source stop;
      // Set by a heartbeat: there is nothing to read, so the next read blocks.
      std::promise<void> idle;
      auto reading = std::async(std::launch::async, [&] {
        const auto type = [](const auto& event) { return (*event)[kTypeOffset]; };
        auto event = stream->events->next(stop.get_token());
        while (event && type(event) != kHeartbeat) event = stream->events->next(stop.get_token());
        idle.set_value();
        return event ? read_to_failure(*stream->events, stop.get_token()) : event.error();
      });
      EXPECT_EQ(idle.get_future().wait_for(seconds(30)), std::future_status::ready);
      const auto asked = steady_clock::now();
      stop.request_stop();

      EXPECT_EQ(reading.get().code, ErrorCode::kCancelled);
      return steady_clock::now() - asked;
    });

    EXPECT_LT(took, kLimit);
  }
}

TEST_P(StreamFrom, AnEventBeyondSixteenMegabytesArrivesWhole) {
  run({"CREATE TABLE IF NOT EXISTS d.big (id INT PRIMARY KEY, v LONGBLOB)", "DELETE FROM d.big"});
  for (const TlsMode mode : {TlsMode::kDisabled, TlsMode::kPreferred}) {
    open_.options.tls.mode = mode;
    auto stream = open_();
    ASSERT_TRUE(stream) << stream.error().message;
    // 5.6 refuses a value above a tenth of its redo log.
    const bool small = GetParam() == "mysql-5.6";
    run({"DELETE FROM d.big", std::string("INSERT INTO d.big VALUES (1, CONCAT(REPEAT('x', ") +
                                  (small ? "2000000" : "17000000") + "), 'the end'))"});
    EXPECT_TRUE(read_until_row(*stream->events, "the end"));
  }
}

TEST_P(StreamFrom, ALostServerIsUnavailable) {
  auto server = ServerProcess::start(GetParam());
  ASSERT_TRUE(server) << server.error().message;
  open_.options = options_for(**server);
  auto stream = open_();
  ASSERT_TRUE(stream) << stream.error().message;
  (*server)->kill();

  EXPECT_EQ(read_to_failure(*stream->events).code, ErrorCode::kUnavailable);
  const auto again = stream->events->next({});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kUnavailable);
  const auto reopened = open_();
  ASSERT_FALSE(reopened);
  EXPECT_EQ(reopened.error().code, ErrorCode::kUnavailable);
}

INSTANTIATE_TEST_SUITE_P(EveryKind, StreamFrom, testing::ValuesIn(test::kServerKinds),
                         [](const auto& kind) { return test::test_name(kind.param); });

}  // namespace
}  // namespace pikachu::mysql
