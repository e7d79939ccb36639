// What becomes of the events that are neither a plain transaction nor a definition.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/source/feed.h"

namespace pikachu::source {
namespace {

using binlog::EventHeader;
using testing::EventBuilder;
using testing::EventBytes;
using testing::Feed;
using testing::kMariadb;
using testing::kMysql;
using testing::Rows;
using Step = TransactionAssembler::Step;
using Texts = std::vector<std::string>;

void begin(Feed& feed, EventBuilder::Server server, std::uint64_t number = 7) {
  feed.take(feed.events.gtid(number));
  if (server == kMysql) feed.take(feed.events.query("BEGIN"));
}

TEST(RowsQuery, RowsHaveTheirStatementUntilItEnds) {
  for (const auto server : {kMysql, kMariadb}) {
    SCOPED_TRACE(server == kMysql ? "mysql" : "mariadb");
    Feed feed(server);
    const std::string long_statement = "INSERT INTO users VALUES " + std::string(300, ' ') + "(1)";
    begin(feed, server);
    feed.take(feed.events.rows_query(long_statement));
    feed.take(feed.events.table_map(5, "users"));
    feed.take(feed.events.insert(5, {1, 2}, false));
    feed.take(feed.events.insert(5, {3}, true));
    feed.take(feed.events.insert(5, {4}));
    feed.take(feed.events.rows_query("second"));
    feed.take(feed.events.insert(5, {5}));

    feed.take(feed.events.xid());

    EXPECT_EQ(feed.queries, (Texts{long_statement, long_statement, long_statement, "", "second"}));
  }
}

TEST(RowsQuery, StatementDoesNotOutliveItsTransaction) {
  Feed feed(kMysql);
  begin(feed, kMysql);
  feed.take(feed.events.rows_query("first"));
  feed.take(feed.events.query("ROLLBACK"));
  begin(feed, kMysql, 8);
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.insert(5, {1}));

  feed.take(feed.events.xid());

  EXPECT_EQ(feed.queries, Texts{""});
}

TEST(RowsQuery, RowsOfUnwantedTablesEndTheirStatementToo) {
  Feed feed(kMysql);
  begin(feed, kMysql);
  feed.take(feed.events.rows_query("first"));
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.table_map(6, "unwanted"));
  feed.take(feed.events.insert(5, {1}, false));
  feed.take(feed.events.insert(6, {2}, true));
  feed.take(feed.events.insert(5, {3}));

  feed.take(feed.events.xid());

  EXPECT_EQ(feed.queries, (Texts{"first", ""}));
}

/// EXECUTE_LOAD_QUERY of LOAD DATA into a table.
EventBytes load_data(EventBuilder& events) {
  const std::string sql = "LOAD DATA INFILE '/tmp/x' REPLACE INTO TABLE `shop`.`users` FIELDS";
  EventBytes body(4 + 4, 0);
  body.insert(body.end(), {4, 0, 0, 0, 0});  // size of the database's name, error, status
  body.insert(body.end(), 13, 0);            // file, place of its name, duplicates
  for (const char c : "test") body.push_back(static_cast<std::uint8_t>(c));
  body.insert(body.end(), sql.begin(), sql.end());
  return events.event_of_type(18, 0, body);
}

TEST(StatementFormat, NoticeNamesVerbAndTable) {
  struct Case {
    std::string sql;
    std::string named;
  };
  for (const Case& c :
       {Case{"INSERT INTO users VALUES (@a)", "INSERT shop.users"},
        {"insert low_priority ignore into other.`my table` VALUES ('secret')",
         "insert other.my table"},
        {"UPDATE IGNORE users SET a=1", "UPDATE shop.users"},
        {"DELETE QUICK FROM `a`.`b` WHERE x", "DELETE a.b"},
        {"REPLACE users VALUES (1)", "REPLACE shop.users"},
        {"LOAD DATA LOCAL INFILE 'x' IGNORE INTO TABLE users", "LOAD shop.users"},
        {"SELECT f()", "SELECT ? (default database shop)"},
        {"WITH c AS (SELECT 1) UPDATE users SET a=1", "WITH ? (default database shop)"}}) {
    SCOPED_TRACE(c.sql);
    Feed feed(kMysql);
    begin(feed, kMysql);
    feed.take(feed.events.event_of_type(14, 0));  // USER_VAR
    feed.take(feed.events.event_of_type(5, 0));   // INTVAR
    feed.take(feed.events.event_of_type(13, 0));  // RAND
    const auto where = "binlog.000001:" + std::to_string(feed.events.end());

    EXPECT_EQ(feed.take(feed.events.query(c.sql)), Step::kNothing) << feed.error.message;

    ASSERT_EQ(feed.notices.size(), 1U);
    EXPECT_EQ(feed.notices[0].kind, Notice::Kind::kStatementFormat);
    EXPECT_EQ(feed.notices[0].statement, c.named);
    EXPECT_EQ(feed.notices[0].where, where);
    EXPECT_EQ(feed.take(feed.events.xid()), Step::kMoved);
  }
}

TEST(StatementFormat, LoadDataIsNamedByItsTable) {
  Feed feed(kMysql);
  begin(feed, kMysql);
  feed.take(feed.events.event_of_type(17, 0));  // BEGIN_LOAD_QUERY
  feed.take(feed.events.event_of_type(9, 0));   // APPEND_BLOCK

  EXPECT_EQ(feed.take(load_data(feed.events)), Step::kNothing) << feed.error.message;

  ASSERT_EQ(feed.notices.size(), 1U);
  EXPECT_EQ(feed.notices[0].statement, "LOAD shop.users");
  EXPECT_EQ(feed.take(feed.events.xid()), Step::kMoved);
}

TEST(WithheldEvents, StopUnlessTheyHadNoRows) {
  Feed feed(kMariadb);
  begin(feed, kMariadb);
  EXPECT_EQ(feed.take(feed.events.query(
                "# Dummy event replacing event type 160 that slave cannot handle.", "")),
            Step::kNothing);
  EXPECT_FALSE(feed.take(
      feed.events.query("# Dummy event replacing event type 172 that slave cannot handle.  ", "")));
  EXPECT_EQ(feed.error.code, base::ErrorCode::kUnsupported);
  EXPECT_NE(feed.error.message.find("172"), std::string::npos) << feed.error.message;
  EXPECT_FALSE(feed.take(feed.events.query("# Dummy ev", "")));
}

// A statement keeps the comment that stands in front of it; some programs' dumps have this one.
TEST(WithheldEvents, CommentOfADumpIsNone) {
  for (const auto flavor : {kMysql, kMariadb}) {
    Feed feed(flavor);
    begin(feed, flavor);

    EXPECT_EQ(feed.take(feed.events.query(
                  "# Dump of table users\n# ---\n\nCREATE TABLE users (id INT)", "shop")),
              Step::kNothing)
        << feed.error.message;
  }
}

TEST(EventPolicy, TypesThatMayBeIgnoredAreAndOthersStop) {
  for (const int type : {100, 28, 43, 164}) {  // 100: Aurora's; 164: START_ENCRYPTION
    Feed feed(kMysql);
    EXPECT_EQ(feed.take(feed.events.event_of_type(static_cast<std::uint8_t>(type),
                                                  EventHeader::kFlagIgnorable)),
              Step::kNothing)
        << type;
  }
  struct Case {
    std::uint8_t type;
    std::string name;
  };
  for (const Case& c : {Case{1, "START_V3"},
                        {6, "LOAD"},
                        {8, "CREATE_FILE"},
                        {10, "EXEC_LOAD"},
                        {12, "NEW_LOAD"},
                        {20, "PRE_GA_WRITE_ROWS"},
                        {21, "PRE_GA_UPDATE_ROWS"},
                        {22, "PRE_GA_DELETE_ROWS"},
                        {172, "PARTIAL_ROW_DATA"},
                        {100, "event type 100"}}) {
    SCOPED_TRACE(c.name);
    Feed feed(kMysql);
    begin(feed, kMysql);
    EXPECT_FALSE(feed.take(feed.events.event_of_type(c.type, 0)));
    EXPECT_EQ(feed.error.code, base::ErrorCode::kUnsupported);
    EXPECT_NE(feed.error.message.find(c.name), std::string::npos) << feed.error.message;
  }
}

TEST(EventPolicy, IncidentStopsWithTheServersWords) {
  Feed feed(kMysql);

  EXPECT_FALSE(feed.take(feed.events.event_of_type(26, 0, {1, 0, 4, 'd', 'i', 's', 'k'})));

  EXPECT_EQ(feed.error.code, base::ErrorCode::kInvalid);
  EXPECT_NE(feed.error.message.find("LOST_EVENTS: disk"), std::string::npos) << feed.error.message;
}

// What a session with skip_replication=1 writes; replicas take it too unless they are told not to.
TEST(EventPolicy, EventsMarkedForReplicasToSkipAreDelivered) {
  Feed feed(kMariadb);
  feed.events.flags = EventHeader::kFlagSkipReplication;
  begin(feed, kMariadb);
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.insert(5, {1}));

  feed.take(feed.events.xid());

  EXPECT_EQ(feed.rows, Rows{"users.1@0-1-7/0"});
}

// MySQL 9.6 and up: the children's rows stand before the parent's, in one statement.
TEST(EventPolicy, RowsOfForeignKeyCascadesAreDelivered) {
  Feed feed(kMysql);
  begin(feed, kMysql);
  feed.take(feed.events.table_map(5, "children"));
  feed.take(feed.events.table_map(6, "users"));
  feed.take(feed.events.insert(5, {10, 11}, false));
  feed.take(feed.events.insert(6, {1}, true));

  feed.take(feed.events.xid());

  ASSERT_EQ(feed.rows.size(), 3U);
  EXPECT_TRUE(feed.rows[0].starts_with("children.10@"));
  EXPECT_TRUE(feed.rows[2].starts_with("users.1@"));
  EXPECT_TRUE(feed.rows[2].ends_with("/2"));
}

TEST(Definitions, AreToldOnceAndOnlyIfTheyCount) {
  Feed feed(kMariadb);
  const std::string alter = "ALTER TABLE users ADD c INT";
  feed.take(feed.events.gtid(7, EventBuilder::kStartAlter));
  feed.take(feed.events.query(alter));
  feed.take(feed.events.gtid(8, EventBuilder::kCommitAlter));
  feed.take(feed.events.query(alter));
  feed.take(feed.events.gtid(9, EventBuilder::kStandalone));
  feed.events.flags = EventHeader::kFlagThreadSpecific;
  feed.take(feed.events.query("DROP TABLE users"));

  EXPECT_EQ(feed.schemas.definitions, (Texts{alter, "DROP TABLE users (temporary)"}));
}

// MySQL 5.6 logs DROP TABLE users, nothing with error 1051 after it has dropped users.
TEST(Definitions, ThatFailedAreToldWithTheirError) {
  Feed feed(kMysql);
  feed.take(feed.events.gtid(7));
  feed.take(feed.events.query("DROP TABLE users, nothing", "shop", 1051));

  EXPECT_EQ(feed.schemas.definitions, Texts{"DROP TABLE users, nothing (error 1051)"});
}

TEST(Definitions, RowsWithoutNamesComeWithNumbersWhereTheyMay) {
  SourceOptions options;
  for (const bool allowed : {false, true}) {
    options.allow_unnamed = allowed;
    Feed feed(kMysql, false, std::nullopt, options);
    begin(feed, kMysql);
    const auto mapped = feed.take(feed.events.table_map(5, "users", ""));
    ASSERT_EQ(mapped.has_value(), allowed) << feed.error.message;
    if (!allowed) continue;
    feed.take(feed.events.insert(5, {1}));

    feed.take(feed.events.xid());

    EXPECT_EQ(feed.columns, Texts{"@1"});
  }
}

}  // namespace
}  // namespace pikachu::source
