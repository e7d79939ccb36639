// XA transactions of real servers: prepared in one place of the binlog, ended in another.

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/integration/live_source.h"
#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

class Xa : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    // A server that is killed must find again what it has prepared.
    options_ = {"--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1"};
    if (GetParam() == "mysql-9.7") {
      options_.insert(options_.end(), {"--gtid-mode=ON", "--enforce-gtid-consistency=ON",
                                       "--binlog-transaction-compression=ON"});
    }
    auto server = ServerProcess::start(GetParam(), options_);
    if (is_missing(server)) GTEST_SKIP() << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    run({"CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)", LiveSource::kMarks});
  }

  void run(const std::vector<std::string>& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }
  void mark(int id) { run({"INSERT INTO d.marks VALUES (" + std::to_string(id) + ")"}); }

  /// Inserts rows in an XA transaction of its own connection, which stays open, and prepares it.
  void prepare(const std::string& xid, const std::string& rows) {
    auto connection = server_->connect();
    ASSERT_TRUE(connection) << connection.error().message;
    for (const auto& statement : {"XA START " + xid, "INSERT INTO d.t VALUES " + rows,
                                  "XA END " + xid, "XA PREPARE " + xid}) {
      const auto done = connection->query(statement);
      ASSERT_TRUE(done) << statement << ": " << done.error().message;
    }
    connections_.push_back(std::move(*connection));
  }
  /// Ends the last one that was prepared. MariaDB wants its own connection for that.
  void end(const std::string& statement) {
    const auto done = connections_.back().query(statement);
    ASSERT_TRUE(done) << statement << ": " << done.error().message;
  }

  static std::vector<std::string> ids_and_rows(const std::vector<LiveRow>& rows) {
    std::vector<std::string> texts;
    texts.reserve(rows.size());
    for (const auto& row : rows) texts.push_back(row.after.at("id") + " " + row.id);
    return texts;
  }
  static std::vector<std::string> keys(const std::vector<LiveRow>& rows) {
    std::vector<std::string> texts;
    texts.reserve(rows.size());
    for (const auto& row : rows) texts.push_back(row.after.at("id"));
    return texts;
  }

  using Keys = std::vector<std::string>;
  std::vector<std::string> options_;
  std::unique_ptr<ServerProcess> server_;
  std::vector<SqlConnection> connections_;
};

TEST_P(Xa, RowsComeWhenTheyAreCommittedAndHaveTheSameIdsInASecondReading) {
  LiveSource source(*server_);
  source.begin();
  const auto start = source.position();
  prepare("'a','b',7", "(1), (2)");
  run({"INSERT INTO d.t VALUES (3)", "FLUSH BINARY LOGS", "INSERT INTO d.t VALUES (4)"});
  end("XA COMMIT 'a','b',7");
  run({"INSERT INTO d.t VALUES (5)"});
  mark(1);

  const auto rows = source.read_to_mark(1);

  EXPECT_EQ(keys(rows), (Keys{"3", "4", "1", "2", "5"}));
  LiveSource again(*server_, start, {}, 4712);
  EXPECT_EQ(ids_and_rows(again.read_to_mark(1)), ids_and_rows(rows));
}

TEST_P(Xa, RolledBackRowsNeverCome) {
  LiveSource source(*server_);
  source.begin();
  prepare("'a'", "(1), (2)");
  run({"INSERT INTO d.t VALUES (3)"});
  end("XA ROLLBACK 'a'");
  mark(1);

  EXPECT_EQ(keys(source.read_to_mark(1)), Keys{"3"});
}

TEST_P(Xa, OnePhaseCommitIsACommit) {
  LiveSource source(*server_);
  source.begin();
  run({"XA START 'a'", "INSERT INTO d.t VALUES (1)", "XA END 'a'", "XA COMMIT 'a' ONE PHASE"});
  mark(1);

  EXPECT_EQ(keys(source.read_to_mark(1)), Keys{"1"});
}

TEST_P(Xa, RestartOfTheReaderReadsThePreparedRowsAgain) {
  LiveSource source(*server_);
  source.begin();
  prepare("'a'", "(1)");
  run({"INSERT INTO d.t VALUES (2)", "FLUSH BINARY LOGS"});
  mark(1);
  EXPECT_EQ(keys(source.read_to_mark(1)), Keys{"2"});

  LiveSource restarted(*server_, source.position(), {}, 4712);
  EXPECT_EQ(keys(restarted.read_to_mark(1)), Keys{"2"}) << "sent again, with the same id";
  end("XA COMMIT 'a'");
  mark(2);

  EXPECT_EQ(keys(restarted.read_to_mark(2)), Keys{"1"});
  const auto settled = restarted.position();
  LiveSource third(*server_, settled, {}, 4713);
  mark(3);
  EXPECT_TRUE(third.read_to_mark(3).empty());
}

TEST_P(Xa, ServerThatIsKilledBetweenPrepareAndCommitKeepsThePromise) {
  LiveSource source(*server_);
  source.begin();
  prepare("'a'", "(1)");
  run({"INSERT INTO d.t VALUES (2)"});
  mark(1);
  EXPECT_EQ(keys(source.read_to_mark(1)), Keys{"2"});

  server_->kill();
  connections_.clear();
  ASSERT_TRUE(server_->start_again(options_));
  run({"INSERT INTO d.t VALUES (3)", "XA COMMIT 'a'", "INSERT INTO d.t VALUES (4)"});
  mark(2);

  EXPECT_EQ(keys(source.read_to_mark(2)), (Keys{"3", "1", "4"}));
}

TEST_P(Xa, CommitOfWhatWasPreparedBeforeTheStartIsPassedOver) {
  prepare("'a'", "(1)");
  LiveSource source(*server_);
  source.begin();
  end("XA COMMIT 'a'");
  run({"INSERT INTO d.t VALUES (2)"});
  mark(1);

  EXPECT_EQ(keys(source.read_to_mark(1)), Keys{"2"});
}

TEST_P(Xa, PreparedTransactionsAreCounted) {
  LiveSource source(*server_);
  source.begin();
  const auto begun = std::chrono::steady_clock::now();
  prepare("'a'", "(1)");
  prepare("'b'", "(2)");
  mark(1);
  source.read_to_mark(1);

  const auto metrics = source.metrics();

  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begun;
  EXPECT_NE(metrics.find("pikachu_source_prepared_transactions 2"), std::string::npos) << metrics;
  const std::string age = "\npikachu_source_prepared_age_seconds ";
  const auto at = metrics.find(age);
  ASSERT_NE(at, std::string::npos) << metrics;
  const double seconds = std::stod(metrics.substr(at + age.size()));
  EXPECT_GT(seconds, 0) << metrics;
  EXPECT_LE(seconds, since.count()) << metrics;
}

INSTANTIATE_TEST_SUITE_P(Servers, Xa, ::testing::Values("mysql-9.7", "mariadb-11.8"),
                         [](const auto& tested) { return test_name(tested.param); });

}  // namespace
}  // namespace pikachu::test
