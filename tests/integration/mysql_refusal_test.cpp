// What real servers refuse, and whether the message says what to do about it.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "mysql/binlog_dump.h"
#include "mysql/stream_opener.h"
#include "tests/support/server_process.h"

namespace pikachu::mysql {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using test::ServerProcess;

class Refusal : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    auto server = test::shared_server(GetParam());
    if (test::is_missing(server)) GTEST_SKIP() << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    use(**server);
  }

  void use(ServerProcess& server) {
    server_ = &server;
    options_.host = server.host();
    options_.port = server.port();
    options_.user = server.user();
    options_.password = server.password();
    options_.server_id = 4711;
    options_.instance = "refusal";
  }
  // A server of this test's own, because it is configured or bent in a way that others can't bear.
  void use_own(const std::vector<std::string>& options = {}) {
    auto server = ServerProcess::start(GetParam(), options);
    ASSERT_TRUE(server) << server.error().message;
    own_ = std::move(*server);
    use(*own_);
  }
  void run(const std::vector<std::string>& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

  base::Result<source::OpenedStream> open(const source::StartFrom& from = source::Latest{},
                                          const std::optional<change::Position>& resume = {}) {
    BinlogStreamOpener opener(options_, telemetry::Logger());
    return opener.open(resume, from, {});
  }
  // What ends the stream, or keeps it from being opened, as "code: message".
  std::string failure(const source::StartFrom& from = source::Latest{},
                      const std::optional<change::Position>& resume = {}) {
    auto stream = open(from, resume);
    if (!stream) return text_of(stream.error());
    return failure_of(*stream->events);
  }
  static std::string failure_of(source::EventStream& stream) {
    const auto deadline = steady_clock::now() + seconds(12);
    while (steady_clock::now() < deadline) {
      const auto event = stream.next({});
      if (!event) return text_of(event.error());
    }
    return "the stream did not fail within 12 s";
  }
  static std::string text_of(const base::Error& error) {
    return std::string(to_string(error.code)) + ": " + error.message;
  }
  static testing::AssertionResult says(const std::string& failure, const std::string& code,
                                       const std::vector<std::string>& parts) {
    if (!failure.starts_with(code + ": ")) return testing::AssertionFailure() << failure;
    for (const auto& part : parts) {
      if (failure.find(part) == std::string::npos) {
        return testing::AssertionFailure() << "no '" << part << "' in: " << failure;
      }
    }
    return testing::AssertionSuccess();
  }
  bool is_56() const { return GetParam() == "mysql-5.6"; }

  ServerProcess* server_ = nullptr;
  ConnectionOptions options_;
  std::unique_ptr<ServerProcess> own_;
};

TEST_P(Refusal, NamesTheGrantForMissingPrivileges) {
  // The account must not exist from an earlier run; 5.6 knows no IF EXISTS.
  run({"CREATE USER poor@'%' IDENTIFIED BY 'poor'", "GRANT SELECT ON *.* TO poor@'%'"});
  options_.user = "poor";
  options_.password = "poor";
  const std::string client = server_->is_mariadb() ? "BINLOG MONITOR" : "REPLICATION CLIENT";
  const std::string grant = "GRANT SELECT, REPLICATION SLAVE, " + client + " ON *.* TO 'poor'@'%';";

  EXPECT_TRUE(says(failure(), "invalid", {grant}));
  run({"GRANT REPLICATION CLIENT ON *.* TO poor@'%'"});
  EXPECT_TRUE(says(failure(), "invalid", {grant}));
  run({"GRANT REPLICATION SLAVE ON *.* TO poor@'%'"});
  EXPECT_TRUE(open());
  run({"DROP USER poor@'%'"});
}

TEST_P(Refusal, AServerWithoutBinlog) {
  use_own({"--skip-log-bin"});
  EXPECT_TRUE(says(failure(), "invalid", {"log_bin", "restart"}));
}

TEST_P(Refusal, AnotherBinlogFormatThanRow) {
  run({"SET GLOBAL binlog_format = 'STATEMENT'"});
  EXPECT_TRUE(says(failure(), "invalid", {"STATEMENT", "SET GLOBAL binlog_format = 'ROW'"}));
  run({"SET GLOBAL binlog_format = 'ROW'"});
}

TEST_P(Refusal, TheServersOwnServerId) {
  options_.server_id = static_cast<std::uint32_t>(std::stoul(server_->value("SELECT @@server_id")));
  EXPECT_TRUE(says(failure(), "invalid", {"server_id " + std::to_string(options_.server_id)}));
  options_.server_id = 0;
  EXPECT_TRUE(says(failure(), "invalid", {"server_id is 0"}));
}

TEST_P(Refusal, AReplicaWithTheSameServerIdThatTakesOver) {
  auto first = open();
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(first->events->next({}));
  // What is no pikachu takes no lock.
  auto session = Session::connect(options_, telemetry::Logger(), {});
  ASSERT_TRUE(session) << session.error().message;
  DumpRequest request;
  request.flavor = first->start.flavor;
  request.server_id = options_.server_id;
  request.heartbeat = options_.heartbeat;
  request.file = first->start.file;
  auto second = BinlogDump::start(std::move(*session), request, telemetry::Logger(), {});
  ASSERT_TRUE(second) << second.error().message;
  ASSERT_TRUE((*second)->next({}));

  EXPECT_TRUE(says(failure_of(*first->events), is_56() ? "unavailable" : "invalid",
                   is_56() ? std::vector<std::string>{} : std::vector<std::string>{"4711"}));
  EXPECT_TRUE((*second)->next({}));
}

TEST_P(Refusal, AnotherInstanceWithTheSameServerId) {
  options_.heartbeat = std::chrono::milliseconds(500);
  auto first = open();
  ASSERT_TRUE(first) << first.error().message;
  options_.instance = "another";

  EXPECT_TRUE(says(failure(), "invalid",
                   {"database.server_id 4711 is in use: connection ", " of user pikachu from ",
                    "stop that one, or give this one another database.server_id", ": KILL "}));
  EXPECT_TRUE(first->events->next({}));
}

TEST_P(Refusal, AnotherInstanceThatOurAccountMayNotSee) {
  options_.heartbeat = std::chrono::milliseconds(500);
  ASSERT_EQ(server_->value("SELECT GET_LOCK('pikachu.server_id.4711', 0)"), "1");
  const auto holder = server_->value("SELECT CONNECTION_ID()");

  EXPECT_TRUE(says(failure(), "invalid",
                   {"in use: connection " + holder +
                        " (whose user and address an account without PROCESS may not see) holds it",
                    ": KILL " + holder + ";"}));
  run({"DO RELEASE_LOCK('pikachu.server_id.4711')"});
  EXPECT_TRUE(open());
}

TEST_P(Refusal, AnInstanceThatLivesOnACopyOfOurState) {
  options_.heartbeat = std::chrono::milliseconds(500);
  BinlogStreamOpener ours(options_, telemetry::Logger());
  BinlogStreamOpener copy(options_, telemetry::Logger());
  auto first = ours.open({}, source::Latest{}, {});
  ASSERT_TRUE(first) << first.error().message;
  // It takes us for its predecessor, once; the two of us must not go on like that for ever.
  auto second = copy.open({}, source::Latest{}, {});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_TRUE(failure_of(*first->events).starts_with("unavailable: "));

  auto again = ours.open({}, source::Latest{}, {});

  ASSERT_FALSE(again);
  EXPECT_TRUE(says(text_of(again.error()), "invalid",
                   {"another pikachu streams with it, on a copy of this state directory"}));
  EXPECT_TRUE(second->events->next({}));
}

TEST_P(Refusal, NoFurtherServerIsTriedWhereAnotherInstanceHasTheServerId) {
  options_.heartbeat = std::chrono::milliseconds(500);
  auto first = open();
  ASSERT_TRUE(first) << first.error().message;
  options_.instance = "another";
  options_.others = {{"127.0.0.1", 1}};

  const auto message = failure();

  EXPECT_TRUE(says(message, "invalid", {"is in use: connection "}));
  EXPECT_EQ(message.find("127.0.0.1:1:"), std::string::npos) << message;
}

TEST_P(Refusal, PartialJsonWithoutTheValuesBefore) {
  if (GetParam() != "mysql-9.7") return;  // only MySQL 8.0 and up has it
  run({"SET GLOBAL binlog_row_value_options = 'PARTIAL_JSON'"});
  EXPECT_TRUE(open());
  run({"SET GLOBAL binlog_row_image = 'MINIMAL'"});
  EXPECT_TRUE(
      says(failure(), "unsupported", {"PARTIAL_JSON", "MINIMAL", "SET GLOBAL binlog_row_image"}));
  run({"SET GLOBAL binlog_row_image = 'FULL'", "SET GLOBAL binlog_row_value_options = ''"});
}

TEST_P(Refusal, APurgedPosition) {
  use_own();
  auto old = open();
  ASSERT_TRUE(old) << old.error().message;
  auto position = old->start;
  old->events.reset();
  run({"CREATE DATABASE d", "CREATE TABLE d.t (i INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1)"});
  for (int i = 2; i < 5; ++i) {
    run({"FLUSH BINARY LOGS", "INSERT INTO d.t VALUES (" + std::to_string(i) + ")"});
  }
  // MariaDB keeps a file until its checkpoint has passed.
  const auto deadline = steady_clock::now() + seconds(20);
  while (server_->value("SHOW BINARY LOGS") == position.file) {
    ASSERT_LT(steady_clock::now(), deadline) << "the server does not purge " << position.file;
    run({"FLUSH BINARY LOGS", "DO SLEEP(0.1)"});
    const auto logs = server_->query("SHOW BINARY LOGS");
    ASSERT_TRUE(logs);
    run({"PURGE BINARY LOGS TO '" + *logs->back().front() + "'"});
  }

  if (!is_56()) {
    auto by_gtid = position;
    by_gtid.gtids = *change::GtidSet::parse(
        position.flavor, server_->is_mariadb() ? "0-" + server_->value("SELECT @@server_id") + "-1"
                                               : position.server + ":1");
    EXPECT_TRUE(
        says(failure({}, by_gtid), "invalid", {"purged", "state reset", "-position gtid:"}));
  }
  position.gtids = change::GtidSet(position.flavor);
  EXPECT_TRUE(says(failure({}, position), "invalid", {position.file}));
}

TEST_P(Refusal, AGtidAheadOfTheServer) {
  if (is_56()) return;  // runs without GTIDs
  auto here = open();
  ASSERT_TRUE(here) << here.error().message;
  auto ahead = here->start;
  ahead.gtids = *change::GtidSet::parse(
      ahead.flavor, server_->is_mariadb() ? "0-" + server_->value("SELECT @@server_id") + "-999999"
                                          : ahead.server + ":1-999999");

  EXPECT_TRUE(says(failure({}, ahead), "invalid", {"999999", "reset", "-position earliest"}));
}

TEST_P(Refusal, APositionOfAnotherServer) {
  auto here = open();
  ASSERT_TRUE(here) << here.error().message;
  auto elsewhere = here->start;
  // MariaDB always writes GTIDs: these are of a server that this one never heard of.
  elsewhere.gtids = *change::GtidSet::parse(elsewhere.flavor, server_->is_mariadb() ? "0-7-5" : "");
  elsewhere.server = "the-other-one";

  EXPECT_TRUE(says(failure({}, elsewhere), "invalid",
                   {"the-other-one", here->start.server, "-position latest"}));

  elsewhere.flavor = server_->is_mariadb() ? change::Flavor::kMysql : change::Flavor::kMariadb;
  EXPECT_TRUE(says(failure({}, elsewhere), "invalid", {"database.host"}));
}

TEST_P(Refusal, AnOffsetBeyondTheFile) {
  auto here = open();
  ASSERT_TRUE(here) << here.error().message;
  const source::AtFile beyond{here->start.file, here->start.offset + 1'000'000};

  EXPECT_TRUE(says(failure(beyond), "invalid", {std::to_string(beyond.offset)}));
}

TEST_P(Refusal, AFileThatIsNotThere) {
  EXPECT_TRUE(says(failure(source::AtFile{"binlog.999999", 4}), "invalid", {"binlog.999999"}));
  EXPECT_TRUE(says(failure(source::AtFile{"x'; DROP TABLE t", 4}), "invalid", {}));
}

INSTANTIATE_TEST_SUITE_P(EveryKind, Refusal, testing::ValuesIn(test::kServerKinds),
                         [](const auto& kind) { return test::test_name(kind.param); });

}  // namespace
}  // namespace pikachu::mysql
