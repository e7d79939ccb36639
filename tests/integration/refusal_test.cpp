#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

/// What no retry can mend ends the program with status 1 and says exactly what it is.
class Refusal : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = ServerProcess::start("mariadb-10.11");
    if (is_missing(server)) GTEST_SKIP() << "mariadb-10.11: " << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    const auto made = server_->execute(std::vector<std::string>{
        "CREATE DATABASE test_db", "CREATE TABLE test_db.users (id INT PRIMARY KEY, name TEXT)"});
    ASSERT_TRUE(made) << made.error().message;
  }

  std::string config() {
    return config_text(*server_, free_port(), {{"t1", "users", receiver_.url("/hook"), ""}});
  }
  /// Starts it and waits for its end; checks the status and returns the log.
  std::string log_of_failed_run(PikachuProcess& pikachu) {
    pikachu.start();
    EXPECT_EQ(pikachu.wait(kPatience), 1) << pikachu.log();
    return pikachu.log();
  }
  static std::string replaced(std::string text, const std::string& what, const std::string& with) {
    return text.replace(text.find(what), what.size(), with);
  }

  std::unique_ptr<ServerProcess> server_;
  WebhookReceiver receiver_;
};

TEST_F(Refusal, WrongPasswordIsSaid) {
  PikachuProcess pikachu(replaced(config(), "password: pikachu", "password: wrong-secret"));

  const auto log = log_of_failed_run(pikachu);

  EXPECT_NE(log.find("Access denied"), std::string::npos) << log;
  EXPECT_EQ(log.find("wrong-secret"), std::string::npos) << "the password is in the log";
}

TEST_F(Refusal, ServerWithoutBinlogIsSaid) {
  ASSERT_TRUE(server_->stop());
  ASSERT_TRUE(server_->start_again({"--skip-log-bin"}));
  PikachuProcess pikachu(config());

  const auto log = log_of_failed_run(pikachu);

  EXPECT_NE(log.find("log_bin"), std::string::npos) << log;
}

TEST_F(Refusal, StatementFormatIsSaid) {
  ASSERT_TRUE(server_->execute("SET GLOBAL binlog_format = 'STATEMENT'"));
  PikachuProcess pikachu(config());

  const auto log = log_of_failed_run(pikachu);

  EXPECT_NE(log.find("binlog_format"), std::string::npos) << log;
  EXPECT_NE(log.find("SET GLOBAL binlog_format"), std::string::npos) << log;
}

TEST_F(Refusal, PurgedBinlogIsSaidAndThePositionKept) {
  const auto port = free_port();
  PikachuProcess pikachu(
      config_text(*server_, port, {{"t1", "users", receiver_.url("/hook"), ""}}));
  pikachu.start();
  ASSERT_TRUE(pikachu.wait_for_status(port, "/health/ready", 200)) << pikachu.log();
  ASSERT_TRUE(server_->execute("INSERT INTO test_db.users VALUES (1, 'x')"));
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 1, kPatience)) << pikachu.log();
  ASSERT_EQ(pikachu.terminate(), 0) << pikachu.log();
  ASSERT_TRUE(server_->execute("INSERT INTO test_db.users VALUES (2, 'x')"));
  // MariaDB purges a file only after the checkpoint behind it: a restart settles that.
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(server_->execute("FLUSH BINARY LOGS"));
  ASSERT_TRUE(server_->stop());
  ASSERT_TRUE(server_->start_again());
  const auto current = server_->value("SHOW MASTER STATUS");
  ASSERT_TRUE(server_->execute("PURGE BINARY LOGS TO '" + current + "'"));
  ASSERT_EQ(server_->query("SHOW BINARY LOGS")->size(), 1U);

  const auto log = log_of_failed_run(pikachu);

  EXPECT_NE(log.find("purged"), std::string::npos) << log;
  // Again: the saved position still stands, so it is refused again rather than passed over.
  EXPECT_NE(log_of_failed_run(pikachu).find("purged"), std::string::npos);
}

TEST_F(Refusal, SecondInstanceOnTheSameStateDirectoryIsRefused) {
  const auto port = free_port();
  auto text = config_text(*server_, port, {{"t1", "users", receiver_.url("/hook"), ""}});
  TemporaryDirectory state;
  text = replaced(text, "dir: data", "dir: " + state.path().string());
  PikachuProcess first(text);
  first.start();
  ASSERT_TRUE(first.wait_for_status(port, "/health/ready", 200)) << first.log();
  PikachuProcess second(text);

  const auto log = log_of_failed_run(second);

  EXPECT_NE(log.find(state.path().string()), std::string::npos) << log;
  EXPECT_TRUE(first.running());
}

}  // namespace
}  // namespace pikachu::test
