#include <string>

#include "tests/unit/schema/described_table.h"

namespace pikachu::schema {
namespace {

using base::ErrorCode;

Tables loaded(std::string_view text, change::Flavor flavor = change::Flavor::kMysql) {
  Tables tables(flavor);
  const auto done = tables.catalog().load_sql(text);
  EXPECT_TRUE(done) << done.error().message;
  return tables;
}

// In the form of mysqldump 8.0 --no-data --databases --triggers.
constexpr std::string_view kDump = R"(-- MySQL dump; it's 10.13
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;

CREATE DATABASE /*!32312 IF NOT EXISTS*/ `d` /*!40100 DEFAULT CHARACTER SET latin1 */ /*!80016 DEFAULT ENCRYPTION='N' */;

USE `d`;
DROP TABLE IF EXISTS `t`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
CREATE TABLE `t` (
  `id` int unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */,
  `tiny` tinyint(1) DEFAULT NULL COMMENT 'a; b',
  `name` varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci DEFAULT 'it''s',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
LOCK TABLES `t` WRITE;
INSERT INTO `t` VALUES (1,0,'CREATE TABLE x (a INT);\'');
UNLOCK TABLES;
DELIMITER ;;
/*!50003 CREATE*/ /*!50003 TRIGGER `g` BEFORE INSERT ON `t` FOR EACH ROW BEGIN
  DROP TABLE t; SET @x = '; END */;;
DELIMITER ;
CREATE TABLE IF NOT EXISTS `u` (`a` text);
/*!50001 CREATE VIEW `v` AS SELECT 1 AS `x`*/;
-- Dump completed
)";

TEST(LoadSql, TakesWhatMysqldumpWrites) {
  const auto tables = loaded(kDump);

  EXPECT_EQ(tables.table("t"), "id int unsigned, tiny tinyint(1), name varchar(10):255 key 0");
  EXPECT_EQ(tables.table("u"), "a text:8");
  EXPECT_EQ(tables.table("v"), "unknown");
}

TEST(LoadSql, TakesWhatMariadbDumpWrites) {
  const auto tables = loaded(
      "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump\nUSE d;\n/*!40101 SET "
      "character_set_client = utf8mb4 */;\nCREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n  `j` "
      "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK "
      "(json_valid(`j`)),\n  `c` varchar(5) /*M!100301 COMPRESSED*/ DEFAULT NULL\n) ENGINE=InnoDB "
      "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci WITH SYSTEM VERSIONING;\n",
      change::Flavor::kMariadb);

  EXPECT_EQ(tables.table("t"),
            "a int(11), j longtext:46 json, c varchar(5) /*M!100301 COMPRESSED*/:2304, "
            "row_start timestamp(6), row_end timestamp(6)");
}

TEST(LoadSql, FollowsTheSqlMode) {
  const auto tables = loaded(
      "USE d; SET SQL_MODE='ANSI,NO_BACKSLASH_ESCAPES'; CREATE TABLE \"t\" (\"a\" enum('\\')); SET "
      "sql_mode=@OLD_SQL_MODE; CREATE TABLE u (b INT COMMENT \"\\\"\")");

  EXPECT_EQ(tables.table("t"), "a enum('\\\\')");
  EXPECT_EQ(tables.table("u"), "b int");
}

TEST(LoadSql, IsFollowedByTheBinlogsStatements) {
  auto tables = loaded(kDump);
  tables.apply("ALTER TABLE t ADD x TEXT");
  tables.apply("CREATE TABLE IF NOT EXISTS t (y INT)");

  EXPECT_EQ(tables.table("t"),
            "id int unsigned, tiny tinyint(1), name varchar(10):255, x text:255 key 0");
}

TEST(LoadSql, RefusesATableOfNoDatabase) {
  Catalog catalog(change::Flavor::kMysql);
  const auto done = catalog.load_sql("\n-- x\nCREATE TABLE t (a INT);");

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(done.error().message.starts_with("line 3: ")) << done.error().message;
  EXPECT_NE(done.error().message.find("USE"), std::string::npos);
}

TEST(LoadSql, NamesTheLineThatItDoesNotUnderstand) {
  Catalog catalog(change::Flavor::kMysql);
  const auto done = catalog.load_sql(
      "USE d;\nCREATE TABLE t (a INT);\nDELIMITER //\nx //\nDELIMITER ;\n\n/* c */ CREATE TABLE u "
      "(a FROB);\nCREATE TABLE v (a INT);");

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(done.error().message.starts_with("line 7: CREATE TABLE d.u: "))
      << done.error().message;
  EXPECT_TRUE(catalog.find("d", "t"));
  EXPECT_FALSE(catalog.find("d", "v"));
}

TEST(LoadSql, LabelsOfServersListingsAreMarked) {
  Catalog catalog(change::Flavor::kMysql);
  ASSERT_TRUE(catalog.load_sql("USE d; CREATE TABLE dumped (m ENUM('?'));"));
  for (const char* sql :
       {"CREATE TABLE typed (m ENUM('?'))",
        "CREATE TABLE `listed` (\n  `m` enum('?') DEFAULT NULL\n) START TRANSACTION"}) {
    ASSERT_TRUE(catalog.apply({.sql = sql, .database = "d"}));
  }

  EXPECT_TRUE(catalog.find("d", "dumped")->columns[0].labels_as_shown);
  EXPECT_FALSE(catalog.find("d", "typed")->columns[0].labels_as_shown);
  EXPECT_TRUE(catalog.find("d", "listed")->columns[0].labels_as_shown);
}

TEST(LoadSql, OfNothingIsNothing) {
  for (const char* text :
       {"", ";", " \n", "-- x", "/* x", "DELIMITER //", "DELIMITER ;;\nx", ";;;"}) {
    Catalog catalog(change::Flavor::kMysql);
    EXPECT_TRUE(catalog.load_sql(text)) << text;
  }
}

}  // namespace
}  // namespace pikachu::schema
