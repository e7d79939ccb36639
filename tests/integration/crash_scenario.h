#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace pikachu::test {

/// One of the two tasks' endpoints: what it does with a request, and what it has got. Each row of
/// the table behind it counts its n up by one with every change.
class CountingEndpoint {
 public:
  enum class Mode : std::uint8_t {
    kTakes,
    kIsDead,   ///< Answers 503.
    kHangs,    ///< Takes it and says nothing.
    kRefuses,  ///< Answers 400 to what kRefusedRow counts up to kRefusedN, and takes the rest.
  };
  static constexpr int kRefusedRow = 7;
  static constexpr int kRefusedN = 20;

  void set(Mode mode) {
    const std::lock_guard lock(mutex_);
    mode_ = mode;
  }

  ReceiverAnswer take(const ReceivedRequest& request) {
    const auto body = nlohmann::json::parse(request.body);
    const auto& row = body.contains("new_data") ? body["new_data"] : body["data"];
    const auto id = request.header("webhook-id");
    const std::lock_guard lock(mutex_);
    ReceiverAnswer answer;
    if (mode_ == Mode::kIsDead) {
      answer.status = 503;
      return answer;
    }
    if (mode_ == Mode::kHangs) answer.action = ReceiverAnswer::Action::kHang;
    const int key = row["id"].get<int>();
    const int n = row["n"].get<int>();
    if (mode_ == Mode::kRefuses && key == kRefusedRow && n == kRefusedN) {
      answer.status = 400;
      refused_.insert(id);
    }
    note(id, request.body, key, n);
    return answer;
  }

  /// Changes that have arrived, each once.
  std::size_t changes() const {
    const std::lock_guard lock(mutex_);
    return bodies_.size();
  }
  /// Changes that it had got and got again; without those that it refused.
  std::set<std::string> repeated() const {
    const std::lock_guard lock(mutex_);
    std::set<std::string> ids;
    for (const auto& id : repeated_) {
      if (!refused_.contains(id)) ids.insert(id);
    }
    return ids;
  }
  std::set<std::string> refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
  }
  /// What must never be: changes whose row had not got all before, others' bytes under a known id,
  /// rows whose last arrival is not their newest change.
  std::vector<std::string> violations() const {
    const std::lock_guard lock(mutex_);
    auto all = violations_;
    for (const auto& [key, n] : newest_) {
      if (latest_.at(key) != n) all.push_back("row " + std::to_string(key) + " ends with an old n");
    }
    return all;
  }

 private:
  void note(const std::string& id, const std::string& body, int key, int n) {
    latest_[key] = n;
    const auto [known, is_new] = bodies_.emplace(id, body);
    if (!is_new) {
      repeated_.insert(id);
      if (known->second != body) violations_.push_back(id + " came with other bytes");
      return;
    }
    auto& newest = newest_[key];
    if (n != newest + 1) {
      violations_.push_back("row " + std::to_string(key) + ": " + std::to_string(n) + " behind " +
                            std::to_string(newest));
    }
    newest = std::max(newest, n);
  }

  mutable std::mutex mutex_;
  Mode mode_ = Mode::kTakes;
  std::map<std::string, std::string> bodies_;  ///< By id.
  std::map<int, int> newest_;                  ///< n by row.
  std::map<int, int> latest_;                  ///< n of the last arrival, by row.
  std::set<std::string> repeated_;
  std::set<std::string> refused_;
  std::vector<std::string> violations_;
};

/// What the state directory held when the process had died.
struct LeftState {
  std::uint64_t sequence = 0;          ///< Of the saved position's GTID.
  std::set<std::string> waiting;       ///< task_id + " " + id
  std::multiset<std::string> letters;  ///< As waiting.

  std::size_t waiting_for(const std::string& task) const {
    return static_cast<std::size_t>(
        std::count_if(waiting.begin(), waiting.end(),
                      [&](const auto& name) { return name.starts_with(task + " "); }));
  }
};

/// Two tasks on a real server, and a process that dies at one of its fault points:
///
/// 1. a run without a fault, which delivers the first changes and stops as it should;
/// 2. a run with PIKACHU_FAULT, while 4,000 changes are made;
/// 3. a run without, after which every change must have arrived.
class CrashScenario : public ::testing::Test {
 protected:
  using Mode = CountingEndpoint::Mode;
  static constexpr std::size_t kRows = 50;
  static constexpr std::size_t kFirstTransactions = 6;
  static constexpr std::size_t kTransactions = 40;

  void SetUp() override {
    auto server = shared_server("mariadb-10.11");
    if (is_missing(server)) GTEST_SKIP() << "mariadb-10.11: " << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = *server;
    execute({"SET GLOBAL innodb_flush_log_at_trx_commit = 2",
             "CREATE DATABASE IF NOT EXISTS test_db", "USE test_db"});
    for (const std::string table : {"left_rows", "right_rows"}) {
      execute({"DROP TABLE IF EXISTS " + table,
               "CREATE TABLE " + table + " (id INT PRIMARY KEY, n INT)"});
    }
    receiver_.answer("/left", [this](const auto& request) { return left_.take(request); });
    receiver_.answer("/right", [this](const auto& request) { return right_.take(request); });
    port_ = free_port();
    pikachu_.emplace(config(""));
  }

  /// `extra` are further sections.
  std::string config(std::string_view extra, std::string_view start_from = "latest") const {
    auto text = config_text(*server_, port_,
                            {{"left", "left_rows", receiver_.url("/left"), ""},
                             {"right", "right_rows", receiver_.url("/right"), ""}},
                            extra);
    const std::string_view before = "  server_id:";
    return text.insert(text.find(before), "  start_from: \"" + std::string(start_from) + "\"\n");
  }

  void execute(const std::vector<std::string>& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

  /// Run 1.
  void deliver_first() {
    start();
    for (const std::string table : {"left_rows", "right_rows"}) {
      execute({"INSERT INTO test_db." + table + " SELECT seq, 1 FROM seq_1_to_" +
               std::to_string(kRows)});
    }
    count_up(kFirstTransactions - 1);
    ASSERT_TRUE(wait_until([&] { return all_arrived(); })) << pikachu_->log();
    ASSERT_EQ(pikachu_->terminate(), 0) << pikachu_->log();
  }

  void start(const std::string& fault = "") {
    pikachu_->start({}, {{"PIKACHU_FAULT", fault}});
    if (fault.empty()) {
      ASSERT_TRUE(pikachu_->wait_for_status(port_, "/health/ready", 200)) << pikachu_->log();
    }
  }

  /// Counts up all rows of both tables, `transactions` times.
  void count_up(std::size_t transactions) {
    for (std::size_t i = 0; i < transactions; ++i) {
      execute(
          {"UPDATE test_db.left_rows SET n = n + 1", "UPDATE test_db.right_rows SET n = n + 1"});
    }
    transactions_ += transactions;
  }

  /// Run 2: half of the changes are there already, half come while it runs; where waits_on_disk_,
  /// once some of the first half are on disk, or it has died.
  void begin_run_with(const std::string& fault) {
    count_up(kTransactions / 2);
    start(fault);
    if (waits_on_disk_) {
      EXPECT_TRUE(wait_until([&] { return waiting_for_right() > 0; }) || !pikachu_->running());
    }
    count_up(kTransactions / 2);
  }

  /// Waits for the end of run 2 at the fault point, and looks what it left.
  void expect_killed() {
    ASSERT_EQ(pikachu_->wait(kPatience), -SIGKILL) << pikachu_->log();
    ASSERT_TRUE(pikachu_->wait_for_log("fault at ")) << pikachu_->log();
    left_behind_ = read_state();
  }

  void run_until_killed(const std::string& fault) {
    begin_run_with(fault);
    expect_killed();
  }

  /// Run 3: everything arrives, in order, and nothing twice but what the state that was left did
  /// not know to be delivered.
  void expect_all_after_restart() {
    start();
    expect_all();
  }

  void expect_all() {
    EXPECT_TRUE(wait_until([&] { return all_arrived() && all_settled(); }))
        << left_.changes() << " and " << right_.changes() << " of " << expected() << "\n"
        << pikachu_->log();
    EXPECT_EQ(pikachu_->terminate(), 0) << pikachu_->log();
    EXPECT_EQ(left_.violations(), std::vector<std::string>{});
    EXPECT_EQ(right_.violations(), std::vector<std::string>{});
    for (const auto& id : left_.repeated()) EXPECT_TRUE(may_repeat("left", id)) << id;
    for (const auto& id : right_.repeated()) EXPECT_TRUE(may_repeat("right", id)) << id;
    std::cout << "[   TWICE  ] " << left_.repeated().size() << " and " << right_.repeated().size()
              << " of " << expected() << " changes; " << left_behind_.waiting.size()
              << " were waiting on disk\n";
  }

  /// The table's bound: what lies behind the saved position, or still waits on disk.
  bool may_repeat(const std::string& task, const std::string& id) const {
    // domain-server-sequence-row
    const auto last = id.rfind('-');
    const auto before = id.rfind('-', last - 1);
    const auto sequence = std::stoull(id.substr(before + 1, last - before - 1));
    return sequence > left_behind_.sequence || left_behind_.waiting.contains(task + " " + id);
  }

  LeftState read_state() const {
    const auto exported = run_pikachu({"state", "export"}, kPatience, pikachu_->directory());
    EXPECT_EQ(exported.status, 0) << exported.errors;
    LeftState state;
    std::istringstream lines(exported.output);
    for (std::string line; std::getline(lines, line);) {
      const auto record = nlohmann::json::parse(line);
      const auto kind = record["kind"].get<std::string>();
      if (kind == "state" && record.contains("position")) {
        const auto gtids = record["position"]["gtids"].get<std::string>();
        state.sequence = std::stoull(gtids.substr(gtids.rfind('-') + 1));
      } else if (record.contains("task_id") && record.contains("id")) {
        const auto name =
            record["task_id"].get<std::string>() + " " + record["id"].get<std::string>();
        if (kind == "waiting") {
          state.waiting.insert(name);
        } else {
          state.letters.insert(name);
        }
      }
    }
    return state;
  }

  std::size_t expected() const { return (transactions_ + 1) * kRows; }
  bool all_arrived() const {
    return left_.changes() >= expected() && right_.changes() >= expected();
  }
  /// Nothing is owed any more, to anybody: what comes twice has come.
  bool all_settled() const {
    const auto now = health();
    return now.contains("waiting") && now["waiting"]["changes"] == 0 &&
           now["event_queue_size"] == 0;
  }
  nlohmann::json health() const {
    const auto answer = http_get(port_, "/health");
    return answer ? nlohmann::json::parse(answer->body) : nlohmann::json{};
  }
  /// What a metric of the right task says; 0 if nobody answers.
  std::int64_t gauge_of_right(const std::string& name) const {
    const auto metrics = http_get(port_, "/metrics");
    if (!metrics) return 0;
    const auto label = name + "{task_id=\"right\"} ";
    const auto at = metrics->body.find(label);
    if (at == std::string::npos) return 0;
    return static_cast<std::int64_t>(std::stod(metrics->body.substr(at + label.size())));
  }
  std::size_t waiting_for_right() const {
    return static_cast<std::size_t>(gauge_of_right("pikachu_backlog_waiting_changes"));
  }
  bool wait_until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end || pikachu_->wait(kPause)) return holds();
    }
    return true;
  }

  ServerProcess* server_ = nullptr;
  CountingEndpoint left_;
  CountingEndpoint right_;
  WebhookReceiver receiver_;
  std::uint16_t port_ = 0;
  std::optional<PikachuProcess> pikachu_;
  LeftState left_behind_;
  bool waits_on_disk_ = false;

 private:
  static constexpr std::chrono::milliseconds kPause{20};
  std::size_t transactions_ = 0;
};

/// Little room in the queues, so that what an endpoint does not take goes through memory to disk.
inline constexpr std::string_view kSmallQueues = "limits:\n  queue_changes: 200\n";

}  // namespace pikachu::test
