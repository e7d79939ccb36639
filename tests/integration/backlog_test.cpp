// Endpoints that are dead for long, and transactions that are big: what must not grow, what must
// not wait, and what must arrive.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sanitized.h"
#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kResidentLimit = 256U << 20U;
constexpr std::size_t kRowsOfAStatement = 200;

/// The environment's number, for a long run by hand, or the one for every day.
std::size_t size_of_run(const char* name, std::size_t usual) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no other thread yet.
  return text == nullptr ? usual : std::stoull(text);
}

/// The most memory that the process has had resident, in bytes.
std::size_t peak_resident(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1'024;
  }
  ADD_FAILURE() << "no VmHWM for process " << pid;
  return 0;
}

/// What an endpoint has got of rows whose n is counted up by one with each change.
class Counters {
 public:
  void take(const ReceivedRequest& request) {
    const auto body = nlohmann::json::parse(request.body);
    const auto& row = body.contains("new_data") ? body["new_data"] : body["data"];
    const std::lock_guard lock(mutex_);
    ++arrivals_;
    auto& last = last_[row["id"].get<int>()];
    const int n = row["n"].get<int>();
    // Again from an earlier one on is what a crash may cost; a gap is a loss.
    if (n > last + 1) ++gaps_;
    if (n == last + 1) ++changes_;
    newest_[row["id"].get<int>()] = n;
    last = std::max(last, n);
  }
  std::size_t changes() const {
    const std::lock_guard lock(mutex_);
    return changes_;
  }
  std::size_t arrivals() const {
    const std::lock_guard lock(mutex_);
    return arrivals_;
  }
  std::size_t gaps() const {
    const std::lock_guard lock(mutex_);
    return gaps_;
  }
  /// Rows whose last arrival is not their newest change.
  std::size_t stale() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(newest_.begin(), newest_.end(),
                      [&](const auto& row) { return last_.at(row.first) != row.second; }));
  }

 private:
  mutable std::mutex mutex_;
  std::map<int, int> last_;
  std::map<int, int> newest_;
  std::size_t changes_ = 0;
  std::size_t arrivals_ = 0;
  std::size_t gaps_ = 0;
};

class BacklogOnDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = ServerProcess::start("mariadb-10.11", {"--innodb-flush-log-at-trx-commit=2"});
    if (is_missing(server)) GTEST_SKIP() << "mariadb-10.11: " << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    execute({"CREATE DATABASE test_db", "USE test_db",
             "CREATE TABLE bulk (id INT PRIMARY KEY, n INT, pad CHAR(100) NOT NULL DEFAULT '')",
             "CREATE TABLE probe (id INT PRIMARY KEY AUTO_INCREMENT, n INT)"});
    receiver_.answer("/bulk", [this](const ReceivedRequest& request) {
      ReceiverAnswer answer;
      if (dead_) {
        answer.status = 503;
      } else {
        bulk_.take(request);
      }
      return answer;
    });
    port_ = free_port();
    pikachu_.emplace(config_text(*server_, port_,
                                 {{"bulk", "bulk", receiver_.url("/bulk"), ""},
                                  {"probe", "probe", receiver_.url("/probe"), ""}}));
    start();
  }

  void start() {
    pikachu_->start();
    ASSERT_TRUE(pikachu_->wait_for_status(port_, "/health/ready", 200)) << pikachu_->log();
  }
  void kill() {
    // Sanitizers keep what was freed.
    if (!kSanitized) {
      EXPECT_LT(peak_resident(pikachu_->pid()), kResidentLimit);
    }
    pikachu_->kill();
  }
  void execute(const std::vector<std::string>& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

  /// Counts up kRowsOfAStatement rows, `statements` times; each is a transaction.
  void count_up(std::size_t statements) {
    for (std::size_t i = 0; i < statements; ++i) {
      execute({"USE test_db", "UPDATE bulk SET n = n + 1"});
    }
  }

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

  nlohmann::json health() const {
    const auto answer = http_get(port_, "/health");
    return answer ? nlohmann::json::parse(answer->body) : nlohmann::json{};
  }
  std::size_t waiting() const {
    const auto now = health();
    return now.contains("waiting") ? now["waiting"]["changes"].get<std::size_t>() : 0;
  }
  template <typename Condition>
  bool wait_until(const Condition& holds, std::chrono::seconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end || !pikachu_->running()) return false;
      // What has arrived is in counters; all of it would not fit into memory in a long run.
      receiver_.wait_for_count("", 10'000, milliseconds(50));
      receiver_.clear();
    }
    return true;
  }
  bool wait_for_bulk(std::size_t changes) {
    const auto patience = std::chrono::seconds(60 + changes / 500);
    return wait_until([&] { return bulk_.changes() >= changes; }, patience);
  }

  std::unique_ptr<ServerProcess> server_;
  Counters bulk_;
  std::atomic<bool> dead_{false};
  WebhookReceiver receiver_;
  std::uint16_t port_ = 0;
  std::optional<PikachuProcess> pikachu_;
};

TEST_F(BacklogOnDisk, DeadEndpointDelaysNobodyAndLosesNothing) {
  const auto changes = size_of_run("PIKACHU_BACKLOG_CHANGES", 50'000);
  const auto statements = changes / kRowsOfAStatement;
  execute({"USE test_db", "INSERT INTO bulk (id, n) SELECT seq, 1 FROM seq_1_to_" +
                              std::to_string(kRowsOfAStatement)});
  const auto healthy = latency_behind(100);
  const auto before = 101 * kRowsOfAStatement;
  ASSERT_TRUE(wait_for_bulk(before)) << bulk_.changes() << "\n" << pikachu_->log();

  dead_ = true;
  const auto beside_a_dead_one = latency_behind(statements / 2);
  kill();
  start();
  count_up(statements - statements / 2);
  const auto all = statements * kRowsOfAStatement;
  ASSERT_TRUE(wait_until([&] { return waiting() >= all; }, kPatience)) << waiting() << "\n"
                                                                       << pikachu_->log();
  EXPECT_EQ(health()["status"], "UP");

  EXPECT_LE(beside_a_dead_one.count(), 2 * healthy.count() + 10);
  // From here on the server has none of them any more.
  execute({"USE test_db", "INSERT INTO probe (n) VALUES (1)"});
  ASSERT_TRUE(receiver_.wait_for_count("/probe", 1, kPatience));
  ASSERT_TRUE(wait_until(
      [&] {
        return http_get(port_, "/metrics")->body.find("pikachu_checkpoint_age_seconds 0\n") !=
               std::string::npos;
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

TEST_F(BacklogOnDisk, KilledInABigTransactionItGoesOnInItsMiddle) {
  const auto rows = size_of_run("PIKACHU_BIG_TRANSACTION_ROWS", 500'000);
  dead_ = true;
  execute({"USE test_db",
           "INSERT INTO bulk (id, n) SELECT seq, 1 FROM seq_1_to_" + std::to_string(rows)});
  const std::chrono::seconds patience(60 + rows / 2'000);
  ASSERT_TRUE(wait_until([&] { return waiting() >= rows / 2; }, patience)) << waiting() << "\n"
                                                                           << pikachu_->log();
  kill();
  start();

  ASSERT_TRUE(wait_until([&] { return waiting() >= rows; }, patience)) << waiting() << "\n"
                                                                       << pikachu_->log();
  // A checkpoint may be a second old, in which much may have been written; ids that wait already
  // are left out.
  EXPECT_LE(waiting(), rows + rows / 100);

  dead_ = false;
  EXPECT_TRUE(wait_for_bulk(rows)) << bulk_.changes() << "\n" << pikachu_->log();
  EXPECT_LE(bulk_.arrivals(), rows + rows / 100);
  kill();
}

}  // namespace
}  // namespace pikachu::test
