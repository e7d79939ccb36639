// A primary dies and its replica takes over: what the replica has arrives, once by its id.

#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

constexpr int kKeys = 20;
const std::string kDone = "done";

std::string address_of(const ServerProcess& server) {
  return server.host() + ":" + std::to_string(server.port());
}

/// Webhook bodies by id.
std::map<std::string, std::string> bodies_by_id(const WebhookReceiver& receiver) {
  std::map<std::string, std::string> bodies;
  for (const auto& request : receiver.requests()) {
    bodies.emplace(request.header("webhook-id"), request.body);
  }
  return bodies;
}

/// Two servers, the second a replica of the first by GTID, and a pikachu that knows both.
class Failover : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    start_server(primary_);
    start_server(replica_);
    if (IsSkipped() || HasFatalFailure()) return;
    replicate();
    run(*primary_, {"CREATE DATABASE test_db",
                    "CREATE TABLE test_db.counters (id INT PRIMARY KEY, n INT, v VARCHAR(20))",
                    "CREATE TABLE test_db.others (id INT PRIMARY KEY, n INT, v VARCHAR(20))"});
    for (int key = 0; key < kKeys; ++key) {
      const std::string values = " VALUES (" + std::to_string(key) + ", 0, '')";
      run(*primary_,
          {"INSERT INTO test_db.counters" + values, "INSERT INTO test_db.others" + values});
    }
    admin_port_ = free_port();
  }

  void start_server(std::unique_ptr<ServerProcess>& server) {
    if (IsSkipped()) return;
    auto started = ServerProcess::start(
        GetParam(),
        is_mariadb() ? std::vector<std::string>{"--log-slave-updates=ON"}
                     : std::vector<std::string>{"--gtid-mode=ON", "--enforce-gtid-consistency=ON"});
    if (is_missing(started)) GTEST_SKIP() << GetParam() << ": " << started.error().message;
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }

  bool is_mariadb() const { return GetParam().starts_with("mariadb"); }

  static void run(ServerProcess& server, const std::vector<std::string>& statements) {
    const auto done = server.execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

  void replicate() {
    const std::string port = std::to_string(primary_->port());
    if (is_mariadb()) {
      run(*replica_, {"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=" + port +
                          ", MASTER_USER='pikachu', MASTER_PASSWORD='pikachu', "
                          "MASTER_USE_GTID=slave_pos",
                      "START SLAVE"});
    } else {
      run(*replica_, {"CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=" + port +
                          ", SOURCE_USER='pikachu', SOURCE_PASSWORD='pikachu', "
                          "SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1",
                      "START REPLICA"});
    }
  }

  /// A column of the replica's status, by its place.
  std::string replica_status(std::size_t column) {
    const auto status = replica_->query(is_mariadb() ? "SHOW SLAVE STATUS" : "SHOW REPLICA STATUS");
    EXPECT_TRUE(status) << status.error().message;
    return status && !status->empty() ? status->front().at(column).value_or("") : "";
  }

  /// Waits until the replica has applied the transactions that it has received whole from the
  /// primary, which is dead. Of one that was cut off the position is received, and never executed.
  void wait_for_replica() {
    constexpr std::size_t kReceiverRuns = 10;  // Slave_IO_Running, Replica_IO_Running
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (replica_status(kReceiverRuns) == "Yes") {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the replica still receives";
      run(*replica_, {"DO SLEEP(0.05)"});
    }
    // Gtid_IO_Pos, Retrieved_Gtid_Set
    const auto received = replica_status(is_mariadb() ? 43 : 51);
    ASSERT_NE(received.find('-'), std::string::npos) << received;
    const std::string wait = is_mariadb() ? "MASTER_GTID_WAIT" : "WAIT_FOR_EXECUTED_GTID_SET";
    EXPECT_EQ(replica_->value("SELECT " + wait + "('" + received + "', 30)"), "0") << received;
  }

  /// Waits until the replica has received all that the primary has written, applied or not.
  void wait_for_receipt() {
    const auto written = primary_->query(GetParam() == "mysql-9.7" ? "SHOW BINARY LOG STATUS"
                                                                   : "SHOW MASTER STATUS");
    ASSERT_TRUE(written) << written.error().message;
    const auto file = written->at(0).at(0).value_or("");
    const auto position = number(written->at(0).at(1).value_or(""));
    // Source_Log_File and Read_Source_Log_Pos. What the server itself adds may follow.
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (replica_status(5) != file || number(replica_status(6)) < position) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline)
          << "the replica has received " << replica_status(5) << ":" << replica_status(6) << " of "
          << file << ":" << position;
      run(*replica_, {"DO SLEEP(0.05)"});
    }
  }
  static std::uint64_t number(const std::string& text) { return std::stoull("0" + text); }

  /// Waits until the replica has the primary's row of that `v`.
  void wait_for_value(const std::string& v) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (replica_->value("SELECT COUNT(*) FROM test_db.counters WHERE v = '" + v + "'") != "1") {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the replica does not get " << v;
      run(*replica_, {"DO SLEEP(0.05)"});
    }
  }

  void promote() {
    const std::string replica = is_mariadb() ? "SLAVE" : "REPLICA";
    run(*replica_, {"STOP " + replica, "RESET " + replica + " ALL"});
  }

  /// Transactions of two tables in turn: the second's in a domain (MariaDB), or with a tag (MySQL),
  /// of its own. Ends at the first that fails, when the server is gone.
  void write(ServerProcess& server, int transactions) {
    auto connection = server.connect();
    ASSERT_TRUE(connection) << connection.error().message;
    for (int i = 0; i < transactions; ++i) {
      const bool is_other = i % 2 == 1;
      const std::string setting =
          is_mariadb() ? std::string("SET gtid_domain_id = ") + (is_other ? "7" : "0")
                       : std::string("SET gtid_next = 'AUTOMATIC") + (is_other ? ":orders'" : "'");
      const std::string change = std::string("UPDATE test_db.") +
                                 (is_other ? "others" : "counters") +
                                 " SET n = n + 1 WHERE id IN (" + std::to_string(i / 2 % kKeys) +
                                 ", " + std::to_string((i / 2 + 1) % kKeys) + ")";
      if (!connection->query(setting) || !connection->query(change)) return;
    }
  }

  static void mark(ServerProcess& server, const std::string& v) {
    run(server, {"UPDATE test_db.counters SET n = n + 1, v = '" + v + "' WHERE id = 0"});
  }
  static bool wait_for_mark(const WebhookReceiver& receiver, const std::string& v) {
    std::size_t looked_at = 0;
    bool found = false;
    return receiver.wait_for(
        [&](const auto& requests) {
          for (; looked_at < requests.size(); ++looked_at) {
            if (requests[looked_at].body.find(R"("v":")" + v + R"("})") != std::string::npos) {
              found = true;
            }
          }
          return found;
        },
        std::chrono::minutes(1));
  }

  /// A configuration that begins at the earliest binlog of `hosts`, a YAML value.
  std::string config(const WebhookReceiver& receiver, const std::string& hosts,
                     std::uint16_t admin_port) const {
    std::string text =
        config_text(*primary_, admin_port,
                    {{"t1", "[counters, others]", receiver.url("/hook"), "    order: table\n"}});
    const std::string host = "host: " + primary_->host() + "\n";
    return text.replace(
        text.find(host), host.size(),
        "host: " + hosts + "\n  start_from: earliest\n  heartbeat: 2s\n  failover_patience: 1s\n");
  }
  std::string both() const {
    return "['" + address_of(*primary_) + "', '" + address_of(*replica_) + "']";
  }
  void start_pikachu(const std::string& hosts) {
    pikachu_.emplace(config(receiver_, hosts, admin_port_));
    pikachu_->start();
    ASSERT_TRUE(pikachu_->wait_for_status(admin_port_, "/health/ready", 200)) << pikachu_->log();
    EXPECT_TRUE(wait_for_server(*primary_)) << health() << pikachu_->log();
  }
  std::string health() const {
    const auto answer = http_get(admin_port_, "/health");
    return answer ? answer->body : "";
  }
  /// Waits until it streams from that one, by what it says itself.
  bool wait_for_server(const ServerProcess& server) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    const auto name = R"("server":")" + address_of(server);
    while (health().find(name) == std::string::npos) {
      if (std::chrono::steady_clock::now() > end || pikachu_->wait(kPause)) return false;
    }
    return true;
  }

  /// Compares what arrived with what a second pikachu reads from the replica alone.
  void expect_all_of_the_replica() {
    ASSERT_TRUE(wait_for_mark(receiver_, kDone)) << pikachu_->log();
    WebhookReceiver second;
    PikachuProcess other(config(second, address_list(*replica_), free_port()));
    other.start();
    ASSERT_TRUE(wait_for_mark(second, kDone)) << other.log();
    ASSERT_EQ(other.terminate(), 0) << other.log();

    const auto arrived = bodies_by_id(receiver_);
    const auto expected = bodies_by_id(second);
    EXPECT_GT(expected.size(), 2U * kKeys);
    for (const auto& [id, body] : expected) {
      const auto found = arrived.find(id);
      ASSERT_TRUE(found != arrived.end()) << id << " is missing\n" << pikachu_->log();
      EXPECT_EQ(found->second, body);
    }
    EXPECT_TRUE(ids_with_differing_bodies(receiver_.requests()).empty());
    // What arrived and the replica lacks can only be what died with the primary.
    lost_ = arrived.size() - expected.size();
    RecordProperty("lost_with_the_primary", static_cast<int>(lost_));
    expect_order(arrived, expected);
  }

  /// Each row's changes that the replica has arrived in their order, each once but for repetitions.
  void expect_order(const std::map<std::string, std::string>& arrived,
                    const std::map<std::string, std::string>& expected) {
    std::map<std::string, int> last;
    for (const auto& body : first_arrivals(receiver_.requests())) {
      if (!expected.contains(body["id"].get<std::string>())) continue;
      if (body["event"] != "update") continue;
      const auto row = body["table"].get<std::string>() + body["primary_id"].dump();
      ASSERT_EQ(body["new_data"]["n"].get<int>(), last[row] + 1) << row << " of " << arrived.size();
      ++last[row];
    }
  }

  static std::string address_list(const ServerProcess& server) {
    return "['" + address_of(server) + "']";
  }

  static constexpr std::chrono::milliseconds kPause{20};
  std::unique_ptr<ServerProcess> primary_;
  std::unique_ptr<ServerProcess> replica_;
  WebhookReceiver receiver_;
  std::uint16_t admin_port_ = 0;
  std::optional<PikachuProcess> pikachu_;
  std::size_t lost_ = 0;
};

TEST_P(Failover, PrimaryThatIsKilledUnderLoadIsFollowedByItsReplica) {
  start_pikachu(both());
  {
    const std::jthread writer([this] { write(*primary_, 100'000); });
    ASSERT_TRUE(receiver_.wait_for_count("/hook", 600, kPatience)) << pikachu_->log();
    primary_->kill();
  }
  wait_for_replica();
  promote();
  write(*replica_, 200);
  mark(*replica_, kDone);

  expect_all_of_the_replica();

  EXPECT_TRUE(wait_for_server(*replica_)) << health();
  EXPECT_TRUE(pikachu_->wait_for_log("Another server than before")) << pikachu_->log();
}

TEST_P(Failover, PointingAtTheReplicaAfterwardsLosesNothing) {
  start_pikachu(address_list(*primary_));
  write(*primary_, 200);
  mark(*primary_, "before");
  ASSERT_TRUE(wait_for_mark(receiver_, "before")) << pikachu_->log();
  write(*primary_, 200);
  mark(*primary_, "last");
  wait_for_value("last");
  pikachu_->kill();
  primary_->kill();
  promote();
  write(*replica_, 100);
  mark(*replica_, kDone);

  pikachu_->write_config(config(receiver_, address_list(*replica_), admin_port_));
  pikachu_->start();

  expect_all_of_the_replica();
  EXPECT_EQ(lost_, 0U);
}

TEST_P(Failover, ReplicaThatLagsIsWaitedFor) {
  start_pikachu(both());
  run(*replica_, {is_mariadb() ? "STOP SLAVE SQL_THREAD" : "STOP REPLICA SQL_THREAD"});
  write(*primary_, 100);
  mark(*primary_, "last");
  ASSERT_TRUE(wait_for_mark(receiver_, "last")) << pikachu_->log();
  wait_for_receipt();
  primary_->kill();

  ASSERT_TRUE(pikachu_->wait_for_log("a replica that lags", kPatience)) << pikachu_->log();
  EXPECT_NE(health().find("lacks transactions"), std::string::npos) << health();
  // Longer than failover_patience: it was not promoted, so it is not taken.
  run(*replica_, {"DO SLEEP(2)"});
  EXPECT_TRUE(pikachu_->running()) << pikachu_->log();
  EXPECT_NE(health().find("\"status\":\"DOWN\""), std::string::npos) << health();
  run(*replica_, {is_mariadb() ? "START SLAVE SQL_THREAD" : "START REPLICA SQL_THREAD"});
  wait_for_value("last");
  promote();
  mark(*replica_, kDone);

  expect_all_of_the_replica();
  EXPECT_EQ(lost_, 0U);
}

TEST_P(Failover, ServerThatWasPromotedWithoutTheLastIsTakenAfterPatience) {
  start_pikachu(both());
  write(*primary_, 100);
  mark(*primary_, "seen");
  wait_for_value("seen");
  run(*replica_, {is_mariadb() ? "STOP SLAVE" : "STOP REPLICA"});
  write(*primary_, 6);
  mark(*primary_, "lost");
  ASSERT_TRUE(wait_for_mark(receiver_, "lost")) << pikachu_->log();
  primary_->kill();
  promote();
  write(*replica_, 50);
  mark(*replica_, kDone);

  expect_all_of_the_replica();

  EXPECT_EQ(lost_, 13U);  // Two rows in each of six transactions, and the mark.
  EXPECT_TRUE(pikachu_->wait_for_log("promoted without transactions that were delivered"))
      << pikachu_->log();
}

INSTANTIATE_TEST_SUITE_P(Servers, Failover,
                         ::testing::Values("mysql-9.7", "mariadb-10.11", "mariadb-11.8"),
                         [](const auto& kind) { return test_name(kind.param); });

/// Two servers that have nothing to do with each other, and write no GTIDs.
TEST(FailoverWithoutGtids, StaysWithItsServerAndSaysWhy) {
  auto first = ServerProcess::start("mysql-5.6");
  if (is_missing(first)) GTEST_SKIP() << "mysql-5.6: " << first.error().message;
  ASSERT_TRUE(first) << first.error().message;
  auto second = ServerProcess::start("mysql-5.6");
  ASSERT_TRUE(second) << second.error().message;
  ASSERT_TRUE((*first)->execute(std::vector<std::string>{
      "CREATE DATABASE test_db", "CREATE TABLE test_db.users (id INT PRIMARY KEY)"}));
  WebhookReceiver receiver;
  const auto port = free_port();
  auto text = config_text(**first, port, {{"t1", "users", receiver.url("/hook"), ""}});
  const std::string host = "host: " + (*first)->host();
  text.replace(text.find(host), host.size(),
               "host: ['" + address_of(**first) + "', '" + address_of(**second) + "']");
  PikachuProcess pikachu(text);
  pikachu.start();
  ASSERT_TRUE(pikachu.wait_for_status(port, "/health/ready", 200)) << pikachu.log();

  (*first)->kill();

  ASSERT_TRUE(pikachu.wait_for_log("another server than the one", kPatience)) << pikachu.log();
  EXPECT_TRUE(pikachu.running());
  ASSERT_TRUE((*first)->start_again());
  ASSERT_TRUE((*first)->execute("INSERT INTO test_db.users VALUES (1)"));
  // Pauses between attempts grow to half a minute.
  EXPECT_TRUE(receiver.wait_for_count("/hook", 1, std::chrono::minutes(1))) << pikachu.log();
}

}  // namespace
}  // namespace pikachu::test
