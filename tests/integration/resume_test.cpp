// The server is not what it was when the position was saved: what is refused, and in which words.

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

/// A server, and a pikachu that has delivered the rows 1 to 3 and was stopped.
class Resume : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    start_server(server_);
    if (IsSkipped() || HasFatalFailure()) return;
    admin_port_ = free_port();
    pikachu_.emplace(config(*server_));
    start();
    insert({1, 2, 3});
    ASSERT_TRUE(receiver_.wait_for_count("/hook", 3, kPatience)) << pikachu_->log();
    ASSERT_TRUE(pikachu_->wait_for_transactions(admin_port_, 3)) << pikachu_->log();
    stop();
    position_ = server_gtids();
    file_ = current_file();
  }

  void start_server(std::unique_ptr<ServerProcess>& server) {
    auto started = ServerProcess::start(GetParam(), options());
    if (is_missing(started)) GTEST_SKIP() << GetParam() << ": " << started.error().message;
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    run(*server, {"CREATE DATABASE test_db",
                  "CREATE TABLE test_db.users (id INT PRIMARY KEY, name VARCHAR(1000))"});
  }
  static std::vector<std::string> options() {
    if (GetParam() != "mysql-9.7") return {};
    return {"--gtid-mode=ON", "--enforce-gtid-consistency=ON"};
  }
  static bool is_mariadb() { return GetParam().starts_with("mariadb"); }
  static bool has_gtids() { return GetParam() != "mysql-5.6"; }

  static void run(ServerProcess& server, const std::vector<std::string>& statements) {
    const auto done = server.execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }
  void insert(const std::vector<int>& ids, const std::string& name = "x") {
    for (const int id : ids) {
      run(*server_,
          {"INSERT INTO test_db.users VALUES (" + std::to_string(id) + ", '" + name + "')"});
    }
  }
  void reset_binlogs() {
    run(*server_, {GetParam() == "mysql-9.7" ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER"});
  }
  std::string server_gtids() {
    if (!has_gtids()) return "";
    return server_->value(is_mariadb() ? "SELECT @@global.gtid_binlog_pos"
                                       : "SELECT @@global.gtid_executed");
  }
  std::string current_file() {
    const auto logs = server_->query("SHOW BINARY LOGS");
    return logs && !logs->empty() ? logs->back().at(0).value_or("") : "";
  }
  /// Purges all files but the last.
  void purge() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    run(*server_, {"FLUSH BINARY LOGS"});
    // MariaDB keeps a file until the checkpoint behind it was written.
    while (server_->query("SHOW BINARY LOGS")->size() > 1) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the server does not purge";
      run(*server_, {"DO SLEEP(0.05)", "PURGE BINARY LOGS TO '" + current_file() + "'"});
    }
  }

  std::string config(const ServerProcess& server, const std::string& more = "") {
    std::string text =
        config_text(server, admin_port_, {{"t1", "users", receiver_.url("/hook"), ""}});
    return text.insert(text.find("database:\n") + 10, more);
  }
  void start() {
    pikachu_->start();
    ASSERT_TRUE(pikachu_->wait_for_status(admin_port_, "/health/ready", 200)) << pikachu_->log();
  }
  void stop() { ASSERT_EQ(pikachu_->terminate(), 0) << pikachu_->log(); }

  /// Runs pikachu twice: both times it ends with status 1, nothing is sent, and the position stays.
  /// Returns the line that says why.
  std::string refusal() {
    const auto sent = receiver_.count("/hook");
    std::vector<std::string> lines;
    for (int i = 0; i < 2; ++i) {
      pikachu_->start();
      EXPECT_EQ(pikachu_->wait(kPatience), 1) << pikachu_->log();
      const auto log = pikachu_->log();
      const auto at = log.find("pikachu ends: ");
      lines.push_back(at == std::string::npos ? log : log.substr(at, log.find('\n', at) - at));
    }
    EXPECT_EQ(lines[0], lines[1]);
    EXPECT_EQ(receiver_.count("/hook"), sent);
    return lines[0];
  }
  static ::testing::AssertionResult has(const std::string& text,
                                        const std::vector<std::string>& parts) {
    for (const auto& part : parts) {
      if (text.find(part) == std::string::npos) {
        return ::testing::AssertionFailure() << "no '" << part << "' in: " << text;
      }
    }
    return ::testing::AssertionSuccess();
  }

  /// The command's argument in a refusal: what stands between "-position " and the next blank.
  static std::string position_in(const std::string& text) {
    const std::string option = "-position ";
    const auto at = text.find(option);
    if (at == std::string::npos) return "";
    const auto begin = at + option.size();
    return text.substr(begin, text.find(' ', begin) - begin);
  }

  /// Begins anew where a refusal says, and expects exactly the rows with these ids.
  void expect_anew_from(const std::string& position, const std::vector<int>& ids) {
    receiver_.clear();
    PikachuProcess anew(config(*server_, "  start_from: \"" + position + "\"\n"));
    anew.start();
    EXPECT_TRUE(receiver_.wait_for_count("/hook", ids.size(), kPatience)) << anew.log();
    EXPECT_EQ(anew.terminate(), 0) << anew.log();
    std::vector<int> arrived;
    for (const auto& body : first_arrivals(receiver_.requests())) {
      arrived.push_back(body["primary_id"].get<int>());
    }
    std::sort(arrived.begin(), arrived.end());
    EXPECT_EQ(arrived, ids) << position;
  }

  std::unique_ptr<ServerProcess> server_;
  WebhookReceiver receiver_;
  std::uint16_t admin_port_ = 0;
  std::optional<PikachuProcess> pikachu_;
  std::string position_;  ///< GTIDs up to the saved position.
  std::string file_;      ///< Its file.
};

TEST_P(Resume, PurgedTransactionsAreNamedAndTheCommandBeginsBehindThem) {
  insert({4, 5});
  const auto purged = server_gtids();
  purge();
  insert({6});

  const auto why = refusal();

  if (has_gtids()) {
    const auto missing =
        is_mariadb()
            ? "after " + position_ + " up to " + purged + ";"
            : server_->value("SELECT GTID_SUBTRACT('" + purged + "', '" + position_ + "')") + ";";
    EXPECT_TRUE(
        has(why, {"purged transactions that were not read yet: " + missing,
                  "only binlog is " + current_file(),
                  "pikachu state reset -config config.yaml -position gtid:" + purged + " "}));
  } else {
    EXPECT_TRUE(has(why, {file_ + ":", "does not have any more: it was purged",
                          "only binlog is " + current_file(), "-position earliest"}));
  }
  expect_anew_from(position_in(why), {6});
}

TEST_P(Resume, WhatWasPurgedAfterItWasReadIsNotMissed) {
  if (!has_gtids()) return;  // by file the saved file has to be there
  purge();
  insert({4});

  start();

  EXPECT_TRUE(receiver_.wait_for_count("/hook", 4, kPatience)) << pikachu_->log();
}

TEST_P(Resume, ResetBinlogsAreRefused) {
  reset_binlogs();
  insert({4});

  const auto why = refusal();

  if (has_gtids()) {
    EXPECT_TRUE(has(why, {"does not know transactions that were read from it: ", server_gtids(),
                          "reset", "restored"}));
  } else {
    EXPECT_TRUE(has(why, {"beyond the end of that binlog", "reset"}));
  }
  EXPECT_EQ(position_in(why), "earliest");
  expect_anew_from("earliest", {4});
}

TEST_P(Resume, ResetBinlogsThatHaveTheReadGtidsAgainAreRefused) {
  if (!has_gtids()) return;
  // The transactions are larger than those that were read, so none begins where the last one ended.
  reset_binlogs();
  insert({4, 5, 6, 7, 8, 9, 10, 11, 12}, std::string(777, 'x'));

  EXPECT_TRUE(has(refusal(), {"but not the same binlog", file_ + ":", "-position earliest"}));
}

TEST_P(Resume, ResetBinlogsThatWereInALaterFileAreRefused) {
  if (!has_gtids()) return;
  run(*server_, {"FLUSH BINARY LOGS"});
  insert({4});
  start();
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 4, kPatience)) << pikachu_->log();
  ASSERT_TRUE(pikachu_->wait_for_transactions(admin_port_, 1)) << pikachu_->log();
  stop();
  const auto later = current_file();
  reset_binlogs();
  insert({5, 6, 7, 8, 9, 10, 11, 12});

  EXPECT_TRUE(has(refusal(), {"but not the same binlog", "only binlog is " + current_file(),
                              "the position is in " + later}));
}

TEST_P(Resume, RestoredDataAreRefused) {
  ASSERT_TRUE(server_->stop());
  const TemporaryDirectory backup;
  const auto copy = backup.path() / "data";
  constexpr auto kAll = std::filesystem::copy_options::recursive;
  std::filesystem::copy(server_->data_directory(), copy, kAll);
  ASSERT_TRUE(server_->start_again(options()));
  insert({4, 5, 6});
  start();
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 6, kPatience)) << pikachu_->log();
  ASSERT_TRUE(pikachu_->wait_for_transactions(admin_port_, 3)) << pikachu_->log();
  stop();
  const auto lost = server_gtids();
  ASSERT_TRUE(server_->stop());
  std::filesystem::remove_all(server_->data_directory());
  std::filesystem::copy(copy, server_->data_directory(), kAll);
  ASSERT_TRUE(server_->start_again(options()));
  insert({7});

  const auto why = refusal();

  EXPECT_TRUE(
      has(why, {is_mariadb() ? "does not know transactions that were read from it: " + lost : ""}));
  EXPECT_TRUE(has(why, {"restored from a backup", "-position earliest"}));
}

TEST_P(Resume, AnotherServerIsRefusedAndTheFirstGoneOnWith) {
  std::unique_ptr<ServerProcess> other;
  start_server(other);
  ASSERT_FALSE(HasFatalFailure());
  run(*other, {"INSERT INTO test_db.users VALUES (99, 'x')"});
  pikachu_->write_config(config(*other));

  const auto why = refusal();

  EXPECT_TRUE(has(why, {has_gtids() ? "does not continue what was read from server"
                                    : "another server than the one that the saved position",
                        "-position latest"}));
  insert({4});
  pikachu_->write_config(config(*server_));
  start();
  EXPECT_TRUE(receiver_.wait_for_count("/hook", 4, kPatience)) << pikachu_->log();
}

TEST_P(Resume, ChangedIdentityIsAcceptedByGtidOnly) {
  insert({4});
  ASSERT_TRUE(server_->stop());
  if (!is_mariadb()) std::filesystem::remove(server_->data_directory() / "auto.cnf");
  ASSERT_TRUE(server_->start_again(is_mariadb() ? std::vector<std::string>{"--server-id=4242"}
                                                : options()));
  insert({5});

  if (!has_gtids()) {
    EXPECT_TRUE(has(refusal(), {"another server than the one that the saved position",
                                "server_uuid", "-position latest", "gtid_mode=ON"}));
    return;
  }
  start();
  EXPECT_TRUE(receiver_.wait_for_count("/hook", 5, kPatience)) << pikachu_->log();
  EXPECT_TRUE(pikachu_->wait_for_log("Another server than before")) << pikachu_->log();
}

INSTANTIATE_TEST_SUITE_P(Servers, Resume, ::testing::ValuesIn(kServerKinds),
                         [](const auto& kind) { return test_name(kind.param); });

}  // namespace
}  // namespace pikachu::test
