#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

constexpr int kTransactions = 10'000;
constexpr int kKeys = 100;
const std::vector<std::string> kOptions{"--innodb-flush-log-at-trx-commit=2"};

/// 10,000 transactions on a real server while something dies, and what must hold afterwards.
class Recovery : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    // Each commit reaches the kernel, so that a killed server has neither lost rows that are in its
    // binlog nor the other way round.
    auto server = ServerProcess::start(GetParam(), kOptions);
    if (is_missing(server)) GTEST_SKIP() << GetParam() << ": " << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    ASSERT_TRUE(server_->execute(std::vector<std::string>{
        "CREATE DATABASE test_db", "CREATE TABLE test_db.counters (id INT PRIMARY KEY, n INT)"}));
    for (int key = 0; key < kKeys; ++key) {
      ASSERT_TRUE(
          server_->execute("INSERT INTO test_db.counters VALUES (" + std::to_string(key) + ", 0)"));
    }
    admin_port_ = free_port();
    pikachu_.emplace(
        config_text(*server_, admin_port_, {{"t1", "counters", receiver_.url("/hook"), ""}}));
    start_pikachu();
  }

  void start_pikachu() {
    pikachu_->start();
    ASSERT_TRUE(pikachu_->wait_for_status(admin_port_, "/health/ready", 200)) << pikachu_->log();
  }

  /// Transactions [first, last): each counts up one key's n by one.
  void write(int first, int last) {
    std::vector<std::string> statements;
    for (int i = first; i < last; ++i) {
      statements.push_back("UPDATE test_db.counters SET n = n + 1 WHERE id = " +
                           std::to_string(i * 7919 % kKeys));
    }
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

  /// Waits until all has arrived, and checks order, ids and bytes.
  void expect_all() {
    std::set<std::string> ids;
    std::size_t looked_at = 0;
    ASSERT_TRUE(receiver_.wait_for(
        [&](const auto& requests) {
          for (; looked_at < requests.size(); ++looked_at) {
            ids.insert(requests[looked_at].header("webhook-id"));
          }
          return ids.size() >= kTransactions;
        },
        std::chrono::minutes(3)))
        << first_arrivals(receiver_.requests()).size() << "\n"
        << pikachu_->log();
    std::map<int, int> last;
    for (const auto& body : first_arrivals(receiver_.requests())) {
      const int key = body["primary_id"].get<int>();
      ASSERT_EQ(body["new_data"]["n"].get<int>(), last[key] + 1) << "key " << key;
      ++last[key];
    }
    for (const auto& [key, n] : last) EXPECT_EQ(n, kTransactions / kKeys) << "key " << key;
    EXPECT_TRUE(ids_with_differing_bodies(receiver_.requests()).empty());
  }

  std::unique_ptr<ServerProcess> server_;
  WebhookReceiver receiver_;
  std::uint16_t admin_port_ = 0;
  std::optional<PikachuProcess> pikachu_;
};

TEST_P(Recovery, KilledPikachuDeliversEveryChangeInOrderAfterItsRestart) {
  std::jthread writer([this] { write(0, kTransactions); });
  for (const std::size_t progress : {1'000U, 4'000U, 7'000U}) {
    ASSERT_TRUE(receiver_.wait_for_count("/hook", progress, kPatience)) << pikachu_->log();
    pikachu_->kill();
    start_pikachu();
  }
  writer.join();

  expect_all();
}

TEST_P(Recovery, KilledBeforeTheFirstCheckpointItBeginsWhereItBegan) {
  ASSERT_EQ(pikachu_->terminate(), 0);
  pikachu_.emplace(config_text(*server_, admin_port_,
                               {{"t1", "counters", receiver_.url("/hook"), ""}}, "",
                               "  checkpoint_interval: 1m\n"));
  start_pikachu();
  write(0, kTransactions / 2);
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 100, kPatience)) << pikachu_->log();
  pikachu_->kill();
  write(kTransactions / 2, kTransactions);

  start_pikachu();

  expect_all();
}

TEST_P(Recovery, RestartedServerIsGoneOnWith) {
  write(0, kTransactions / 2);
  server_->kill();
  const auto started = server_->start_again(kOptions);
  ASSERT_TRUE(started) << started.error().message;
  write(kTransactions / 2, kTransactions);

  expect_all();
}

TEST_P(Recovery, ReceiverThatFailsForAWhileGetsEverythingInOrder) {
  int arrivals = 0;
  receiver_.answer("/hook", [arrivals](const ReceivedRequest&) mutable {
    ++arrivals;
    ReceiverAnswer answer;
    if (arrivals > 1'000 && arrivals <= 1'030) answer.status = 500;
    return answer;
  });

  write(0, kTransactions);

  ASSERT_TRUE(receiver_.wait_for_count("/hook", kTransactions + 30, std::chrono::minutes(3)))
      << pikachu_->log();
  expect_all();
}

std::vector<std::string_view> kinds_for_recovery() {
  return {"mariadb-10.11", "mysql-9.7", "mysql-5.6"};
}

INSTANTIATE_TEST_SUITE_P(Servers, Recovery, ::testing::ValuesIn(kinds_for_recovery()),
                         [](const auto& kind) { return test_name(kind.param); });

}  // namespace
}  // namespace pikachu::test
