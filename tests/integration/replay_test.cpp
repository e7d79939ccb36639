// `pikachu replay` beside the running service, against each kind of server.

#include <chrono>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/utc_time.h"
#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

constexpr std::chrono::milliseconds kMoment{50};

/// The bodies of requests, by id. REQUIRES: each id came once.
std::map<std::string, std::string> bodies_by_id(const WebhookReceiver::Requests& requests) {
  std::map<std::string, std::string> bodies;
  for (const auto& request : requests) {
    EXPECT_TRUE(bodies.emplace(request.header("webhook-id"), request.body).second)
        << request.header("webhook-id") << " came twice";
  }
  return bodies;
}

class Replay : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    auto server = ServerProcess::start(GetParam(), {});
    if (is_missing(server)) GTEST_SKIP() << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    execute({"CREATE DATABASE test_db CHARACTER SET utf8mb4",
             "CREATE TABLE test_db.users (id INT PRIMARY KEY, name VARCHAR(50))",
             "CREATE TABLE test_db.orders (id INT PRIMARY KEY)"});
    const auto port = free_port();
    pikachu_.emplace(
        config_text(*server_, port,
                    {{"users", "users", receiver_.url("/users"), "    max_retries: 0\n"},
                     {"orders", "orders", receiver_.url("/orders"), ""}}));
    pikachu_->start();
    ASSERT_TRUE(pikachu_->wait_for_status(port, "/health/ready", 200)) << pikachu_->log();
  }

  void execute(const std::vector<std::string>& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

  FinishedProgram replay(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"replay"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return beside(all);
  }
  /// Runs a command in the service's directory.
  FinishedProgram beside(const std::vector<std::string>& arguments) {
    return run_pikachu(arguments, kPatience, pikachu_->directory());
  }

  /// The service's.
  std::string server_id() const {
    std::ifstream file(pikachu_->directory() / "config.yaml");
    const std::string config{std::istreambuf_iterator<char>(file), {}};
    constexpr std::string_view kKey = "server_id: ";
    const auto begin = config.find(kKey) + kKey.size();
    return config.substr(begin, config.find_first_not_of("0123456789", begin) - begin);
  }

  std::string end_position() {
    for (const char* statement : {"SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"}) {
      auto connection = server_->connect();
      EXPECT_TRUE(connection);
      const auto status = connection->query(statement);
      if (status)
        return "file:" + status->front().at(0).value() + ":" + status->front().at(1).value();
    }
    ADD_FAILURE() << "no status";
    return {};
  }

  std::unique_ptr<ServerProcess> server_;
  WebhookReceiver receiver_;
  std::optional<PikachuProcess> pikachu_;
};

TEST_P(Replay, DeliversTheSameIdsAndBytesOfOneTaskAgain) {
  execute({"INSERT INTO test_db.users VALUES (1, 'Ann'), (2, 'Bob')",
           "INSERT INTO test_db.orders VALUES (1)",
           "UPDATE test_db.users SET name = 'Anna' WHERE id = 1",
           "DELETE FROM test_db.users WHERE id = 2"});
  ASSERT_TRUE(receiver_.wait_for_count("/users", 4, kPatience)) << pikachu_->log();
  ASSERT_TRUE(receiver_.wait_for_count("/orders", 1, kPatience));
  const auto live = receiver_.requests("/users");
  receiver_.clear();

  const auto replayed = replay({"-task", "users", "-from", "earliest", "-rate", "0"});

  EXPECT_EQ(replayed.status, 0) << replayed.errors;
  EXPECT_EQ(replayed.output, "replayed 4 changes of task users\n");
  const auto again = receiver_.requests("/users");
  EXPECT_EQ(bodies_by_id(again), bodies_by_id(live));
  EXPECT_EQ(receiver_.count("/orders"), 0U);
  for (const auto& request : live) EXPECT_EQ(request.header("pikachu-replay"), "");
  for (const auto& request : again) EXPECT_EQ(request.header("pikachu-replay"), "1");
  // The live stream goes on beside it, and is not a replay.
  execute({"INSERT INTO test_db.users VALUES (3, 'Cleo')"});
  ASSERT_TRUE(receiver_.wait_for_count("/users", 5, kPatience)) << pikachu_->log();
  EXPECT_EQ(receiver_.requests("/users").back().header("pikachu-replay"), "");
}

TEST_P(Replay, DeliversWhatLiesBetweenTwoPlaces) {
  execute({"INSERT INTO test_db.users VALUES (1, 'Ann')"});
  const auto from = end_position();
  execute({"INSERT INTO test_db.users VALUES (2, 'Bob')", "FLUSH BINARY LOGS",
           "INSERT INTO test_db.users VALUES (3, 'Cleo')"});
  const auto to = end_position();
  execute({"INSERT INTO test_db.users VALUES (4, 'Dora')"});
  ASSERT_TRUE(receiver_.wait_for_count("/users", 4, kPatience)) << pikachu_->log();
  receiver_.clear();

  const auto replayed = replay({"-task", "users", "-from", from, "-to", to});

  EXPECT_EQ(replayed.status, 0) << replayed.errors;
  std::vector<std::string> names;
  for (const auto& body : bodies(receiver_.requests("/users")))
    names.push_back(body["data"]["name"]);
  EXPECT_EQ(names, (std::vector<std::string>{"Bob", "Cleo"}));
}

TEST_P(Replay, EndsWhereNothingWasCommittedSinceTheTime) {
  execute({"INSERT INTO test_db.users VALUES (1, 'Ann')"});
  ASSERT_TRUE(receiver_.wait_for_count("/users", 1, kPatience)) << pikachu_->log();
  receiver_.clear();
  const auto committed = std::time(nullptr);
  while (std::time(nullptr) == committed) receiver_.wait_for_count("/users", 1, kMoment);

  const auto now = base::to_utc(std::chrono::system_clock::now(), 0);

  const auto begins_behind = replay({"-task", "users", "-from", now});
  const auto ends_behind = replay({"-task", "users", "-from", "earliest", "-to", now});
  const auto both = replay({"-task", "users", "-from", now, "-to", now});

  EXPECT_EQ(begins_behind.status, 0) << begins_behind.errors;
  EXPECT_EQ(begins_behind.output, "replayed 0 changes of task users\n");
  EXPECT_EQ(ends_behind.status, 0) << ends_behind.errors;
  EXPECT_EQ(ends_behind.output, "replayed 1 change of task users\n");
  EXPECT_EQ(both.status, 0) << both.errors;
  EXPECT_EQ(both.output, "replayed 0 changes of task users\n");
}

TEST_P(Replay, EndsThoughSomethingIsPrepared) {
  execute({"INSERT INTO test_db.users VALUES (1, 'Ann')"});
  auto prepared = server_->connect();
  ASSERT_TRUE(prepared) << prepared.error().message;
  for (const char* statement : {"XA START 'a'", "INSERT INTO test_db.users VALUES (2, 'Bob')",
                                "XA END 'a'", "XA PREPARE 'a'"}) {
    const auto done = prepared->query(statement);
    ASSERT_TRUE(done) << statement << ": " << done.error().message;
  }
  execute({"INSERT INTO test_db.users VALUES (3, 'Cleo')"});
  ASSERT_TRUE(receiver_.wait_for_count("/users", 2, kPatience)) << pikachu_->log();
  receiver_.clear();

  const auto replayed = replay({"-task", "users", "-from", "earliest"});

  EXPECT_EQ(replayed.status, 0) << replayed.errors;
  EXPECT_EQ(replayed.output, "replayed 2 changes of task users\n");
}

TEST_P(Replay, SetsAsideWhatTheEndpointRefuses) {
  execute({"INSERT INTO test_db.users VALUES (1, 'Ann')"});
  ASSERT_TRUE(receiver_.wait_for_count("/users", 1, kPatience)) << pikachu_->log();
  const auto id = receiver_.requests("/users").front().header("webhook-id");
  receiver_.answer("/users", ReceiverAnswer{.status = 422});

  const auto replayed = replay({"-task", "users", "-from", "earliest"});

  EXPECT_EQ(replayed.status, 0) << replayed.errors;
  EXPECT_NE(replayed.output.find("the endpoint refused 1"), std::string::npos) << replayed.output;
  const auto listed = beside({"deadletters", "list"});
  EXPECT_NE(listed.output.find(id), std::string::npos) << listed.output << listed.errors;
}

TEST_P(Replay, NamesWhatIsWrong) {
  const auto no_task = replay({"-task", "nobody", "-from", "earliest"});
  EXPECT_EQ(no_task.status, 2);
  EXPECT_NE(no_task.errors.find("no task \"nobody\""), std::string::npos) << no_task.errors;
  const auto same_id = replay({"-task", "users", "-from", "earliest", "-server-id", server_id()});
  EXPECT_EQ(same_id.status, 2);
  EXPECT_NE(same_id.errors.find("is the service's own"), std::string::npos) << same_id.errors;
  const auto beyond = replay({"-task", "users", "-from", "earliest", "-to", "file:bin.999999:4"});
  EXPECT_EQ(beyond.status, 1);
  EXPECT_NE(beyond.errors.find("the server has not come so far; it is at"), std::string::npos)
      << beyond.errors;
  const auto purged = replay({"-task", "users", "-from", "file:nosuch.000001:4"});
  EXPECT_EQ(purged.status, 1);
  EXPECT_NE(purged.errors.find("nosuch.000001"), std::string::npos) << purged.errors;
  EXPECT_EQ(purged.errors.find("go on with"), std::string::npos) << purged.errors;
}

TEST_P(Replay, NamesItsOwnNextStepWhereTheServerHasPurged) {
  const std::string gtids = server_->is_mariadb() ? server_->value("SELECT @@gtid_binlog_pos")
                                                  : server_->value("SELECT @@gtid_executed");
  const auto begin = gtids.empty() ? end_position() : "gtid:" + gtids;
  execute({"INSERT INTO test_db.users VALUES (1, 'Ann')", "FLUSH BINARY LOGS"});
  ASSERT_TRUE(receiver_.wait_for_count("/users", 1, kPatience)) << pikachu_->log();
  const auto end = end_position();
  // A file goes once the service has read it.
  for (auto logs = server_->query("SHOW BINARY LOGS"); logs && logs->size() > 1;
       logs = server_->query("SHOW BINARY LOGS")) {
    execute({"PURGE BINARY LOGS TO '" + end.substr(5, end.rfind(':') - 5) + "'"});
  }

  const auto replayed = replay({"-task", "users", "-from", begin});

  EXPECT_EQ(replayed.status, 1);
  EXPECT_NE(replayed.errors.find("pikachu replay -from "), std::string::npos) << replayed.errors;
  EXPECT_EQ(replayed.errors.find("state reset"), std::string::npos) << replayed.errors;
}

INSTANTIATE_TEST_SUITE_P(Servers, Replay, ::testing::ValuesIn(kServerKinds),
                         [](const auto& of) { return test_name(of.param); });

}  // namespace
}  // namespace pikachu::test
