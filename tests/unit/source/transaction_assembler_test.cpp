#include "source/transaction_assembler.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/source/feed.h"

namespace pikachu::source {
namespace {

using testing::Feed;
using testing::kMariadb;
using testing::kMysql;
using testing::kUuid;
using testing::Rows;
using Step = TransactionAssembler::Step;

TEST(TransactionAssembler, RowsComeWhenTheTransactionCommits) {
  Feed feed(kMysql);
  feed.take(feed.events.gtid(7));
  feed.take(feed.events.query("BEGIN"));
  feed.take(feed.events.table_map(5, "users"));
  EXPECT_EQ(feed.take(feed.events.insert(5, {1, 2})), Step::kNothing);
  EXPECT_TRUE(feed.rows.empty());

  EXPECT_EQ(feed.take(feed.events.xid()), Step::kCommitted);

  EXPECT_EQ(feed.rows, (Rows{"users.1@" + kUuid + ":7/0", "users.2@" + kUuid + ":7/1"}));
  EXPECT_EQ(feed.assembler.position().offset, feed.events.end());
  EXPECT_EQ(feed.assembler.position().gtids.to_string(), kUuid + ":7");
}

TEST(TransactionAssembler, MariadbGtidOpensTheTransactionWithoutBegin) {
  Feed feed(kMariadb);
  feed.take(feed.events.gtid(12));
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.insert(5, {3}));

  EXPECT_EQ(feed.take(feed.events.query("COMMIT")), Step::kCommitted);

  EXPECT_EQ(feed.rows, (Rows{"users.3@0-1-12/0"}));
}

TEST(TransactionAssembler, RolledBackTransactionDeliversNothingAndMovesThePosition) {
  Feed feed(kMysql);
  feed.take(feed.events.gtid(7));
  feed.take(feed.events.query("BEGIN"));
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.insert(5, {1}));

  EXPECT_EQ(feed.take(feed.events.query("ROLLBACK")), Step::kMoved);

  EXPECT_TRUE(feed.rows.empty());
  EXPECT_EQ(feed.assembler.position().offset, feed.events.end());
  ASSERT_EQ(feed.notices.size(), 1U);
  EXPECT_EQ(feed.notices[0].kind, Notice::Kind::kRolledBack);
}

TEST(TransactionAssembler, RollbackToSavepointCutsWhatCameAfterIt) {
  Feed feed(kMysql);
  feed.take(feed.events.gtid(7));
  feed.take(feed.events.query("BEGIN"));
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.insert(5, {1}));
  feed.take(feed.events.query("SAVEPOINT `s1`"));
  feed.take(feed.events.insert(5, {2}));
  feed.take(feed.events.query("ROLLBACK TO `s1`"));
  feed.take(feed.events.insert(5, {3}));

  feed.take(feed.events.xid());

  EXPECT_EQ(feed.rows, (Rows{"users.1@" + kUuid + ":7/0", "users.3@" + kUuid + ":7/1"}));
}

TEST(TransactionAssembler, RollbackToASavepointThatWasNotSetEndsTheStream) {
  Feed feed(kMariadb);
  feed.take(feed.events.gtid(7));
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.insert(5, {1}));

  EXPECT_EQ(feed.take(feed.events.query("ROLLBACK TO `s1`")), std::nullopt);

  EXPECT_EQ(feed.error.code, base::ErrorCode::kCorrupt);
  EXPECT_NE(feed.error.message.find("`s1`"), std::string::npos) << feed.error.message;
}

TEST(TransactionAssembler, UncertainRollbackToMattersOnlyWhereRowsAreWanted) {
  Feed feed(kMariadb);
  feed.take(feed.events.gtid(7));
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.table_map(6, "unwanted"));
  feed.take(feed.events.query("SAVEPOINT `e`"));
  feed.take(feed.events.insert(6, {1}));
  feed.take(feed.events.query("SAVEPOINT `é`"));
  feed.take(feed.events.insert(6, {2}));
  feed.take(feed.events.query("ROLLBACK TO `e`"));
  feed.take(feed.events.insert(6, {3}));

  EXPECT_EQ(feed.take(feed.events.xid()), Step::kMoved);

  feed.take(feed.events.gtid(8));
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.table_map(6, "unwanted"));
  feed.take(feed.events.query("SAVEPOINT `e`"));
  feed.take(feed.events.insert(6, {1}));
  feed.take(feed.events.query("SAVEPOINT `é`"));
  feed.take(feed.events.query("ROLLBACK TO `e`"));

  // Its ordinal is part of its id, and can't be told.
  EXPECT_EQ(feed.take(feed.events.insert(5, {3})), std::nullopt);
  EXPECT_EQ(feed.error.code, base::ErrorCode::kUnsupported);
}

TEST(TransactionAssembler, RowsOfUnwantedTablesCountInOrdinals) {
  Feed feed(kMysql);
  feed.take(feed.events.gtid(7));
  feed.take(feed.events.query("BEGIN"));
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.table_map(6, "unwanted"));
  feed.take(feed.events.insert(6, {9, 9, 9}));
  feed.take(feed.events.insert(5, {1}));

  feed.take(feed.events.xid());

  EXPECT_EQ(feed.rows, (Rows{"users.1@" + kUuid + ":7/3"}));
}

TEST(TransactionAssembler, TransactionOfUnwantedTablesOnlyMovesThePosition) {
  Feed feed(kMysql);
  feed.take(feed.events.gtid(7));
  feed.take(feed.events.query("BEGIN"));
  feed.take(feed.events.table_map(6, "unwanted"));
  feed.take(feed.events.insert(6, {9}));

  EXPECT_EQ(feed.take(feed.events.xid()), Step::kMoved);

  EXPECT_EQ(feed.assembler.position().offset, feed.events.end());
}

TEST(TransactionAssembler, DefinitionAloneIsAGroupAndMovesThePosition) {
  Feed feed(kMysql);
  feed.take(feed.events.gtid(7));

  EXPECT_EQ(feed.take(feed.events.query("CREATE TABLE t (a INT)")), Step::kMoved);

  EXPECT_EQ(feed.assembler.position().gtids.to_string(), kUuid + ":7");
}

TEST(TransactionAssembler, DefinitionInsideATransactionLeavesItOpen) {
  Feed feed(kMysql);
  feed.take(feed.events.gtid(7));
  feed.take(feed.events.query("BEGIN"));
  EXPECT_EQ(feed.take(feed.events.query("CREATE TABLE `users` (`id` int) START TRANSACTION")),
            Step::kNothing);
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.insert(5, {1}));

  EXPECT_EQ(feed.take(feed.events.xid()), Step::kCommitted);

  EXPECT_EQ(feed.rows.size(), 1U);
}

TEST(TransactionAssembler, OffsetsAreCountedWhereTheServerWritesNone) {
  Feed feed(kMariadb);
  feed.events.log_pos_is_zero = true;
  feed.take(feed.events.gtid(12));
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.insert(5, {3}));

  feed.take(feed.events.xid());

  EXPECT_EQ(feed.assembler.position().offset, feed.events.end());
}

TEST(TransactionAssembler, RotationMovesThePositionToTheNextFile) {
  Feed feed(kMysql);

  EXPECT_EQ(feed.take(feed.events.rotate("binlog.000002")), Step::kMoved);
  EXPECT_EQ(feed.take(feed.events.artificial_rotate("binlog.000002", 4)), Step::kNothing);

  EXPECT_EQ(feed.assembler.position().file, "binlog.000002");
  EXPECT_EQ(feed.assembler.position().offset, 4U);
}

TEST(TransactionAssembler, StartByGtidKeepsThePositionUntilTheFirstCommit) {
  Feed feed(kMysql, true);
  const auto before = feed.assembler.position();

  feed.take(feed.events.heartbeat());

  EXPECT_EQ(feed.assembler.position(), before);
}

TEST(TransactionAssembler, TransactionsBeforeTheAskedTimeAreLeftOut) {
  Feed feed(kMysql, false, 1'700'000'100);
  for (const std::uint32_t time : {1'700'000'099U, 1'700'000'100U}) {
    feed.events.timestamp = time;
    feed.take(feed.events.query("BEGIN"));
    feed.take(feed.events.table_map(5, "users"));
    feed.take(feed.events.insert(5, {time - 1'700'000'000U}));
    feed.take(feed.events.xid());
  }

  EXPECT_EQ(feed.rows, (Rows{"users.100@/0"}));
}

TEST(TransactionAssembler, StatementFormatChangesAreReportedWithoutTheirValues) {
  Feed feed(kMysql);
  feed.take(feed.events.query("BEGIN"));

  feed.take(feed.events.query("UPDATE users SET password='hunter2'"));

  ASSERT_EQ(feed.notices.size(), 1U);
  EXPECT_EQ(feed.notices[0].kind, Notice::Kind::kStatementFormat);
  EXPECT_EQ(feed.notices[0].statement, "UPDATE shop.users");
}

TEST(TransactionAssembler, UnknownEventStopsUnlessItMayBeIgnored) {
  Feed feed(kMysql);
  EXPECT_EQ(feed.take(feed.events.event_of_type(99, binlog::EventHeader::kFlagIgnorable)),
            Step::kNothing);

  EXPECT_FALSE(feed.take(feed.events.event_of_type(99, 0)));

  EXPECT_EQ(feed.error.code, base::ErrorCode::kUnsupported);
  EXPECT_NE(feed.error.message.find("event type 99"), std::string::npos) << feed.error.message;
  EXPECT_NE(feed.error.message.find("binlog.000001:"), std::string::npos) << feed.error.message;
}

TEST(TransactionAssembler, RowsWithoutATableMapStop) {
  Feed feed(kMysql);
  feed.take(feed.events.query("BEGIN"));

  EXPECT_FALSE(feed.take(feed.events.insert(77, {1})));

  EXPECT_EQ(feed.error.code, base::ErrorCode::kCorrupt);
}

TEST(TransactionAssembler, RowsOutsideATransactionStop) {
  Feed feed(kMysql);
  feed.take(feed.events.table_map(5, "users"));

  EXPECT_FALSE(feed.take(feed.events.insert(5, {1})));

  EXPECT_EQ(feed.error.code, base::ErrorCode::kInvalid);
}

TEST(TransactionAssembler, DeclaredTableOfTheDummyIdIsARealOne) {
  constexpr std::uint64_t kDummyId = 0x00ffffff;
  Feed feed(kMysql);
  feed.take(feed.events.query("BEGIN"));
  EXPECT_EQ(feed.take(feed.events.insert(kDummyId, {})), Step::kNothing);
  feed.take(feed.events.table_map(kDummyId, "users"));
  feed.take(feed.events.insert(kDummyId, {1}));

  feed.take(feed.events.xid());

  EXPECT_EQ(feed.rows, (Rows{"users.1@/0"}));
}

TEST(TransactionAssembler, OddTableThatNoTaskNamesStopsNothing) {
  constexpr std::uint8_t kNoSuchType = 243;
  Feed feed(kMysql);
  feed.take(feed.events.query("BEGIN"));
  feed.take(feed.events.table_map(5, "users"));
  EXPECT_EQ(feed.take(feed.events.table_map(6, "unwanted", "id", kNoSuchType)), Step::kNothing);
  feed.take(feed.events.insert(5, {1}));
  EXPECT_EQ(feed.take(feed.events.insert(6, {9})), Step::kNothing);

  EXPECT_EQ(feed.take(feed.events.xid()), Step::kCommitted);

  EXPECT_EQ(feed.rows, (Rows{"users.1@/0"}));
}

TEST(TransactionAssembler, RowsBehindUncountableOnesStopBecauseTheirIdsAreUnknown) {
  constexpr std::uint8_t kNoSuchType = 243;
  Feed feed(kMysql);
  feed.take(feed.events.query("BEGIN"));
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.table_map(6, "unwanted", "id", kNoSuchType));
  feed.take(feed.events.insert(6, {9}));

  EXPECT_FALSE(feed.take(feed.events.insert(5, {1})));

  EXPECT_EQ(feed.error.code, base::ErrorCode::kUnsupported);
  EXPECT_NE(feed.error.message.find("shop.unwanted"), std::string::npos) << feed.error.message;
}

TEST(TransactionAssembler, ManyTablesInOneTransactionAllKeepTheirMaps) {
  Feed feed(kMysql);
  feed.take(feed.events.query("BEGIN"));
  for (std::uint64_t id = 1; id <= TableCache::kMaxTables + 1; ++id) {
    feed.take(feed.events.table_map(id, "users"));
  }
  feed.take(feed.events.insert(1, {1}));

  EXPECT_EQ(feed.take(feed.events.xid()), Step::kCommitted);
}

TEST(TransactionAssembler, GtidsAreNotCollectedWhereTheSetWouldHaveHoles) {
  Feed feed(kMysql);
  OpenedStream permissive;
  permissive.start = feed.assembler.position();
  permissive.checksum_negotiated = false;
  permissive.gtids_complete = false;
  feed.assembler.restart(permissive);
  feed.take(feed.events.artificial_rotate("binlog.000001", 4));
  feed.take(feed.events.format_description());
  feed.take(feed.events.gtid(5'000));

  feed.take(feed.events.query("CREATE TABLE t (a INT)"));

  EXPECT_TRUE(feed.assembler.position().gtids.empty());
}

TEST(TransactionAssembler, RestartDropsTheOpenTransaction) {
  Feed feed(kMysql);
  feed.take(feed.events.query("BEGIN"));
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.insert(5, {1}));
  OpenedStream again;
  again.start = feed.assembler.position();
  again.checksum_negotiated = false;

  feed.assembler.restart(again);
  feed.take(feed.events.artificial_rotate("binlog.000001", again.start.offset));
  feed.take(feed.events.format_description());
  feed.take(feed.events.query("BEGIN"));
  feed.take(feed.events.xid());

  EXPECT_TRUE(feed.rows.empty());
}

}  // namespace
}  // namespace pikachu::source
