#include <string>
#include <vector>

#include "tests/unit/schema/described_table.h"

namespace pikachu::schema {
namespace {

// The table (a INT PRIMARY KEY, b CHAR(1), c DATE) behind an ALTER TABLE t of these clauses.
std::string altered(const std::string& clauses) {
  auto tables = mariadb();
  tables.apply("CREATE TABLE t (a INT PRIMARY KEY, b CHAR(1), c DATE)");
  tables.apply("ALTER TABLE t " + clauses);
  return tables.table("t");
}

TEST(AlterTable, AddsColumnsWhereTheyAreTold) {
  EXPECT_EQ(altered("ADD d INT"), "a int(11), b char(1):45, c date, d int(11) key 0");
  EXPECT_EQ(altered("ADD COLUMN d INT FIRST, ADD e INT AFTER d"),
            "d int(11), e int(11), a int(11), b char(1):45, c date key 2");
  EXPECT_EQ(altered("ADD (d INT, KEY k (d), e INT)"),
            "a int(11), b char(1):45, c date, d int(11), e int(11) key 0");
  EXPECT_EQ(altered("ADD d INT PARTITION BY HASH (a) PARTITIONS 2"),
            "a int(11), b char(1):45, c date, d int(11) key 0");
}

TEST(AlterTable, MovesRedefinesAndRenames) {
  EXPECT_EQ(altered("MODIFY a BIGINT AFTER c"), "b char(1):45, c date, a bigint(20) key 2");
  EXPECT_EQ(altered("CHANGE b x INT FIRST, MODIFY c TIME"), "x int(11), a int(11), c time key 1");
  EXPECT_EQ(altered("RENAME COLUMN a TO b, RENAME COLUMN b TO a"),
            "b int(11), a char(1):45, c date key 0");
  EXPECT_EQ(altered("CHANGE a b INT, CHANGE b a INT"), "b int(11), a int(11), c date key 0");
  EXPECT_EQ(altered("CHANGE A x INT, ADD y INT AFTER X"),
            "x int(11), y int(11), b char(1):45, c date key 0");
}

TEST(AlterTable, DropsColumnsAndKeys) {
  EXPECT_EQ(altered("DROP b, DROP COLUMN c RESTRICT"), "a int(11) key 0");
  EXPECT_EQ(altered("DROP a"), "b char(1):45, c date");
  EXPECT_EQ(altered("DROP PRIMARY KEY, ADD PRIMARY KEY (c, b)"),
            "a int(11), b char(1):45, c date key 2 1");
  EXPECT_EQ(altered("DROP INDEX `PRIMARY`"), "a int(11), b char(1):45, c date");
  EXPECT_EQ(altered("DROP FOREIGN KEY f, DROP KEY k, DROP CONSTRAINT x"), altered("FORCE"));
  EXPECT_EQ(altered("DROP b, ADD b INT"), "a int(11), c date, b int(11) key 0");
}

TEST(AlterTable, PassesOverWhatIsNotThereWhereItMay) {
  EXPECT_EQ(altered("ADD COLUMN IF NOT EXISTS b INT, DROP COLUMN IF EXISTS x, MODIFY IF EXISTS y "
                    "INT, CHANGE COLUMN IF EXISTS z w INT, RENAME COLUMN IF EXISTS v TO u"),
            altered("FORCE"));
}

TEST(AlterTable, LeavesColumnsAsTheyAreWithOtherClauses) {
  for (const char* clauses : {"ENGINE=InnoDB",
                              "COMMENT='ADD x INT, y', AUTO_INCREMENT=5",
                              "ORDER BY b DESC, c",
                              "ALTER b SET DEFAULT 'x', ALTER COLUMN c DROP DEFAULT",
                              "ADD INDEX (b), ADD UNIQUE u (c)",
                              "ADD CONSTRAINT FOREIGN KEY (a) REFERENCES x (y) ON DELETE SET NULL",
                              "EXCHANGE PARTITION p WITH TABLE u WITHOUT VALIDATION",
                              "DROP PARTITION p, ALGORITHM=COPY",
                              "REORGANIZE PARTITION p INTO (PARTITION q VALUES IN (1))",
                              "REMOVE PARTITIONING",
                              "ADD PARTITION (PARTITION p VALUES IN (7))",
                              "DISCARD TABLESPACE",
                              "DISABLE KEYS",
                              "WAIT 5 FORCE",
                              "NOWAIT ENGINE InnoDB ROW_FORMAT DYNAMIC",
                              "RENAME INDEX i TO j",
                              "KEY_BLOCK_SIZE 8",
                              "DEFAULT CHARSET latin1",
                              "CHECK PARTITION ALL",
                              ""}) {
    SCOPED_TRACE(clauses);
    EXPECT_EQ(altered(clauses), "a int(11), b char(1):45, c date key 0");
  }
}

TEST(AlterTable, SetsCollationsOfWhatComesOrOfWhatIs) {
  EXPECT_EQ(altered("ADD d CHAR(1), DEFAULT CHARACTER SET latin1"),
            "a int(11), b char(1):45, c date, d char(1):8 key 0");
  EXPECT_EQ(altered("CONVERT TO CHARACTER SET latin1 COLLATE latin1_bin, ADD d TEXT"),
            "a int(11), b char(1):47, c date, d text:47 key 0");
}

TEST(AlterTable, ConvertedTextGrowsWithTheBytesOfItsCharacters) {
  auto tables = mysql();
  tables.apply(
      "CREATE TABLE t (a TINYTEXT, b TEXT, c MEDIUMTEXT, d LONGTEXT, e BLOB) CHARSET latin1");

  tables.apply("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4");
  EXPECT_EQ(tables.table("t"),
            "a text:45, b mediumtext:45, c longtext:45, d longtext:45, e blob:63");
  tables.apply("ALTER TABLE t CONVERT TO CHARACTER SET latin1");
  EXPECT_EQ(tables.table("t"), "a text:8, b mediumtext:8, c longtext:8, d longtext:8, e blob:63");
}

TEST(AlterTable, ConversionKeepsLabelsOnlyWhereTheirBytesMeanTheSame) {
  auto tables = mysql();
  tables.apply("CREATE TABLE t (a ENUM('ä') CHARACTER SET utf8, b SET('x') CHARACTER SET latin1)");
  tables.apply("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4");
  EXPECT_EQ(tables.table("t"), "a enum('ä'):45, b set('x'):45");

  EXPECT_NE(tables.refusal("ALTER TABLE t CONVERT TO CHARACTER SET latin1").find("column a"),
            std::string::npos);
  EXPECT_EQ(tables.table("t"), "unknown");
}

TEST(AlterTable, RenamesTheTableIntoTheSessionsDatabase) {
  auto tables = mysql();
  tables.apply("CREATE DATABASE e");
  tables.apply("CREATE TABLE e.t (a INT)");
  tables.apply("ALTER TABLE e.t RENAME TO u, ADD b INT");

  EXPECT_EQ(tables.table("t", "e"), "unknown");
  EXPECT_EQ(tables.table("u"), "a int(11), b int(11)");
}

TEST(AlterTable, MovesPartitionsOutAndIn) {
  auto tables = mariadb();
  tables.apply("CREATE TABLE t (a INT)");
  tables.apply("ALTER TABLE t CONVERT PARTITION p TO TABLE u");
  EXPECT_EQ(tables.table("u"), "a int(11)");

  tables.apply("ALTER TABLE t CONVERT TABLE u TO PARTITION p VALUES IN (7)");
  EXPECT_EQ(tables.table("u"), "unknown");
}

TEST(AlterTable, OfAnUnknownTableIsPassedOver) {
  auto tables = mysql();
  tables.apply("ALTER TABLE x ADD a INT");
  tables.apply("ALTER TABLE x NOT UNDERSTOOD");

  EXPECT_EQ(tables.table("x"), "unknown");
}

TEST(AlterTable, ThatIsNotUnderstoodMakesItsTableUnknown) {
  for (const char* clauses :
       {"FROB a", "ADD x FROBTYPE", "ADD x INT FROB", "DROP nosuch", "ADD x INT AFTER nosuch",
        "MODIFY nosuch INT", "RENAME COLUMN nosuch TO x", "ADD x TEXT CHARACTER SET klingon",
        "CONVERT TO CHARACTER SET klingon", "ADD PRIMARY KEY (nosuch)", "COLLATE klingon_ci",
        "ADD x INT, ADD", "ADD (x INT", "ADD x ENUM('a'", "ADD x INT) , DROP b"}) {
    SCOPED_TRACE(clauses);
    auto tables = mysql();
    tables.apply("CREATE TABLE t (a INT, b INT)");
    tables.apply("CREATE TABLE other (a INT)");

    const std::string message = tables.refusal("ALTER TABLE t " + std::string(clauses));
    EXPECT_TRUE(message.starts_with("ALTER TABLE d.t: ")) << message;
    EXPECT_NE(message.find("SHOW CREATE TABLE"), std::string::npos) << message;
    EXPECT_EQ(tables.table("t"), "unknown");
    EXPECT_EQ(tables.table("other"), "a int(11)");
  }
}

TEST(AlterTable, ErrorsNameThePlaceAndNoQuotedText) {
  auto tables = mysql();
  tables.apply("CREATE TABLE t (a INT)");

  EXPECT_NE(tables.refusal("ALTER TABLE t ADD b FROB").find("\"FROB\" at byte 20"),
            std::string::npos);
  tables.apply("DROP TABLE t");
  tables.apply("CREATE TABLE t (a INT)");
  EXPECT_EQ(tables.refusal("ALTER TABLE t ADD b 'secret'").find("secret"), std::string::npos);
}

}  // namespace
}  // namespace pikachu::schema
