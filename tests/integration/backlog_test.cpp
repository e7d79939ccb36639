// An endpoint that is dead for long: whom it must not delay, what must not grow, and what must
// arrive.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "tests/integration/backlog_scenario.h"

namespace pikachu::test {
namespace {

using std::chrono::milliseconds;

class DeadEndpoint : public BacklogOnDisk {
 protected:
  /// As count_up(), with a change for the other task behind each statement; returns the p99 of the
  /// time from the commit of that to its arrival.
  milliseconds latency_behind(std::size_t statements) {
    std::vector<milliseconds> latencies;
    for (std::size_t i = 0; i < statements; ++i) {
      const auto before = receiver_.count("/probe");
      execute({"USE test_db", "UPDATE bulk SET n = n + 1", "INSERT INTO probe (n) VALUES (1)"});
      const auto committed = std::chrono::steady_clock::now();
      EXPECT_TRUE(receiver_.wait_for_count("/probe", before + 1, kPatience)) << pikachu_->log();
      latencies.push_back(
          std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - committed));
      if (i % 100 == 99) receiver_.clear();
    }
    std::sort(latencies.begin(), latencies.end());
    const auto p99 = latencies[latencies.size() * 99 / 100];
    std::cout << latencies.size() << " changes of the other task: median "
              << latencies[latencies.size() / 2].count() << " ms, p99 " << p99.count() << " ms\n";
    return p99;
  }
};

TEST_F(DeadEndpoint, DelaysNobodyAndLosesNothing) {
  const auto changes = size_of_run("PIKACHU_BACKLOG_CHANGES", 50'000);
  const auto statements = changes / kRowsOfAStatement;
  execute({"USE test_db", "INSERT INTO bulk (id, n) SELECT seq, 1 FROM seq_1_to_" +
                              std::to_string(kRowsOfAStatement)});
  constexpr std::size_t kHealthyStatements = 34;
  auto healthy = milliseconds::max();
  auto beside_a_dead_one = milliseconds::max();
  const auto limit = [&] { return 2 * healthy + milliseconds(10); };
  std::size_t before = kRowsOfAStatement;
  // Another two times where it was too slow, for a pause of the machine must not count as a delay.
  for (int round = 0;; ++round) {
    for (int i = 0; i < 3; ++i) {
      healthy = std::min(healthy, latency_behind(kHealthyStatements));
      before += kHealthyStatements * kRowsOfAStatement;
    }
    ASSERT_TRUE(wait_for_bulk(before)) << bulk_.changes() << "\n" << pikachu_->log();
    dead_ = true;
    beside_a_dead_one = std::min(beside_a_dead_one, latency_behind(statements / 2));
    if (round == 2 || beside_a_dead_one <= limit()) break;
    dead_ = false;
    before += statements / 2 * kRowsOfAStatement;
    ASSERT_TRUE(wait_for_bulk(before)) << bulk_.changes() << "\n" << pikachu_->log();
    ASSERT_TRUE(wait_until([&] { return waiting() == 0; }, kPatience)) << waiting();
  }
  kill();
  start();
  count_up(statements - statements / 2);
  const auto all = statements * kRowsOfAStatement;
  ASSERT_TRUE(wait_until([&] { return waiting() >= all; }, kPatience)) << waiting() << "\n"
                                                                       << pikachu_->log();
  EXPECT_EQ(health()["status"], "UP");

  EXPECT_LE(beside_a_dead_one.count(), limit().count());
  // From here on the server has none of them any more.
  execute({"USE test_db", "INSERT INTO probe (n) VALUES (1)"});
  ASSERT_TRUE(receiver_.wait_for_count("/probe", 1, kPatience));
  ASSERT_TRUE(wait_until(
      [&] {
        const auto metrics = http_get(port_, "/metrics");
        return metrics &&
               metrics->body.find("pikachu_checkpoint_age_seconds 0\n") != std::string::npos;
      },
      kPatience));
  execute({"FLUSH BINARY LOGS"});
  ASSERT_TRUE(
      wait_until([&] { return health()["position"].get<std::string>().find("binlog.000002") == 0; },
                 kPatience))
      << health().dump();
  kill();
  execute({"PURGE BINARY LOGS TO 'binlog.000002'"});
  dead_ = false;
  start();

  EXPECT_TRUE(wait_for_bulk(before + all)) << bulk_.changes() << "\n" << pikachu_->log();
  EXPECT_EQ(bulk_.gaps(), 0U);
  EXPECT_EQ(bulk_.stale(), 0U);
  EXPECT_TRUE(wait_until([&] { return waiting() == 0; }, kPatience)) << waiting();
  kill();
}

}  // namespace
}  // namespace pikachu::test
