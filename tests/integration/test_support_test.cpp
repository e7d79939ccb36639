// The instruments themselves: what they say about pikachu is worth no more than they are.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/child_process.h"
#include "tests/support/pikachu_process.h"
#include "tests/support/receiver.h"
#include "tests/support/server_process.h"

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

class ServerProcessOfKind : public testing::TestWithParam<std::string> {};

TEST_P(ServerProcessOfKind, KeepsItsDataOverAKillAndAStop) {
  auto server = ServerProcess::start(GetParam());
  if (!server && server.error().code == base::ErrorCode::kUnavailable) {
    GTEST_SKIP() << server.error().message;
  }
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

INSTANTIATE_TEST_SUITE_P(EveryKind, ServerProcessOfKind,
                         testing::Values("mariadb-10.11", "mariadb-11.8", "mysql-5.6", "mysql-9.7"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           for (char& c : name) {
                             if (c == '-' || c == '.') c = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace pikachu::test
