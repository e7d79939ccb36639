#include <string>
#include <vector>

#include "tests/unit/schema/described_table.h"

namespace pikachu::schema {
namespace {

TEST(CreateTable, HasColumnsInOrderWithTheirKey) {
  auto tables = mysql();
  tables.apply("CREATE TABLE t (a INT, b VARCHAR(10) NOT NULL, c TEXT, PRIMARY KEY (b, a))");

  EXPECT_EQ(tables.table("t"), "a int(11), b varchar(10):45, c text:45 key 1 0");
}

TEST(CreateTable, TakesTypesByTheirSynonyms) {
  struct Case {
    const char* written;
    const char* kept;
  };
  auto tables = mysql();
  for (const Case& each : std::vector<Case>{
           {"INTEGER", "int(11)"},
           {"INT4 UNSIGNED", "int(10) unsigned"},
           {"BIGINT ZEROFILL", "bigint(20) unsigned zerofill"},
           {"BOOL", "tinyint(1)"},
           {"SERIAL", "bigint(20) unsigned"},
           {"DEC(7)", "decimal(7,0)"},
           {"NUMERIC", "decimal(10,0)"},
           {"FLOAT(25)", "double"},
           {"FLOAT(24)", "float"},
           {"REAL(8,2)", "double(8,2)"},
           {"DOUBLE PRECISION UNSIGNED", "double unsigned"},
           {"BIT", "bit(1)"},
           {"YEAR(2)", "year(4)"},
           {"DATETIME(0)", "datetime"},
           {"TIMESTAMP(3) NULL", "timestamp(3)"},
           {"CHARACTER VARYING(4)", "varchar(4):45"},
           {"NATIONAL CHAR(3)", "char(3):33"},
           {"NCHAR VARYING(3)", "varchar(3):33"},
           {"LONG", "mediumtext:45"},
           {"LONG VARBINARY", "mediumblob:63"},
           {"CHAR BYTE", "binary(1):63"},
           {"TEXT(63)", "tinytext:45"},
           {"TEXT(64)", "text:45"},
           {"BLOB(70000)", "mediumblob:63"},
           {"VARCHAR(70000) CHARACTER SET latin1", "mediumtext:8"},
           {"VARCHAR(5) CHARACTER SET binary", "varbinary(5):63"},
           {"CHAR(3) ASCII BINARY", "char(3):47"},
           {"VARCHAR(3) COLLATE latin1_bin", "varchar(3):47"},
           {"JSON", "json"},
           {"ENUM('a','it''s',0x62)", "enum('a','it''s','b'):45"},
           {"SET('x ')", "set('x'):45"},
           {"GEOMETRYCOLLECTION", "geometrycollection"},
       }) {
    SCOPED_TRACE(each.written);
    tables.apply("DROP TABLE IF EXISTS t");
    tables.apply("CREATE TABLE t (c " + std::string(each.written) + ", d INT)");
    EXPECT_EQ(tables.table("t"), "c " + std::string(each.kept) + ", d int(11)");
  }
}

TEST(CreateTable, ShowsNoWidthsWhereTheEventIsOfMysql8) {
  auto tables = mysql();
  Statement statement = in_d(
      "CREATE TABLE t (a INT, b TINYINT(1), c INT(5) ZEROFILL, d YEAR, e GEOMETRYCOLLECTION, "
      "f VARCHAR(3) CHARACTER SET utf8mb4)");
  statement.utf8mb4_collation = 255;
  ASSERT_TRUE(tables.catalog().apply(statement));

  EXPECT_EQ(tables.table("t"),
            "a int, b tinyint(1), c int(5) unsigned zerofill, d year, e geomcollection, "
            "f varchar(3):255");
}

TEST(CreateTable, IsNotMisledByWhatStandsInQuotesAndParentheses) {
  auto tables = mysql();
  tables.apply(
      "CREATE TABLE `odd ``;name` (`a b` INT COMMENT 'x, (`y` ; -- \\' \"', b INT DEFAULT (1 + "
      "(2)), c DOUBLE DEFAULT 1e-5 CHECK (c > ')'), /* d INT, */ e INT AS (concat('(', b)) STORED "
      "UNIQUE KEY, f INT # g INT,\n)");

  EXPECT_EQ(tables.table("odd `;name"), "a b int(11), b int(11), c double, e int(11), f int(11)");
}

TEST(CreateTable, TakesTheKeyFromAColumnToo) {
  auto tables = mysql();
  tables.apply("CREATE TABLE p (a INT, b INT NOT NULL PRIMARY KEY)");
  tables.apply("CREATE TABLE k (a INT KEY, b INT UNIQUE KEY)");
  tables.apply("CREATE TABLE u (a INT UNIQUE, UNIQUE KEY PRIMARY_ (a))");

  EXPECT_EQ(tables.table("p"), "a int(11), b int(11) key 1");
  EXPECT_EQ(tables.table("k"), "a int(11), b int(11) key 0");
  EXPECT_EQ(tables.table("u"), "a int(11)");
}

TEST(CreateTable, FollowsColumnTableDatabaseServerForItsCollations) {
  auto tables = mysql();
  tables.apply("CREATE TABLE t (a TEXT, b TEXT CHARACTER SET latin1) CHARSET=cp1251");
  tables.apply("ALTER DATABASE d COLLATE latin2_bin");
  tables.apply("CREATE TABLE u (a TEXT, b TEXT COLLATE utf8_bin)");
  Statement server = in_d("CREATE DATABASE e");
  server.server_collation = 8;
  ASSERT_TRUE(tables.catalog().apply(server));
  tables.apply("CREATE TABLE e.v (a TEXT)");

  EXPECT_EQ(tables.table("t"), "a text:51, b text:8");
  EXPECT_EQ(tables.table("u"), "a text:77, b text:83");
  EXPECT_EQ(tables.table("v", "e"), "a text:8");
}

TEST(CreateTable, CharacterSetDefaultIsTheDatabasesOrOnMariadbThatOfItsCharacterSet) {
  for (const bool is_mariadb : {false, true}) {
    auto tables = is_mariadb ? mariadb() : mysql();
    tables.apply("ALTER DATABASE d CHARACTER SET latin2 COLLATE latin2_bin");
    tables.apply("CREATE TABLE t (a TEXT) CHARACTER SET DEFAULT");

    EXPECT_EQ(tables.table("t"), is_mariadb ? "a text:9" : "a text:77");
  }
}

TEST(CreateTable, LeavesCollationsOpenThatFollowFromAnUnseenDatabase) {
  Tables tables(change::Flavor::kMysql);
  tables.apply("CREATE TABLE t (a VARCHAR(5), b INT, c VARCHAR(5) CHARACTER SET latin1)");

  EXPECT_EQ(tables.table("t"), "a varchar(5), b int(11), c varchar(5):8");
}

TEST(CreateTable, IsUnknownWhereATypeDependsOnAnUnseenDatabase) {
  Tables tables(change::Flavor::kMysql);

  EXPECT_NE(tables.refusal("CREATE TABLE t (a VARCHAR(20000))").find("column a"),
            std::string::npos);
  EXPECT_NE(tables.refusal("CREATE TABLE t (a TEXT(100))").find("character set"),
            std::string::npos);
  EXPECT_EQ(tables.table("t"), "unknown");
}

TEST(CreateTable, TakesTheSessionsDefaultCollations) {
  auto tables = mariadb();
  const std::vector<binlog::DefaultCollation> chosen{{45, 2304}, {8, 31}};
  Statement statement = in_d(
      "CREATE TABLE t (a TEXT CHARACTER SET utf8mb4, b TEXT CHARACTER SET latin1, c TEXT CHARACTER "
      "SET utf8, d TEXT CHARACTER SET utf8mb4 COLLATE uca1400_danish_as_cs)");
  statement.default_collations = chosen;
  ASSERT_TRUE(tables.catalog().apply(statement));

  EXPECT_EQ(tables.table("t"), "a text:2304, b text:31, c text:33, d text:2395");
}

TEST(CreateTable, LikeCopiesColumnsKeyAndDefaults) {
  auto tables = mysql();
  tables.apply("CREATE TABLE t (a INT PRIMARY KEY, b TEXT) CHARSET latin1");
  tables.apply("CREATE TABLE u LIKE t");
  tables.apply("CREATE TABLE v (LIKE d.t)");
  tables.apply("ALTER TABLE v ADD c TEXT");

  EXPECT_EQ(tables.table("u"), "a int(11), b text:8 key 0");
  EXPECT_EQ(tables.table("v"), "a int(11), b text:8, c text:8 key 0");
}

TEST(CreateTable, OfATemporaryTableIsNothing) {
  auto tables = mysql();
  tables.apply("CREATE TABLE t (a INT)");
  tables.apply("CREATE TEMPORARY TABLE t (b INT)");
  Statement alter = in_d("ALTER TABLE t ADD c INT");
  alter.temporary = true;
  ASSERT_TRUE(tables.catalog().apply(alter));

  EXPECT_EQ(tables.table("t"), "a int(11)");
}

TEST(CreateTable, CountsThoughATemporaryTableWasReadForIt) {
  auto tables = mysql();
  Statement create = in_d("CREATE TABLE `t` (\n  `i` int(11) DEFAULT NULL\n)");
  create.temporary = true;
  ASSERT_TRUE(tables.catalog().apply(create));
  EXPECT_EQ(tables.table("t"), "i int(11)");

  Statement drop = in_d("DROP TABLE `t` /* generated by server */");
  drop.temporary = true;
  ASSERT_TRUE(tables.catalog().apply(drop));
  EXPECT_EQ(tables.table("t"), "unknown");
}

TEST(CreateTable, ReplacesWhatWasThere) {
  auto tables = mariadb();
  tables.apply("CREATE TABLE t (a INT)");
  tables.apply("CREATE OR REPLACE TABLE t (b INT)");

  EXPECT_EQ(tables.table("t"), "b int(11)");
}

TEST(CreateTable, MayEndInStartTransactionAndPartitions) {
  auto tables = mysql();
  tables.apply("CREATE TABLE t (\n  `a` int NOT NULL DEFAULT '0'\n) START TRANSACTION");
  tables.apply(
      "CREATE TABLE u (a INT) ENGINE=InnoDB COMMENT='AS SELECT' PARTITION BY RANGE (a) (PARTITION "
      "p0 VALUES LESS THAN (10) COMMENT = ')', PARTITION p1 VALUES LESS THAN MAXVALUE)");

  EXPECT_EQ(tables.table("t"), "a int(11)");
  EXPECT_EQ(tables.table("u"), "a int(11)");
}

TEST(CreateTable, OfMariadbHasItsOwnTypes) {
  auto tables = mariadb();
  tables.apply(
      "CREATE TABLE t (j JSON, k LONGTEXT CHECK (json_valid(`k`)), l JSON CHECK (json_length(l) > "
      "1), u UUID, i INET6, v VECTOR(3), c VARCHAR(9) /*M!100301 COMPRESSED*/)");

  EXPECT_EQ(tables.table("t"),
            "j longtext:46 json, k longtext:45 json, l longtext:46, u uuid:63, i inet6:63, "
            "v vector(3):63, c varchar(9) /*M!100301 COMPRESSED*/:45");
}

TEST(CreateTable, PassesOverMariadbsCommentsOnMysql) {
  auto tables = mysql();
  tables.apply("CREATE TABLE t (a INT /*M! , b INT */ /*!50000 , c INT */)");

  EXPECT_EQ(tables.table("t"), "a int(11), c int(11)");
}

TEST(CreateTable, WithSystemVersioningEndsInTheBoundsOfItsRows) {
  auto tables = mariadb();
  tables.apply("CREATE TABLE t (a INT PRIMARY KEY) WITH SYSTEM VERSIONING");
  tables.apply("ALTER TABLE t ADD b INT");
  tables.apply(
      "CREATE TABLE u (a INT PRIMARY KEY, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, e "
      "TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM "
      "VERSIONING");

  EXPECT_EQ(tables.table("t"),
            "a int(11), b int(11), row_start timestamp(6), row_end timestamp(6) key 0 3");
  EXPECT_EQ(tables.table("u"), "a int(11), s timestamp(6), e timestamp(6) key 0 2");
}

TEST(CreateTable, ReadsTextInTheClientsCharacterSet) {
  auto tables = mysql();
  // Recorded forms: latin1's é; sjis, where the last byte of a character is a backslash.
  Statement latin1 = in_d("CREATE TABLE t (`\xe9` ENUM('\xe4'))");
  latin1.client_collation = 8;
  ASSERT_TRUE(tables.catalog().apply(latin1));
  Statement sjis = in_d("CREATE TABLE u (a ENUM('\x95\x5c', 'b'), c INT)");
  sjis.client_collation = 13;
  ASSERT_TRUE(tables.catalog().apply(sjis));

  EXPECT_EQ(tables.table("t"), "é enum('ä'):45");
  EXPECT_EQ(tables.table("u"), "a enum('表','b'):45, c int(11)");
}

TEST(CreateTable, KeepsOnlyTheCharactersOfLabelsThatTheirCharacterSetHas) {
  auto tables = mysql();
  tables.apply(
      "CREATE TABLE t (a ENUM('日ä', 'b') CHARACTER SET latin1, b ENUM('日ä') CHARACTER SET sjis, "
      "c ENUM('[a') CHARACTER SET swe7, d ENUM('日😀') CHARACTER SET utf8, e ENUM('😀'))");

  EXPECT_EQ(tables.table("t"),
            "a enum('?ä','b'):8, b enum('日?'):13, c enum('?a'):10, d enum('日?'):33, "
            "e enum('😀'):45");
}

TEST(CreateTable, ReadsQuotesAsTheSqlModeSays) {
  auto tables = mysql();
  Statement ansi = in_d(R"(CREATE TABLE "t" ("a b" ENUM('\','x'), c INT))");
  ansi.sql_mode = 0x100004;
  ASSERT_TRUE(tables.catalog().apply(ansi));

  EXPECT_EQ(tables.table("t"), R"(a b enum('\\','x'):45, c int(11))");
}

}  // namespace
}  // namespace pikachu::schema
