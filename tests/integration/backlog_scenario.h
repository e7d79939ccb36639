#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sanitized.h"
#include "tests/support/scenario.h"

namespace pikachu::test {

inline constexpr std::size_t kResidentLimit = 256U << 20U;
inline constexpr std::size_t kRowsOfAStatement = 200;

/// The environment's number, for a long run by hand, or the one for every day.
inline std::size_t size_of_run(const char* name, std::size_t usual) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no other thread yet.
  return text == nullptr ? usual : std::stoull(text);
}

/// The most memory that the process has had resident, in bytes.
inline std::size_t peak_resident(pid_t pid) {
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

/// Two tasks on a server of their own, "bulk" and "probe": the endpoint of the first can be dead,
/// so that its changes wait on disk.
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
      receiver_.wait_for_count("", 10'000, std::chrono::milliseconds(50));
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

}  // namespace pikachu::test
