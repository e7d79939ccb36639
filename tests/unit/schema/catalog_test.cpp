#include <string>
#include <vector>

#include "tests/unit/schema/described_table.h"

namespace pikachu::schema {
namespace {

TEST(Catalog, RenamesFromLeftToRight) {
  auto tables = mysql();
  tables.apply("CREATE DATABASE e");
  tables.apply("CREATE TABLE t (a INT)");
  tables.apply("CREATE TABLE u (b INT)");
  tables.apply("RENAME TABLE t TO x, u TO t, x TO e.`u`");

  EXPECT_EQ(tables.table("t"), "b int(11)");
  EXPECT_EQ(tables.table("u", "e"), "a int(11)");
  EXPECT_EQ(tables.table("u"), "unknown");
  EXPECT_EQ(tables.table("x"), "unknown");
}

TEST(Catalog, RenamingWhatIsUnknownMakesTheNewNameUnknown) {
  auto tables = mysql();
  tables.apply("CREATE TABLE t (a INT)");
  tables.apply("RENAME TABLE t TO gone, elsewhere.x TO t");

  EXPECT_EQ(tables.table("t"), "unknown");
}

TEST(Catalog, RenameIfExistsPassesOverWhatIsNotThere) {
  auto tables = mariadb();
  tables.apply("CREATE TABLE t (a INT)");
  tables.apply("RENAME TABLE IF EXISTS nosuch TO t, t WAIT 3 TO u");

  EXPECT_EQ(tables.table("u"), "a int(11)");
}

TEST(Catalog, DropsTablesAndDatabases) {
  auto tables = mysql();
  for (const char* name : {"t", "u", "v"}) {
    tables.apply("CREATE TABLE " + std::string(name) + " (a INT)");
  }
  tables.apply("DROP TABLES IF EXISTS t, `d`.`u` CASCADE");
  EXPECT_EQ(tables.table("t"), "unknown");
  EXPECT_EQ(tables.table("u"), "unknown");
  EXPECT_EQ(tables.table("v"), "a int(11)");

  tables.apply("DROP SCHEMA d");
  EXPECT_EQ(tables.table("v"), "unknown");
}

TEST(Catalog, LooksThroughSetStatement) {
  auto tables = mariadb();
  tables.apply("SET STATEMENT max_statement_time=(1 + 2), x='FOR' FOR CREATE TABLE t (a INT)");

  EXPECT_EQ(tables.table("t"), "a int(11)");
}

TEST(Catalog, PassesOverWhatDefinesNoTable) {
  auto tables = mariadb();
  tables.apply("CREATE TABLE t (a INT)");
  for (const char* sql :
       {"TRUNCATE t",
        "CREATE UNIQUE INDEX i ON t (a)",
        "DROP INDEX i ON t",
        "CREATE VIEW v AS SELECT 1",
        "CREATE OR REPLACE ALGORITHM=MERGE DEFINER=x@y VIEW v AS SELECT 1",
        "DROP VIEW t",
        "CREATE DEFINER=x@y TRIGGER g BEFORE INSERT ON t FOR EACH ROW DROP TABLE t",
        "CREATE PROCEDURE p() DROP TABLE t",
        "CREATE USER u",
        "RENAME USER t TO u",
        "ANALYZE TABLE t",
        "DROP TEMPORARY TABLE t",
        "CREATE TEMPORARY TABLE t (b INT)",
        "INSERT INTO t VALUES (1)",
        "SET NAMES utf8",
        "ALTER USER u",
        "ALTER VIEW v AS SELECT 1",
        "FLUSH TABLES",
        "",
        ";",
        "SET",
        "CREATE",
        "DROP",
        "ALTER",
        "RENAME",
        "SET STATEMENT x=1"}) {
    SCOPED_TRACE(sql);
    tables.apply(sql);
    EXPECT_EQ(tables.table("t"), "a int(11)");
  }
}

TEST(Catalog, KnowsTheColumnsOfSequences) {
  auto tables = mariadb();
  tables.apply("CREATE SEQUENCE s START WITH 5");
  EXPECT_TRUE(tables.table("s").starts_with("next_not_cached_value bigint(21), minimum_value"));
  tables.apply("ALTER SEQUENCE s AS SMALLINT UNSIGNED");
  EXPECT_TRUE(tables.table("s").starts_with("next_not_cached_value smallint(7) unsigned,"));
  tables.apply("DROP SEQUENCE s");
  EXPECT_EQ(tables.table("s"), "unknown");
}

TEST(Catalog, OnMysqlIfNotExistsCountsOnlyWhereNothingCanHaveBeen) {
  Tables tables(change::Flavor::kMysql);
  constexpr std::string_view kCreate = "CREATE TABLE IF NOT EXISTS t (a INT)";

  EXPECT_NE(tables.refusal(kCreate).find("IF NOT EXISTS"), std::string::npos);
  EXPECT_EQ(tables.table("t"), "unknown");

  tables.apply("DROP TABLE IF EXISTS t");
  tables.apply(kCreate);
  EXPECT_EQ(tables.table("t"), "a int(11)");

  tables.apply("CREATE TABLE IF NOT EXISTS t (b INT)");
  EXPECT_EQ(tables.table("t"), "a int(11)");

  tables.apply("RENAME TABLE t TO u");
  tables.apply(kCreate);
  EXPECT_EQ(tables.table("t"), "a int(11)");

  tables.apply("CREATE DATABASE e");
  tables.apply("CREATE TABLE IF NOT EXISTS e.t (c INT)");
  EXPECT_EQ(tables.table("t", "e"), "c int(11)");
}

TEST(Catalog, OnMariadbIfNotExistsIsLoggedWhereItMadeTheTable) {
  Tables tables(change::Flavor::kMariadb);
  tables.apply("CREATE TABLE IF NOT EXISTS t (a INT)");

  EXPECT_EQ(tables.table("t"), "a int(11)");
}

TEST(Catalog, CreateDatabaseIfNotExistsMayHaveFoundAnother) {
  Tables tables(change::Flavor::kMysql);
  tables.apply("CREATE DATABASE IF NOT EXISTS d CHARACTER SET latin1");
  tables.apply("CREATE TABLE t (a TEXT)");
  EXPECT_EQ(tables.table("t"), "a text");

  tables.apply("DROP DATABASE d");
  tables.apply("CREATE DATABASE IF NOT EXISTS d CHARACTER SET latin1");
  tables.apply("CREATE TABLE t (a TEXT)");
  EXPECT_EQ(tables.table("t"), "a text:8");
}

TEST(Catalog, ColumnsOfAQueryAreUnknown) {
  for (const char* sql :
       {"CREATE TABLE t AS SELECT 1", "CREATE TABLE t SELECT 1",
        "CREATE TABLE t (a INT) SELECT 2 b",
        "CREATE TABLE t (a INT) ENGINE=InnoDB REPLACE AS SELECT 1", "CREATE TABLE t (SELECT 1)",
        "CREATE TABLE t (a INT) (SELECT 1)", "CREATE TABLE t LIKE nosuch", "CREATE TABLE t ()",
        "CREATE TABLE t (a INT) WITH x AS (SELECT 1) SELECT 1",
        "CREATE EXTERNAL TABLE t (a INT)"}) {
    SCOPED_TRACE(sql);
    auto tables = mysql();
    tables.refusal(sql);
    EXPECT_EQ(tables.table("t"), "unknown");
  }
}

TEST(Catalog, StatementsThatFailedLeaveTheirTablesUnknown) {
  auto tables = mysql();
  for (const char* name : {"t", "u", "v", "w"}) {
    tables.apply("CREATE TABLE " + std::string(name) + " (a INT)");
  }
  const auto failed = [](std::string_view sql, std::uint16_t code) {
    Statement statement = in_d(sql);
    statement.error_code = code;
    return statement;
  };

  tables.refusal(failed("ALTER TABLE t ADD b INT", 1317));
  tables.refusal(failed("RENAME TABLE u TO x", 1317));
  // Recorded form: MySQL 5.6, DROP TABLE with one table that is not there.
  ASSERT_TRUE(
      tables.catalog().apply(failed("DROP TABLE `v`,`nosuch` /* generated by server */", 1051)));
  for (const char* name : {"t", "u", "v", "x"}) EXPECT_EQ(tables.table(name), "unknown");
  EXPECT_EQ(tables.table("w"), "a int(11)");

  tables.apply("CREATE TABLE IF NOT EXISTS v (b INT)");
  EXPECT_EQ(tables.table("v"), "b int(11)");
}

TEST(Catalog, TemporaryTablesMayHideTheModelOfLike) {
  auto tables = mysql();
  tables.apply("CREATE TABLE t (a INT)");
  Statement like = in_d("CREATE TABLE u LIKE t");
  like.temporary = true;
  tables.refusal(like);

  EXPECT_EQ(tables.table("u"), "unknown");
}

TEST(Catalog, TellsTablesApartByCaseAndColumnsNot) {
  auto tables = mysql();
  tables.apply("CREATE TABLE t (a INT, É INT)");
  tables.apply("CREATE TABLE T (b INT)");
  tables.apply("ALTER TABLE t DROP A, RENAME COLUMN é TO ж, ADD c INT AFTER Ж");

  EXPECT_EQ(tables.table("t"), "ж int(11), c int(11)");
  EXPECT_EQ(tables.table("T"), "b int(11)");
}

TEST(Catalog, ForgetsWhichOfManyTablesAreGoneAndNotWhichThereAre) {
  Tables tables(change::Flavor::kMysql);
  tables.apply("CREATE TABLE kept (a INT)");
  constexpr int kManyTables = 25'000;
  for (int i = 0; i < kManyTables; ++i) tables.apply("DROP TABLE x" + std::to_string(i));

  EXPECT_EQ(tables.table("kept"), "a int(11)");
  tables.refusal("CREATE TABLE IF NOT EXISTS x1 (a INT)");
  tables.apply("CREATE TABLE IF NOT EXISTS x24999 (a INT)");
  EXPECT_EQ(tables.table("x24999"), "a int(11)");
}

}  // namespace
}  // namespace pikachu::schema
