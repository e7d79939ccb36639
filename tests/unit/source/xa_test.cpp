// XA transactions, from XA PREPARE to their end.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/source/feed.h"

namespace pikachu::source {
namespace {

using testing::EventBuilder;
using testing::Feed;
using testing::kMariadb;
using testing::kMysql;
using testing::kUuid;
using testing::Rows;
using Step = TransactionAssembler::Step;

const std::string kXaId{EventBuilder::kXaId};

/// One row of `users`, prepared under the GTID `number`.
Step prepare(Feed& feed, std::uint64_t number, std::uint32_t row,
             std::string_view table = "users") {
  const bool mysql = feed.assembler.position().flavor == change::Flavor::kMysql;
  feed.take(feed.events.gtid(number, EventBuilder::kPreparedXa));
  if (mysql) feed.take(feed.events.query("XA START " + kXaId));
  feed.take(feed.events.table_map(5, table));
  feed.take(feed.events.insert(5, {row}));
  feed.take(feed.events.query("XA END " + kXaId));
  return feed.take(feed.events.xa_prepare()).value();
}

void commit_one(Feed& feed, std::uint64_t number, std::uint32_t row) {
  feed.take(feed.events.gtid(number));
  if (feed.assembler.position().flavor == change::Flavor::kMysql) {
    feed.take(feed.events.query("BEGIN"));
  }
  feed.take(feed.events.table_map(6, "users"));
  feed.take(feed.events.insert(6, {row}));
  ASSERT_EQ(feed.take(feed.events.xid()), Step::kCommitted) << feed.error.message;
}

class Xa : public ::testing::TestWithParam<EventBuilder::Server> {
 protected:
  std::string gtid(int number) const {
    return (GetParam() == kMysql ? kUuid + ":" : std::string("0-1-")) + std::to_string(number);
  }
  Feed feed_{GetParam()};
};

TEST_P(Xa, RowsComeWithTheGtidOfTheirCommit) {
  EXPECT_EQ(prepare(feed_, 7, 1), Step::kMoved);
  commit_one(feed_, 8, 2);
  feed_.take(feed_.events.gtid(9, EventBuilder::kCompletedXa));
  feed_.events.timestamp += 100;

  EXPECT_EQ(feed_.take(feed_.events.query("XA COMMIT " + kXaId)), Step::kCommitted);

  EXPECT_EQ(feed_.rows, (Rows{"users.2@" + gtid(8) + "/0", "users.1@" + gtid(9) + "/0"}));
  EXPECT_TRUE(feed_.notices.empty());
  EXPECT_EQ(feed_.assembler.prepared().size(), 0U);
}

TEST_P(Xa, RolledBackRowsNeverCome) {
  prepare(feed_, 7, 1);
  feed_.take(feed_.events.gtid(8, EventBuilder::kCompletedXaInGroup));

  EXPECT_EQ(feed_.take(feed_.events.query("XA ROLLBACK " + kXaId)), Step::kMoved);

  EXPECT_TRUE(feed_.rows.empty());
  ASSERT_EQ(feed_.notices.size(), 1U);
  EXPECT_EQ(feed_.notices[0].kind, Notice::Kind::kRolledBack);
  EXPECT_EQ(feed_.assembler.safe_position(), feed_.assembler.position());
}

TEST_P(Xa, SafePositionStaysBeforeTheOldestThatIsPrepared) {
  const auto before = feed_.assembler.position();
  prepare(feed_, 7, 1);
  commit_one(feed_, 8, 2);
  feed_.take(feed_.events.rotate("binlog.000002"));

  EXPECT_EQ(feed_.assembler.safe_position(), before);
  EXPECT_EQ(feed_.assembler.position().file, "binlog.000002");
  feed_.take(feed_.events.gtid(9, EventBuilder::kCompletedXa));
  feed_.take(feed_.events.query("XA COMMIT " + kXaId));
  EXPECT_EQ(feed_.assembler.safe_position(), feed_.assembler.position());
}

TEST_P(Xa, ReconnectToTheSameServerKeepsTheRows) {
  prepare(feed_, 7, 1);

  feed_.reconnect();
  feed_.take(feed_.events.gtid(8, EventBuilder::kCompletedXa));
  feed_.take(feed_.events.query("XA COMMIT " + kXaId));

  EXPECT_EQ(feed_.rows, Rows{"users.1@" + gtid(8) + "/0"});
}

TEST_P(Xa, RestartOfTheServerKeepsTheRows) {
  prepare(feed_, 7, 1);

  feed_.take(feed_.events.format_description(1'700'000'000));
  feed_.take(feed_.events.gtid(8, EventBuilder::kCompletedXa));
  feed_.take(feed_.events.query("XA COMMIT " + kXaId));

  EXPECT_EQ(feed_.rows, Rows{"users.1@" + gtid(8) + "/0"});
}

TEST_P(Xa, AnotherServersRowsAreForgotten) {
  prepare(feed_, 7, 1);

  feed_.reconnect("server-2");

  EXPECT_EQ(feed_.assembler.prepared().size(), 0U);
}

TEST_P(Xa, CommitOfWhatWasPreparedBeforeTheStreamIsANotice) {
  feed_.take(feed_.events.gtid(8, EventBuilder::kCompletedXa));

  EXPECT_EQ(feed_.take(feed_.events.query("XA COMMIT " + kXaId)), Step::kMoved);

  ASSERT_EQ(feed_.notices.size(), 1U);
  EXPECT_EQ(feed_.notices[0].kind, Notice::Kind::kPreparedEarlier);
  EXPECT_EQ(feed_.notices[0].statement, kXaId);
  feed_.take(feed_.events.gtid(9, EventBuilder::kCompletedXa));
  EXPECT_EQ(feed_.take(feed_.events.query("XA ROLLBACK " + kXaId)), Step::kMoved);
  EXPECT_EQ(feed_.notices.size(), 1U);
}

TEST_P(Xa, TransactionOfUnwantedTablesIsNotHeldAndNoNotice) {
  EXPECT_EQ(prepare(feed_, 7, 1, "unwanted"), Step::kMoved);
  EXPECT_EQ(feed_.assembler.safe_position(), feed_.assembler.position());
  feed_.take(feed_.events.gtid(8, EventBuilder::kCompletedXa));

  EXPECT_EQ(feed_.take(feed_.events.query("XA COMMIT " + kXaId)), Step::kMoved);

  EXPECT_TRUE(feed_.notices.empty());
}

// The way out where a server has lost a prepared transaction, and never ends it.
TEST_P(Xa, SameIdPreparedAgainTakesItsPlace) {
  prepare(feed_, 7, 1);
  prepare(feed_, 8, 2);
  EXPECT_EQ(feed_.assembler.prepared().size(), 1U);
  feed_.take(feed_.events.gtid(9, EventBuilder::kCompletedXa));

  feed_.take(feed_.events.query("XA COMMIT " + kXaId));

  EXPECT_EQ(feed_.rows, Rows{"users.2@" + gtid(9) + "/0"});
}

TEST_P(Xa, OnePhaseCommitsHereAndNow) {
  feed_.take(feed_.events.gtid(7));
  if (GetParam() == kMysql) feed_.take(feed_.events.query("XA START " + kXaId));
  feed_.take(feed_.events.table_map(5, "users"));
  feed_.take(feed_.events.insert(5, {1}));
  feed_.take(feed_.events.query("XA END " + kXaId));

  EXPECT_EQ(feed_.take(feed_.events.xa_prepare(true)), Step::kCommitted);

  EXPECT_EQ(feed_.rows, Rows{"users.1@" + gtid(7) + "/0"});
}

INSTANTIATE_TEST_SUITE_P(Families, Xa, ::testing::Values(kMysql, kMariadb), [](const auto& tested) {
  return tested.param == kMysql ? "mysql" : "mariadb";
});

TEST(XaWithoutGtids, RowsAreNamedByThePlaceWhereTheyStand) {
  Feed feed(kMysql);
  feed.take(feed.events.query("XA START " + kXaId));
  feed.take(feed.events.table_map(5, "users"));
  const auto place = "binlog.000001:" + std::to_string(feed.events.end());
  feed.take(feed.events.insert(5, {1}));
  feed.take(feed.events.query("XA END " + kXaId));
  feed.take(feed.events.xa_prepare());
  feed.take(feed.events.rotate("binlog.000002"));

  feed.take(feed.events.query("XA COMMIT " + kXaId));

  EXPECT_EQ(feed.rows, Rows{"users.1@/0"});
  EXPECT_EQ(feed.places, std::vector<std::string>{place});
}

TEST(XaWithoutMemory, RowsOfManyPreparedTransactionsGoToDisk) {
  constexpr int kTransactions = 50;
  SourceOptions options;
  options.transaction_memory_bytes = 1'000;
  options.spill_dir = ::testing::TempDir();
  Feed feed(kMysql, false, std::nullopt, options);
  const auto xid = [](int i) {
    const std::string digits = "0123456789abcdef";
    const auto byte = static_cast<std::size_t>(i);
    return std::string("X'") + digits[byte / 16] + digits[byte % 16] + "',X'',1";
  };
  for (int i = 0; i < kTransactions; ++i) {
    feed.take(feed.events.query("XA START " + xid(i)));
    feed.take(feed.events.table_map(5, "users"));
    feed.take(feed.events.insert(5, {static_cast<std::uint32_t>(i)}));
    feed.take(feed.events.query("XA END " + xid(i)));
    feed.take(feed.events.event_of_type(
        38, 0, {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(i)}));
  }
  ASSERT_EQ(feed.assembler.prepared().size(), std::size_t{kTransactions});

  for (int i = kTransactions; i > 0; --i) feed.take(feed.events.query("XA COMMIT " + xid(i - 1)));

  ASSERT_EQ(feed.rows.size(), std::size_t{kTransactions}) << feed.error.message;
  EXPECT_EQ(feed.rows.front(), "users.49@/0");
  EXPECT_EQ(feed.rows.back(), "users.0@/0");
}

TEST(XaWithoutDisk, PrepareThatCannotBeKeptIsTakenAgain) {
  SourceOptions options;
  options.transaction_memory_bytes = 100;
  options.spill_dir = "/nonexistent/place";
  Feed feed(kMysql, false, std::nullopt, options);
  ASSERT_EQ(prepare(feed, 7, 1), Step::kMoved);
  feed.take(feed.events.query("XA START X'61',X'',1"));
  feed.take(feed.events.table_map(5, "users"));
  feed.take(feed.events.insert(5, {1}));
  const auto event = feed.events.event_of_type(38, 0, {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 'a'});

  for (int attempt = 0; attempt < 2; ++attempt) {
    feed.error = {};
    EXPECT_FALSE(feed.take(event));
    EXPECT_EQ(feed.error.code, base::ErrorCode::kUnavailable);
  }
  EXPECT_EQ(feed.assembler.prepared().size(), 1U);
}

}  // namespace
}  // namespace pikachu::source
