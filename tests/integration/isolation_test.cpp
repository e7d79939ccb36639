#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

/// One of two endpoints hangs for ever.
class Isolation : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = ServerProcess::start("mariadb-10.11");
    if (is_missing(server)) GTEST_SKIP() << "mariadb-10.11: " << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    const auto made = server_->execute(
        std::vector<std::string>{"CREATE DATABASE test_db", "USE test_db",
                                 "CREATE TABLE test_db.users (id INT PRIMARY KEY AUTO_INCREMENT, "
                                 "name CHAR(100))"});
    ASSERT_TRUE(made) << made.error().message;
  }

  void start(const std::string& limits) {
    const auto port = free_port();
    pikachu_.emplace(config_text(*server_, port,
                                 {{"live", "users", receiver_.url("/live"), ""},
                                  {"hung", "users", receiver_.url("/hung"), ""}},
                                 limits));
    pikachu_->start();
    ASSERT_TRUE(pikachu_->wait_for_status(port, "/health/ready", 200)) << pikachu_->log();
  }

  /// Commits `count` rows in one statement; returns how long the live endpoint took to get them
  /// all.
  std::chrono::duration<double> deliver(std::size_t count) {
    const auto before = receiver_.count("/live");
    const auto begin = std::chrono::steady_clock::now();
    const auto done = server_->execute("INSERT INTO users (name) SELECT 'x' FROM seq_1_to_" +
                                       std::to_string(count));
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_TRUE(receiver_.wait_for_count("/live", before + count, kPatience)) << pikachu_->log();
    return std::chrono::steady_clock::now() - begin;
  }

  void hang() {
    ReceiverAnswer nothing;
    nothing.action = ReceiverAnswer::Action::kHang;
    receiver_.answer("/hung", nothing);
  }
  /// Both endpoints answer again; waits until this one has got `count` rows in all.
  void recover(std::size_t count) {
    receiver_.answer("/hung", ReceiverAnswer{});
    receiver_.release("/hung");
    EXPECT_TRUE(receiver_.wait_for_count("/hung", count, kPatience)) << pikachu_->log();
  }

  std::unique_ptr<ServerProcess> server_;
  WebhookReceiver receiver_;
  std::optional<PikachuProcess> pikachu_;
};

TEST_F(Isolation, HangingEndpointDoesNotSlowTheOther) {
  start("");
  deliver(200);  // connections are open, everything is warm
  recover(200);
  // In turn, because what else runs on the machine comes and goes.
  auto healthy = std::chrono::duration<double>::max();
  auto beside_a_hung_one = healthy;
  for (int i = 0; i < 3; ++i) {
    receiver_.clear();
    healthy = std::min(healthy, deliver(3'000));
    recover(3'000);
    receiver_.clear();
    hang();
    deliver(100);
    beside_a_hung_one = std::min(beside_a_hung_one, deliver(3'000));
    recover(3'100);
  }

  // It has half the work now; far below twice the time is "undiminished" on a busy machine.
  EXPECT_LT(beside_a_hung_one.count(), 2 * healthy.count() + 0.2);
}

TEST_F(Isolation, FullQueueOfAHungTaskHoldsUpNobodyAndNothingIsLost) {
  start("limits:\n  queue_changes: 500\n");
  hang();

  deliver(2'000);

  recover(2'000);
}

}  // namespace
}  // namespace pikachu::test
