// What real servers write besides plain inserts and updates, and what becomes of it.

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/integration/live_source.h"
#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

/// A server of the test's own with the database d; the test is skipped where there is none.
class Events : public ::testing::Test {
 protected:
  void start(std::string_view kind, const std::vector<std::string>& options = {}) {
    auto server = ServerProcess::start(kind, options);
    if (is_missing(server)) GTEST_SKIP() << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    run({"CREATE DATABASE d", "USE d", LiveSource::kMarks});
  }

  void run(const std::vector<std::string>& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

  void mark(int id) { run({"INSERT INTO d.marks VALUES (" + std::to_string(id) + ")"}); }

  std::unique_ptr<ServerProcess> server_;
};

/// Random documents, and expressions that change a part of one.
class RandomJson {
 public:
  explicit RandomJson(std::uint64_t seed) : random_(seed) {}

  std::string document() { return "CAST('" + value(3) + "' AS JSON)"; }

  /// An expression over the column j that a server may log as changes of its parts.
  std::string change() {
    std::string expression = "j";
    for (int i = pick(1, 3); i > 0; --i) {
      static const std::vector<std::string> functions{"JSON_SET", "JSON_REPLACE", "JSON_REMOVE"};
      const auto& function = functions[static_cast<std::size_t>(pick(0, 2))];
      expression.insert(0, function + "(").append(", '").append(path()).append("'");
      if (function != "JSON_REMOVE") expression.append(", ").append(argument());
      expression.append(")");
    }
    return expression;
  }

 private:
  int pick(int from, int to) { return std::uniform_int_distribution(from, to)(random_); }

  std::string key() {
    static const std::vector<std::string> keys{"a", "b", "long key", "\u00e9", R"(q\\"t)", "x.y"};
    return keys[static_cast<std::size_t>(pick(0, 5))];
  }

  std::string path() {
    std::string text = "$";
    for (int i = pick(1, 3); i > 0; --i) {
      switch (pick(0, 3)) {
        case 0:
          text += ".\"" + key() + "\"";
          break;
        case 1:
          text += ".a";
          break;
        case 2:
          text += "[" + std::to_string(pick(0, 4)) + "]";
          break;
        default:
          text += pick(0, 1) == 0 ? "[last]" : "[last-1]";
      }
    }
    return text;
  }

  std::string argument() {
    switch (pick(0, 6)) {
      case 0:
        return "NULL";
      case 1:
        return "CAST('2024-02-29 12:00:00.5' AS DATETIME(3))";
      case 2:
        return "CAST(-1.50 AS DECIMAL(5,2))";
      case 3:
        return "REPEAT('long ', " + std::to_string(pick(0, 20'000)) + ")";
      case 4:
        return document();
      default:
        return "'text " + std::to_string(pick(0, 99)) + "'";
    }
  }

  std::string value(int depth) {
    const int kind = pick(0, depth > 0 ? 6 : 4);
    if (kind == 0) return std::to_string(pick(-40'000, 40'000));
    if (kind == 1) return std::to_string(pick(-9, 9)) + ".25";
    if (kind == 2) return "\"some text that takes room\"";
    if (kind == 3) return pick(0, 1) == 0 ? "true" : "null";
    if (kind == 4) return "3000000000";
    std::string text = kind == 5 ? "[" : "{";
    for (int i = pick(0, 4); i > 0; --i) {
      if (text.size() > 1) text += ", ";
      if (kind == 6) text += "\"" + key() + "\": ";
      text += value(depth - 1);
    }
    return text + (kind == 5 ? "]" : "}");
  }

  std::mt19937_64 random_;
};

TEST_F(Events, PartialJsonUpdatesArriveAsTheWholeValueThatTheServerShows) {
  start("mysql-9.7", {"--binlog-row-value-options=PARTIAL_JSON"});
  if (IsSkipped()) return;
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomJson random(seed);
  run({"SET NAMES utf8mb4", "CREATE TABLE t (id INT PRIMARY KEY, n INT, i JSON, j JSON)"});
  constexpr int kRows = 8;
  constexpr int kUpdates = 400;
  for (int id = 0; id < kRows; ++id) {
    run({"INSERT INTO t VALUES (" + std::to_string(id) + ", -1, '[]', " + random.document() + ")"});
  }
  LiveSource source(*server_);
  source.begin();

  std::vector<std::string> expected;
  for (int n = 0; n < kUpdates; ++n) {
    const std::string where = " WHERE id = " + std::to_string(n % kRows);
    const std::string set = n % 40 == 39 ? random.document() : random.change();
    std::string update = "UPDATE t SET n = " + std::to_string(n);
    run({update.append(", j = ").append(set).append(where)});
    expected.push_back(server_->value("SELECT COALESCE(CAST(j AS CHAR), 'NULL') FROM t" + where));
    if (expected.back() == "NULL") {
      run({"UPDATE t SET j = " + random.document() + where});
      expected.push_back(server_->value("SELECT CAST(j AS CHAR) FROM t" + where));
    }
  }
  mark(1);
  const auto rows = source.read_to_mark(1);

  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].after.at("j"), expected[i]) << "change " << i;
  }
  const auto logged = server_->query("SHOW BINLOG EVENTS");
  ASSERT_TRUE(logged) << logged.error().message;
  const auto partial = std::ranges::count_if(
      *logged, [](const auto& event) { return event[2] == "Update_rows_partial"; });
  EXPECT_GT(partial, kUpdates / 10) << "the server logged too few changes of parts";
}

/// The same against a server of each of the newer releases.
class EventsOf : public Events, public ::testing::WithParamInterface<std::string_view> {
 protected:
  bool is_mariadb() const { return server_->is_mariadb(); }
};

TEST_P(EventsOf, EventsOfMoreThanAPacketArriveWhole) {
  start(GetParam(), {"--max-allowed-packet=256M"});
  if (IsSkipped()) return;
  run({"CREATE TABLE t (id INT PRIMARY KEY, c LONGTEXT CHARACTER SET latin1)"});
  LiveSource source(*server_);
  source.begin();
  // Around one packet of 2^24-1 bytes, and over several.
  const std::vector<std::size_t> sizes{16'777'100, 16'777'150, 16'777'215, 40'000'000};

  for (std::size_t i = 0; i < sizes.size(); ++i) {
    run({"INSERT INTO t VALUES (" + std::to_string(i) + ", REPEAT('x', " +
         std::to_string(sizes[i]) + "))"});
  }
  mark(1);
  const auto rows = source.read_to_mark(1);

  ASSERT_EQ(rows.size(), sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_TRUE(rows[i].after.at("c") == std::string(sizes[i], 'x')) << sizes[i];
  }
}

TEST_P(EventsOf, RowsBringTheirStatementWhereTheServerLogsIt) {
  start(GetParam());
  if (IsSkipped()) return;
  run({"CREATE TABLE t (id INT PRIMARY KEY)"});
  source::SourceOptions options;
  options.with_queries = true;
  LiveSource source(*server_, std::nullopt, options);
  source.begin();
  const std::string logged = "INSERT INTO t VALUES (1), (2)";
  const std::string variable =
      is_mariadb() ? "binlog_annotate_row_events" : "binlog_rows_query_log_events";

  run({"SET SESSION " + variable + " = ON", logged, "SET SESSION " + variable + " = OFF",
       "INSERT INTO t VALUES (3)"});
  mark(1);
  const auto rows = source.read_to_mark(1);

  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].query, logged);
  EXPECT_EQ(rows[1].query, logged);
  EXPECT_EQ(rows[2].query, "");
}

TEST_P(EventsOf, StatementsInTextFormAreCountedAndPassedOver) {
  start(GetParam(), {"--secure-file-priv="});
  if (IsSkipped()) return;
  run({"CREATE TABLE t (id INT PRIMARY KEY)"});
  LiveSource source(*server_);
  source.begin();
  const auto file = server_->data_directory() / "rows.txt";
  std::ofstream(file) << "5\n6\n";

  run({"SET SESSION binlog_format = 'STATEMENT'", "SET @a = 1", "INSERT INTO t VALUES (@a)",
       "UPDATE t SET id = id + LAST_INSERT_ID() + 10",
       "LOAD DATA INFILE '" + file.string() + "' INTO TABLE t", "CREATE TABLE copy SELECT * FROM t",
       "SET SESSION binlog_format = 'ROW'", "INSERT INTO t VALUES (7)"});
  mark(1);
  const auto rows = source.read_to_mark(1);

  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].after.at("id"), "7");
  EXPECT_NE(source.metrics().find("pikachu_source_statement_format_total 4"), std::string::npos);
}

class WithoutChecksums : public EventsOf {};

// Such a server changes the format description that it sends, and leaves that one's sum as it was.
TEST_P(WithoutChecksums, ServerIsReadFromWithinAFile) {
  start(GetParam(), {"--binlog-checksum=NONE"});
  if (IsSkipped()) return;
  run({"CREATE TABLE t (id INT PRIMARY KEY)"});
  LiveSource source(*server_);
  source.begin();
  run({"INSERT INTO t VALUES (1)"});
  mark(1);
  EXPECT_EQ(source.read_to_mark(1).size(), 1U);

  run({"INSERT INTO t VALUES (2), (3)"});
  mark(2);
  LiveSource resumed(*server_, source.position());

  EXPECT_EQ(resumed.read_to_mark(2).size(), 2U);
}

using Image = std::map<std::string, std::string>;

/// `image` without the generated columns that `logged` lacks. MariaDB wrote them up to 11.8.6, and
/// leaves them out of updates and deletes in 11.8.9, also with binlog_row_image=FULL.
Image without_generated_that_lack(Image image, const Image& logged) {
  for (const auto* column : {"v", "s"}) {
    if (!logged.contains(column)) image.erase(column);
  }
  return image;
}

TEST_P(EventsOf, GeneratedColumnsArriveAndWhatTheImageLacksIsAbsent) {
  start(GetParam(), {"--binlog-row-metadata=FULL"});
  if (IsSkipped()) return;
  run(
      {"CREATE TABLE t (id INT PRIMARY KEY, a INT, v INT AS (a + 1) VIRTUAL, "
       "s INT AS (a + 2) STORED, z INT)",
       "INSERT INTO t (id, a, z) VALUES (1, 10, 5)"});
  LiveSource source(*server_);
  source.begin();

  run({"UPDATE t SET z = 6",
       std::string("SET SESSION binlog_row_image = ") + (is_mariadb() ? "FULL_NODUP" : "MINIMAL"),
       "UPDATE t SET z = 7"});
  mark(1);
  const auto rows = source.read_to_mark(1);

  ASSERT_EQ(rows.size(), 2U);
  const Image whole{{"id", "1"}, {"a", "10"}, {"v", "11"}, {"s", "12"}, {"z", "6"}};
  if (!is_mariadb()) {
    EXPECT_EQ(rows[0].after, whole);
    EXPECT_EQ(rows[1].before, (Image{{"id", "1"}}));
    EXPECT_EQ(rows[1].after, (Image{{"z", "7"}}));
    return;
  }
  EXPECT_EQ(rows[0].after, without_generated_that_lack(whole, rows[0].after));
  EXPECT_EQ(rows[1].before, without_generated_that_lack(whole, rows[1].before));
  // A stored generated column is repeated where it is logged, because it may have changed.
  const Image changed{{"s", "12"}, {"z", "7"}};
  EXPECT_EQ(rows[1].after, without_generated_that_lack(changed, rows[1].after));
}

TEST_P(EventsOf, WhatIsRolledBackInPartNeverComes) {
  // With GTIDs MySQL takes no transaction that changes tables of both kinds.
  const bool mysql = GetParam() == "mysql-9.7";
  start(GetParam(),
        mysql ? std::vector<std::string>{"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"}
              : std::vector<std::string>{});
  if (IsSkipped()) return;
  run({"CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB",
       "CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM"});
  LiveSource source(*server_);
  source.begin();

  run({"BEGIN", "INSERT INTO t VALUES (1)", "SAVEPOINT s", "INSERT INTO t VALUES (2)",
       "INSERT INTO m VALUES (10)", "ROLLBACK TO s", "INSERT INTO t VALUES (3)", "COMMIT", "BEGIN",
       "INSERT INTO t VALUES (4)", "INSERT INTO m VALUES (11)", "ROLLBACK"});
  mark(1);
  std::vector<std::string> seen;
  for (const auto& row : source.read_to_mark(1)) seen.push_back(row.table + row.after.at("id"));

  // Rows of MyISAM tables are there at once, and stay.
  std::ranges::sort(seen);
  EXPECT_EQ(seen, (std::vector<std::string>{"m10", "m11", "t1", "t3"}));
}

INSTANTIATE_TEST_SUITE_P(Servers, WithoutChecksums,
                         ::testing::Values("mysql-5.6", "mysql-9.7", "mariadb-10.11",
                                           "mariadb-11.8"),
                         [](const auto& tested) { return test_name(tested.param); });
INSTANTIATE_TEST_SUITE_P(Servers, EventsOf, ::testing::Values("mysql-9.7", "mariadb-11.8"),
                         [](const auto& tested) { return test_name(tested.param); });

TEST_F(Events, RowsThatACascadeOfMysqlChangesArrive) {
  start("mysql-9.7");
  if (IsSkipped()) return;
  run({"CREATE TABLE p (id INT PRIMARY KEY)",
       "CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) "
       "ON DELETE CASCADE)",
       "INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (10, 1), (11, 1)"});
  LiveSource source(*server_);
  source.begin();

  run({"DELETE FROM p"});
  mark(1);
  std::vector<std::string> seen;
  for (const auto& row : source.read_to_mark(1)) seen.push_back(row.table + row.before.at("id"));

  EXPECT_EQ(seen, (std::vector<std::string>{"c10", "c11", "p1"}));
}

TEST_F(Events, TwoPhaseAlterOfMariadbCountsOnce) {
  start("mariadb-11.8");
  if (IsSkipped()) return;
  run({"CREATE TABLE t (id INT PRIMARY KEY)"});
  LiveSource source(*server_);
  source.begin();

  run({"INSERT INTO t VALUES (1)"});
  mark(1);
  EXPECT_EQ(source.read_to_mark(1).size(), 1U);
  run({"SET SESSION binlog_alter_two_phase = 1", "ALTER TABLE t ADD COLUMN a INT"});
  run({"INSERT INTO t VALUES (2, 20)"});
  mark(2);
  const auto rows = source.read_to_mark(2);

  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].after.at("a"), "20");
}

// What a session that is not strict stores where no geometry is given.
TEST_F(Events, EmptyGeometriesArrive) {
  start("mariadb-11.8");
  if (IsSkipped()) return;
  run({"CREATE TABLE t (id INT PRIMARY KEY, g GEOMETRY NOT NULL)"});
  LiveSource source(*server_);
  source.begin();

  run({"SET SESSION sql_mode = ''", "INSERT INTO t (id) VALUES (1)"});
  mark(1);
  const auto rows = source.read_to_mark(1);

  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].after.at("g"), "");
}

// What a session marks with skip_replication, replicas take unless they are told not to.
TEST_F(Events, RowsThatMariadbMarksForReplicasToSkipArrive) {
  start("mariadb-11.8");
  if (IsSkipped()) return;
  run({"CREATE TABLE t (id INT PRIMARY KEY)"});
  LiveSource source(*server_);
  source.begin();

  run({"SET SESSION skip_replication = 1", "INSERT INTO t VALUES (1)",
       "SET SESSION skip_replication = 0"});
  mark(1);

  EXPECT_EQ(source.read_to_mark(1).size(), 1U);
}

}  // namespace
}  // namespace pikachu::test
