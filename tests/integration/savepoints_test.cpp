// What is rolled back to a savepoint, against each kind of server: the rows that come are those
// that the server has in the end.

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/integration/live_source.h"
#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

class Savepoints : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    // With GTIDs MySQL takes no transaction that changes tables of both kinds.
    const bool mysql = GetParam() == "mysql-9.7";
    auto server = ServerProcess::start(
        GetParam(),
        mysql ? std::vector<std::string>{"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"}
              : std::vector<std::string>{});
    if (is_missing(server)) GTEST_SKIP() << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    execute({"CREATE DATABASE d", LiveSource::kMarks,
             "CREATE TABLE d.t (id INT PRIMARY KEY) ENGINE=InnoDB",
             "CREATE TABLE d.m (id INT PRIMARY KEY) ENGINE=MyISAM"});
    execute(
        {"CREATE PROCEDURE d.p() BEGIN SAVEPOINT a; INSERT INTO d.t VALUES (10); "
         "ROLLBACK TO a; INSERT INTO d.t VALUES (11); END"});
  }

  void execute(const std::vector<std::string>& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

  std::vector<std::string> stored() {
    std::vector<std::string> ids;
    const auto rows = server_->query("SELECT id FROM d.t");
    EXPECT_TRUE(rows) << rows.error().message;
    if (!rows) return ids;
    for (const auto& row : *rows) ids.push_back(*row[0]);
    std::ranges::sort(ids);
    return ids;
  }

  std::unique_ptr<ServerProcess> server_;
};

// A change of a MyISAM table in the transaction, or a temporary table that is dropped there, makes
// a server log ROLLBACK TO with what came before it, instead of leaving that out.
const std::vector<std::vector<std::string>> kTransactions{
    {"SAVEPOINT aBc", "INSERT INTO d.t VALUES (2)", "ROLLBACK TO AbC",
     "INSERT INTO d.t VALUES (3)"},
    {"SAVEPOINT é", "INSERT INTO d.t VALUES (2)", "ROLLBACK TO É", "INSERT INTO d.t VALUES (3)"},
    // Newer MariaDB tells these apart, and refuses.
    {"SAVEPOINT é", "INSERT INTO d.t VALUES (2)", "ROLLBACK TO E", "INSERT INTO d.t VALUES (3)"},
    {"SAVEPOINT 保存", "INSERT INTO d.t VALUES (2)", "SAVEPOINT 保点", "INSERT INTO d.t VALUES (3)",
     "ROLLBACK TO 保存", "INSERT INTO d.t VALUES (4)"},
    {"SAVEPOINT `a`", "INSERT INTO d.t VALUES (2)", "SAVEPOINT `a `", "INSERT INTO d.t VALUES (3)",
     "ROLLBACK TO `A `", "INSERT INTO d.t VALUES (4)", "ROLLBACK TO a",
     "INSERT INTO d.t VALUES (5)"},
    {"SAVEPOINT `x``y \"z'`", "INSERT INTO d.t VALUES (2)", "ROLLBACK TO `X``Y \"Z'`"},
    {"SAVEPOINT a", "INSERT INTO d.t VALUES (2)", "SAVEPOINT a", "INSERT INTO d.t VALUES (3)",
     "ROLLBACK TO a", "INSERT INTO d.t VALUES (4)"},
    {"SAVEPOINT a", "INSERT INTO d.t VALUES (2)", "CALL d.p()", "INSERT INTO d.t VALUES (3)",
     "ROLLBACK TO a"},
    {"SAVEPOINT b", "INSERT INTO d.t VALUES (2)", "SAVEPOINT c", "RELEASE SAVEPOINT c",
     "INSERT INTO d.t VALUES (3)", "ROLLBACK TO c", "ROLLBACK TO b"},
};

TEST_P(Savepoints, LeaveWhatTheServerLeaves) {
  auto connection = server_->connect();
  ASSERT_TRUE(connection) << connection.error().message;
  ASSERT_TRUE(connection->query("SET NAMES utf8mb4"));
  LiveSource source(*server_);
  source.begin();

  int mark = 0;
  for (const auto& statements : kTransactions) {
    // The first logged change comes before the savepoints, between them, or not at all.
    for (const std::size_t before : {std::size_t{0}, std::size_t{1}, statements.size()}) {
      std::string shown;
      const auto run = [&](const std::string& statement) {
        shown += statement + "; ";
        // A server refuses names that it does not know.
        static_cast<void>(connection->query(statement));
      };
      run("DELETE FROM d.m");
      run("CREATE TEMPORARY TABLE d.x (a INT)");
      run("DELETE FROM d.t");
      run("BEGIN");
      for (std::size_t i = 0; i < statements.size(); ++i) {
        if (i == before) {
          run("INSERT INTO d.t VALUES (1)");
          run("INSERT INTO d.m VALUES (1)");
          run("DROP TEMPORARY TABLE d.x");
        }
        run(statements[i]);
      }
      run("COMMIT");
      run("DROP TEMPORARY TABLE IF EXISTS d.x");
      ++mark;
      execute({"INSERT INTO d.marks VALUES (" + std::to_string(mark) + ")"});
      std::vector<std::string> seen;
      for (const auto& row : source.read_to_mark(mark)) {
        if (row.table != "t") continue;
        const bool is_insert = row.operation == change::Operation::kInsert;
        if (is_insert) seen.push_back(row.after.at("id"));
      }
      ASSERT_FALSE(source.failure()) << shown;

      std::ranges::sort(seen);
      EXPECT_EQ(seen, stored()) << shown;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, Savepoints, ::testing::ValuesIn(kServerKinds),
                         [](const auto& of) { return test_name(of.param); });

}  // namespace
}  // namespace pikachu::test
