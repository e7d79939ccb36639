// Tables as real servers' information_schema shows them.

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "mysql/information_schema.h"
#include "tests/support/server_process.h"

namespace pikachu::mysql {
namespace {

using change::ColumnHint;
using test::ServerProcess;

class SchemaOn : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    auto server = test::shared_server(GetParam());
    if (test::is_missing(server)) GTEST_SKIP() << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = *server;
    options_.host = server_->host();
    options_.port = server_->port();
    options_.user = server_->user();
    options_.password = server_->password();
    run({"DROP DATABASE IF EXISTS d",
         "CREATE DATABASE d CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"});
  }
  void run(const std::vector<std::string>& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }
  // The table `name` of database d. Fails the test if it is not there.
  change::TableSchema read(const std::string& name) {
    InformationSchema reader(options_, telemetry::Logger());
    auto schema = reader.read("d", name, {});
    if (schema && *schema) return **schema;
    ADD_FAILURE() << (schema ? "no table " + name : schema.error().message);
    return {};
  }
  static change::Column column(const change::TableSchema& schema, const std::string& name) {
    for (const auto& column : schema.columns) {
      if (column.name == name) return column;
    }
    ADD_FAILURE() << "no column " << name;
    return {};
  }
  bool is_97() const { return GetParam() == "mysql-9.7"; }

  ServerProcess* server_ = nullptr;
  ConnectionOptions options_;
};

TEST_P(SchemaOn, ColumnsOfEveryKind) {
  run(
      {"CREATE TABLE d.t (i INT, u BIGINT UNSIGNED, z SMALLINT ZEROFILL, d DECIMAL(10,2), "
       "c CHAR(3) CHARACTER SET latin1, v VARCHAR(30), b VARBINARY(3), bl BLOB, tx TEXT, "
       "dt DATETIME, dt3 DATETIME(3), ts TIMESTAMP(6) NULL, ti TIME(2), y YEAR, "
       "e ENUM('a','it''s','q\"r,s'), s SET('x','y'), bi BIT(3), g GEOMETRY, "
       "`odd``name ü` INT, PRIMARY KEY (v, i))"});
  const auto t = read("t");

  ASSERT_EQ(t.columns.size(), 19U);
  EXPECT_EQ(t.columns[0].name, "i");
  EXPECT_EQ(t.columns[18].name, "odd`name ü");
  EXPECT_EQ(t.primary_key, (std::vector<std::size_t>{5, 0}));
  EXPECT_FALSE(column(t, "i").is_unsigned);
  EXPECT_TRUE(column(t, "u").is_unsigned);
  EXPECT_TRUE(column(t, "z").is_unsigned);
  EXPECT_EQ(column(t, "c").collation_id, 8U);   // latin1_swedish_ci
  EXPECT_EQ(column(t, "v").collation_id, 46U);  // utf8mb4_bin
  EXPECT_EQ(column(t, "tx").collation_id, 46U);
  EXPECT_EQ(column(t, "e").collation_id, 46U);
  EXPECT_EQ(column(t, "b").collation_id, 63U);
  EXPECT_EQ(column(t, "bl").collation_id, 63U);
  EXPECT_EQ(column(t, "dt").fractional_digits, 0);
  EXPECT_EQ(column(t, "dt3").fractional_digits, 3);
  EXPECT_EQ(column(t, "ts").fractional_digits, 6);
  EXPECT_EQ(column(t, "ti").fractional_digits, 2);
  EXPECT_EQ(column(t, "e").labels, (std::vector<std::string>{"a", "it's", "q\"r,s"}));
  EXPECT_EQ(column(t, "s").labels, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(column(t, "d").sql_type, "decimal(10,2)");
}

TEST_P(SchemaOn, LabelsWithOddCharactersComeAsTheyAre) {
  run(
      {"CREATE TABLE d.t (e ENUM('back\\\\slash', 'line\\nfeed', 'percent%', 'ü€', '', ')', "
       "'a''''b'))"});

  EXPECT_EQ(
      column(read("t"), "e").labels,
      (std::vector<std::string>{"back\\slash", "line\nfeed", "percent%", "ü€", "", ")", "a''b"}));
}

TEST_P(SchemaOn, TableNamesWithOddCharactersAreFound) {
  const std::string name = "it's \"a\\b\"; ü%_";
  run({"CREATE TABLE d.`" + name + "` (i INT)", "CREATE TABLE d.`itXs` (j INT, k INT)"});

  EXPECT_EQ(read(name).columns.size(), 1U);
}

TEST_P(SchemaOn, TablesThatDifferInCaseAreToldApart) {
  run({"CREATE TABLE d.Case1 (i INT PRIMARY KEY)", "CREATE TABLE d.case1 (j INT, k INT)"});

  EXPECT_EQ(read("Case1").columns.size(), 1U);
  EXPECT_EQ(read("Case1").primary_key.size(), 1U);
  EXPECT_EQ(read("case1").columns.size(), 2U);
  EXPECT_TRUE(read("case1").primary_key.empty());
}

TEST_P(SchemaOn, AMissingTableIsNothing) {
  InformationSchema reader(options_, telemetry::Logger());
  const auto schema = reader.read("d", "nowhere", {});

  ASSERT_TRUE(schema) << schema.error().message;
  EXPECT_FALSE(*schema);
}

TEST_P(SchemaOn, AConnectionThatTheServerClosedIsMadeAgain) {
  run({"CREATE TABLE d.t (i INT)"});
  InformationSchema reader(options_, telemetry::Logger());
  ASSERT_TRUE(reader.read("d", "t", {}));
  const auto victims =
      server_->query("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'pikachu'");
  ASSERT_TRUE(victims) << victims.error().message;
  ASSERT_FALSE(victims->empty());
  int killed = 0;
  for (const auto& row : *victims) {
    const auto done = server_->execute("KILL " + *row.front());
    // An earlier test's may have gone by itself meanwhile: error 1094.
    EXPECT_TRUE(done || done.error().message.starts_with("Unknown thread id"))
        << done.error().message;
    if (done) ++killed;
  }
  EXPECT_GE(killed, 1) << "the reader's own at least";

  const auto schema = reader.read("d", "t", {});
  ASSERT_TRUE(schema) << schema.error().message;
  EXPECT_TRUE(*schema);
}

TEST_P(SchemaOn, GeneratedAndInvisibleColumnsStandInTheirPlaces) {
  if (GetParam() == "mysql-5.6") return;  // has neither
  run(
      {"CREATE TABLE d.t (a INT, b INT AS (a + 1) VIRTUAL, c INT INVISIBLE, e INT AS (a * 2) "
       "STORED)"});
  const auto t = read("t");

  ASSERT_EQ(t.columns.size(), 4U);
  EXPECT_EQ(t.columns[1].name, "b");
  EXPECT_EQ(t.columns[2].name, "c");
  EXPECT_EQ(t.columns[3].name, "e");
}

TEST_P(SchemaOn, AGeneratedInvisiblePrimaryKeyIsShown) {
  if (!is_97()) return;  // MySQL 8.0.30 and up
  run({"SET SESSION sql_generate_invisible_primary_key = ON", "CREATE TABLE d.t (a INT)",
       "SET SESSION sql_generate_invisible_primary_key = OFF",
       "SET GLOBAL show_gipk_in_create_table_and_information_schema = OFF"});
  const auto t = read("t");
  run({"SET GLOBAL show_gipk_in_create_table_and_information_schema = ON"});

  ASSERT_EQ(t.columns.size(), 2U);
  EXPECT_EQ(t.columns[0].name, "my_row_id");
  EXPECT_EQ(t.primary_key, std::vector<std::size_t>{0});
}

TEST_P(SchemaOn, MariadbTypesThatTheBinlogDoesNotTell) {
  if (!server_->is_mariadb()) return;
  run(
      {"CREATE TABLE d.t (j JSON, l LONGTEXT CHECK (json_valid(`l`) AND LENGTH(l) > 0), t "
       "LONGTEXT, "
       "u UUID, i4 INET4, i6 INET6)"});
  const auto t = read("t");

  EXPECT_EQ(column(t, "j").hint, ColumnHint::kJsonText);
  EXPECT_EQ(column(t, "t").hint, ColumnHint::kNone);
  EXPECT_EQ(column(t, "u").hint, ColumnHint::kUuid);
  EXPECT_EQ(column(t, "i4").hint, ColumnHint::kInet4);
  EXPECT_EQ(column(t, "i6").hint, ColumnHint::kInet6);
  EXPECT_EQ(column(t, "u").collation_id, 63U);
  if (GetParam() != "mariadb-11.8") return;
  run({"CREATE TABLE d.v (v VECTOR(3), x VARCHAR(3) COLLATE utf8mb4_uca1400_ai_ci)"});
  EXPECT_EQ(column(read("v"), "v").hint, ColumnHint::kVector);
  EXPECT_EQ(column(read("v"), "x").collation_id,
            std::stoul(server_->value("SELECT ID FROM "
                                      "information_schema.COLLATION_CHARACTER_SET_APPLICABILITY "
                                      "WHERE FULL_COLLATION_NAME = 'utf8mb4_uca1400_ai_ci'")));
}

TEST_P(SchemaOn, SystemVersionedTablesHaveTheirPeriodColumns) {
  if (!server_->is_mariadb()) return;
  run({"CREATE TABLE d.t (i INT PRIMARY KEY) WITH SYSTEM VERSIONING",
       "CREATE TABLE d.p (i INT, f TIMESTAMP(6) GENERATED ALWAYS AS ROW START, u TIMESTAMP(6) "
       "GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME(f, u)) WITH SYSTEM VERSIONING"});

  EXPECT_EQ(read("t").columns.size(), 3U);
  EXPECT_EQ(read("t").columns.back().name, "row_end");
  EXPECT_EQ(read("p").columns.size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(EveryKind, SchemaOn, testing::ValuesIn(test::kServerKinds),
                         [](const auto& kind) { return test::test_name(kind.param); });

}  // namespace
}  // namespace pikachu::mysql
