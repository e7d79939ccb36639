#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

/// Changes that their endpoint refused, and the commands on them beside the running service.
class DeadLetters : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = ServerProcess::start("mariadb-10.11");
    if (is_missing(server)) GTEST_SKIP() << "mariadb-10.11: " << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    const auto made = server_->execute(std::vector<std::string>{
        "CREATE DATABASE test_db", "CREATE TABLE test_db.users (id INT PRIMARY KEY, name TEXT)"});
    ASSERT_TRUE(made) << made.error().message;
    auto text = config_text(*server_, port_,
                            {{"t1", "users", receiver_.url("/hook"), "    max_retries: 0\n"}});
    pikachu_ = std::make_unique<PikachuProcess>(text);
    // The commands run in another directory.
    const std::string relative = "dir: data";
    const auto at = text.find(relative);
    ASSERT_NE(at, std::string::npos) << text;
    text.replace(at, relative.size(), "dir: " + (pikachu_->directory() / "data").string());
    pikachu_->write_config(text);
    start();
  }

  void start() {
    pikachu_->start();
    ASSERT_TRUE(pikachu_->wait_for_status(port_, "/health/ready", 200)) << pikachu_->log();
  }
  FinishedProgram run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(),
                     {"-config", (pikachu_->directory() / "config.yaml").string()});
    return run_pikachu(arguments);
  }
  // Has `rows` rows refused, one after the other.
  void refuse(int rows) {
    receiver_.answer("/hook", ReceiverAnswer{.status = 422});
    for (int id = 1; id <= rows; ++id) {
      ASSERT_TRUE(
          server_->execute("INSERT INTO test_db.users VALUES (" + std::to_string(id) + ", 'x')"));
    }
    ASSERT_TRUE(wait_for_letters(rows)) << pikachu_->log();
  }
  // Asks until there are `count` dead letters of which `marked` are marked.
  bool wait_for_letters(int count, int marked = 0) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
      const auto shown = run({"state", "show", "-format", "json"});
      const auto state = nlohmann::json::parse(shown.output, nullptr, false);
      if (!state.is_object()) continue;
      const auto& tasks = state.at("tasks");
      if (count == 0 && tasks.empty()) return true;
      if (tasks.size() == 1 && tasks[0].at("dead_letters") == count &&
          tasks[0].at("marked") == marked) {
        return true;
      }
    }
    return false;
  }

  std::unique_ptr<ServerProcess> server_;
  WebhookReceiver receiver_;
  const std::uint16_t port_ = free_port();
  std::unique_ptr<PikachuProcess> pikachu_;
};

TEST_F(DeadLetters, RetryBesideTheServiceDeliversTheSameBytesAndRemovesTheRecords) {
  refuse(20);
  const auto refused = receiver_.requests("/hook");
  ASSERT_EQ(refused.size(), 20U);
  receiver_.answer("/hook", ReceiverAnswer{});

  const auto marked = run({"deadletters", "retry", "-all", "-task", "t1"});

  EXPECT_EQ(marked.status, 0) << marked.errors;
  EXPECT_EQ(marked.output, "marked 20 dead letters to be delivered after all\n");
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 40, kPatience)) << pikachu_->log();
  EXPECT_TRUE(ids_with_differing_bodies(receiver_.requests("/hook")).empty());
  EXPECT_EQ(first_arrivals(receiver_.requests("/hook")).size(), 20U);
  EXPECT_TRUE(wait_for_letters(0));
  EXPECT_EQ(run({"deadletters", "list"}).output, "no dead letters\n");
}

TEST_F(DeadLetters, LetterThatIsRefusedAgainIsALetterAgainWithoutItsMark) {
  refuse(1);
  ASSERT_EQ(run({"deadletters", "retry", "-all"}).status, 0);
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 2, kPatience)) << pikachu_->log();
  EXPECT_TRUE(wait_for_letters(1, 0)) << run({"deadletters", "list"}).output;
}

TEST_F(DeadLetters, MarkedWhileTheServiceIsStoppedTheyAreDeliveredAfterItsStart) {
  refuse(3);
  ASSERT_EQ(pikachu_->terminate(), 0) << pikachu_->log();
  receiver_.answer("/hook", ReceiverAnswer{});
  const auto marked = run({"deadletters", "retry", "-all"});
  EXPECT_NE(marked.errors.find("after its next start"), std::string::npos) << marked.errors;
  EXPECT_TRUE(wait_for_letters(3, 3));
  start();
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 6, kPatience)) << pikachu_->log();
  EXPECT_TRUE(wait_for_letters(0));
}

TEST_F(DeadLetters, ProcessKilledDuringARetryDeliversAfterItsStart) {
  refuse(3);
  receiver_.answer("/hook", ReceiverAnswer{.action = ReceiverAnswer::Action::kHang});
  ASSERT_EQ(run({"deadletters", "retry", "-all"}).status, 0);
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 6, kPatience)) << pikachu_->log();
  pikachu_->kill();
  receiver_.answer("/hook", ReceiverAnswer{});
  EXPECT_TRUE(wait_for_letters(3, 3));
  start();
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 9, kPatience)) << pikachu_->log();
  EXPECT_TRUE(wait_for_letters(0));
}

TEST_F(DeadLetters, HttpShowsThemAndTellsHowMany) {
  refuse(2);
  const auto listed = http_get(port_, "/api/deadletters?task=t1&limit=1");
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->status, 200);
  const auto list = nlohmann::json::parse(listed->body);
  ASSERT_EQ(list.at("dead_letters").size(), 1U);
  EXPECT_EQ(list.at("dead_letters")[0].at("change"), "test_db.users insert");
  EXPECT_TRUE(list.at("next").is_number());
  const auto id = list.at("dead_letters")[0].at("id").get<std::string>();
  const auto shown = http_get(port_, "/api/deadletters/t1/" + id);
  ASSERT_TRUE(shown);
  EXPECT_EQ(nlohmann::json::parse(shown->body).at("body"), receiver_.requests("/hook")[0].body);
}

TEST_F(DeadLetters, ResetPositionIsWhereTheNextStartBegins) {
  ASSERT_TRUE(server_->execute("INSERT INTO test_db.users VALUES (1, 'x')"));
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 1, kPatience)) << pikachu_->log();
  const auto running = run({"state", "reset", "-position", "earliest", "-yes"});
  EXPECT_EQ(running.status, 1);
  EXPECT_NE(running.errors.find("is in use by process"), std::string::npos) << running.errors;
  ASSERT_EQ(pikachu_->terminate(), 0) << pikachu_->log();

  const auto reset = run({"state", "reset", "-position", "earliest", "-yes"});

  EXPECT_EQ(reset.status, 0) << reset.errors;
  start();
  EXPECT_TRUE(receiver_.wait_for_count("/hook", 2, kPatience)) << pikachu_->log();
  EXPECT_EQ(first_arrivals(receiver_.requests("/hook")).size(), 1U);
}

}  // namespace
}  // namespace pikachu::test
