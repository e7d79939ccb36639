// The instruments themselves: what they say about pikachu is worth no more than they are.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/arrival_log.h"
#include "tests/support/child_process.h"
#include "tests/support/pikachu_process.h"
#include "tests/support/receiver.h"
#include "tests/support/server_process.h"
#include "tests/support/shortest_of_three.h"

namespace pikachu::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ChildProcess, ReportsOutputErrorsAndStatus) {
  ChildProcess process({{"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, "", {}});

  EXPECT_TRUE(process.wait_for_errors("err", seconds(10)));
  EXPECT_EQ(process.wait(seconds(10)), 3);
  EXPECT_FALSE(process.wait_for_errors("never written", seconds(10)));
  EXPECT_TRUE(process.wait_for_end_of_output(seconds(10)));
  EXPECT_EQ(process.output(), "out\n");
}

TEST(ChildProcess, TellsTheSignalThatKilledIt) {
  ChildProcess process({{"/bin/sh", "-c", "kill -9 $$"}, "", {}});

  EXPECT_EQ(process.wait(seconds(10)), -9);
}

TEST(ShortestOfThree, MeasuresAgainOnlyWhatIsNotBelowTheLimit) {
  const auto measured = [](std::vector<int> seconds_taken) {
    std::size_t next = 0;
    const auto shortest =
        shortest_of_three(seconds(5), [&] { return seconds(seconds_taken.at(next++)); });
    return std::pair(shortest, next);
  };

  EXPECT_EQ(measured({4, 1, 1}), std::pair(seconds(4), std::size_t{1}));
  EXPECT_EQ(measured({5, 4, 1}), std::pair(seconds(4), std::size_t{2}));
  EXPECT_EQ(measured({9, 6, 7, 1}), std::pair(seconds(6), std::size_t{3}));
}

TEST(WebhookReceiver, KeepsWhatArrivesOnOneConnection) {
  WebhookReceiver receiver;
  receiver.answer_next("/hook", {ReceiverAnswer{503}});

  ChildProcess curl({{"/usr/bin/curl", "-s", "-w", "%{http_code} ", "-d", "{\"a\":1}", "-H",
                      "X-Test: yes", receiver.url("/hook"), receiver.url("/hook")},
                     "",
                     {}});

  ASSERT_TRUE(receiver.wait_for_count("/hook", 2, seconds(10)));
  ASSERT_EQ(curl.wait(seconds(10)), 0);
  const auto requests = receiver.requests("/hook");
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].body, "{\"a\":1}");
  EXPECT_EQ(requests[0].header("x-test"), "yes");
  EXPECT_EQ(requests[0].connection, requests[1].connection);
  EXPECT_TRUE(curl.wait_for_end_of_output(seconds(10)));
  EXPECT_EQ(curl.output(), "503 200 ");
}

TEST(WebhookReceiver, TakesALargeBodyThatAsksFirst) {
  WebhookReceiver receiver;
  const TemporaryDirectory directory;
  const std::string body(3'000'000, 'x');
  const std::string path = directory.write("body", body);

  for (const std::string encoding : {"Content-Type: text/plain", "Transfer-Encoding: chunked"}) {
    ChildProcess curl({{"/usr/bin/curl", "-s", "--data-binary", "@" + path, "-H", encoding, "-H",
                        "Expect: 100-continue", receiver.url("/large")},
                       "",
                       {}});
    EXPECT_EQ(curl.wait(seconds(20)), 0);
  }

  ASSERT_EQ(receiver.count("/large"), 2U);
  EXPECT_TRUE(receiver.requests("/large")[0].body == body);
  EXPECT_TRUE(receiver.requests("/large")[1].body == body);
}

TEST(WebhookReceiver, AHangingPathDoesNotKeepOthersWaiting) {
  WebhookReceiver receiver;
  ReceiverAnswer hang;
  hang.action = ReceiverAnswer::Action::kHang;
  receiver.answer("/slow", hang);

  ChildProcess slow({{"/usr/bin/curl", "-s", "-f", receiver.url("/slow")}, "", {}});
  ASSERT_TRUE(receiver.wait_for_count("/slow", 1, seconds(10)));
  ChildProcess quick({{"/usr/bin/curl", "-s", "-f", receiver.url("/quick")}, "", {}});
  EXPECT_EQ(quick.wait(seconds(10)), 0);
  EXPECT_FALSE(slow.wait(milliseconds(0)));
  EXPECT_EQ(receiver.hanging("/slow"), 1U);

  receiver.release("/slow");
  EXPECT_EQ(slow.wait(seconds(10)), 0);
}

TEST(WebhookReceiver, RefusesConnectionsWhileItIsDown) {
  WebhookReceiver receiver;
  const std::vector<std::string> curl = {"/usr/bin/curl", "-s", receiver.url("/")};

  receiver.go_down();
  ChildProcess refused({curl, "", {}});
  EXPECT_EQ(refused.wait(seconds(10)), 7);

  receiver.come_back();
  ChildProcess taken({curl, "", {}});
  EXPECT_EQ(taken.wait(seconds(10)), 0);
}

/// The update of row 1 that counts n up to `n`, as run `run` sends it.
ReceivedRequest counted_update(int n, int run, std::string_view pad = "") {
  const std::string before = std::to_string(n - 1);
  const std::string after = std::to_string(n);
  ReceivedRequest request;
  request.headers = {{"pikachu-task", "t"},
                     {"webhook-id", "id-" + after},
                     {"pikachu-attempt", "1"},
                     {"x-run", std::to_string(run)}};
  request.body = R"({"event":"update","table":"t","old_data":{"id":1,"n":)" + before +
                 R"(},"new_data":{"id":1,"n":)" + after + R"(,"pad":")" + std::string(pad) +
                 R"("}})";
  return request;
}

TEST(ArrivalLog, KeepsFirstArrivalsInTheirOrder) {
  ArrivalLog log;
  const auto now = std::chrono::steady_clock::now();

  for (const int n : {2, 4, 3, 2}) log.take(counted_update(n, 0), now);

  EXPECT_EQ(log.first_arrivals(), (CountedHistory{{{"t", 1}, {{1, 2}, {3, 4}, {2, 3}}}}));
  EXPECT_EQ(log.counts().changes, 3U);
}

TEST(ArrivalLog, TellsARowWhoseLastArrivalIsAnOldOne) {
  ArrivalLog log;
  const auto now = std::chrono::steady_clock::now();

  for (const int n : {2, 3, 2}) log.take(counted_update(n, 0), now);
  EXPECT_EQ(log.stale_rows(), std::vector<std::string>{"t 1"});
  log.take(counted_update(3, 0), now);

  EXPECT_TRUE(log.stale_rows().empty());
}

TEST(ArrivalLog, BlamesTheEndOfTheRunThatAccepted) {
  ArrivalLog log;
  const auto now = std::chrono::steady_clock::now();
  log.take(counted_update(2, 0), now - seconds(3));
  log.take(counted_update(3, 0), now - seconds(1));
  log.run_ended(now, seconds(2));

  log.take(counted_update(3, 1), now);
  EXPECT_TRUE(log.problems().empty());
  log.take(counted_update(2, 1), now);

  EXPECT_EQ(log.problems().size(), 1U);
  EXPECT_EQ(log.run_ends().front().repeated, 2U);
  EXPECT_EQ(log.run_ends().front().oldest, seconds(3));
}

// Two copies of a change wait on disk where an older one of its row had to be sent again.
TEST(ArrivalLog, LetsChangesFollowAnOlderOneOfTheirRow) {
  ArrivalLog log;
  const auto now = std::chrono::steady_clock::now();
  log.take(counted_update(2, 0), now);
  log.run_ended(now, seconds(2));
  log.take(counted_update(3, 1), now);
  log.run_ended(now + seconds(9), seconds(2));

  log.take(counted_update(2, 2), now + seconds(9));
  log.take(counted_update(3, 2), now + seconds(9));
  EXPECT_TRUE(log.problems().empty());
  EXPECT_EQ(log.counts().followed, 1U);
  log.run_ended(now + seconds(18), seconds(2));
  log.take(counted_update(3, 3), now + seconds(18));

  EXPECT_EQ(log.problems().size(), 1U);
}

TEST(ArrivalLog, CountsWhatTheSameRunTriesAgainAndSendsAnew) {
  ArrivalLog log;
  const auto now = std::chrono::steady_clock::now();
  log.take(counted_update(2, 0), now);
  auto retry = counted_update(2, 0);
  retry.headers["pikachu-attempt"] = "2";

  log.take(retry, now);
  log.take(counted_update(2, 0), now);

  EXPECT_EQ(log.counts().answers_lost, 1U);
  EXPECT_EQ(log.counts().sent_anew, 1U);
  EXPECT_TRUE(log.problems().empty());
}

TEST(ArrivalLog, TellsOtherBytesOfTheSameChange) {
  ArrivalLog log;
  log.take(counted_update(2, 0), std::nullopt);
  EXPECT_TRUE(log.problems().empty());

  log.take(counted_update(2, 0, "other"), std::nullopt);

  EXPECT_EQ(log.problems().size(), 1U);
}

class ServerProcessOfKind : public testing::TestWithParam<std::string_view> {};

TEST_P(ServerProcessOfKind, KeepsItsDataOverAKillAndAStop) {
  auto server = ServerProcess::start(GetParam());
  if (is_missing(server)) GTEST_SKIP() << server.error().message;
  ASSERT_TRUE(server) << server.error().message;
  ServerProcess& mysqld = **server;
  const auto created = mysqld.execute(
      {"CREATE DATABASE d", "CREATE TABLE d.t (i INT PRIMARY KEY)", "INSERT INTO d.t VALUES (42)"});
  ASSERT_TRUE(created) << created.error().message;
  const auto port = mysqld.port();

  // Flushed, because the script's servers trade durability for speed.
  ASSERT_TRUE(mysqld.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1"));
  ASSERT_TRUE(mysqld.execute("INSERT INTO d.t VALUES (43)"));
  mysqld.kill();
  ASSERT_TRUE(mysqld.start_again());
  EXPECT_EQ(mysqld.value("SELECT COUNT(*) FROM d.t"), "2");
  ASSERT_TRUE(mysqld.stop());
  const auto again = mysqld.start_again({"--max-connections=77"});
  ASSERT_TRUE(again) << again.error().message;

  EXPECT_EQ(mysqld.value("SELECT COUNT(*) FROM d.t"), "2");
  EXPECT_EQ(mysqld.value("SELECT @@max_connections"), "77");
  EXPECT_EQ(mysqld.port(), port);
}

INSTANTIATE_TEST_SUITE_P(EveryKind, ServerProcessOfKind, testing::ValuesIn(kServerKinds),
                         [](const auto& kind) { return test_name(kind.param); });

}  // namespace
}  // namespace pikachu::test
