#include "change/row_change.h"

#include <string>

#include <gtest/gtest.h>

#include "change/position.h"

namespace pikachu::change {
namespace {

RowChange change_of(const Transaction& transaction, std::string_view file, std::uint64_t offset,
                    std::uint64_t row) {
  RowChange change;
  change.transaction = &transaction;
  change.file = file;
  change.offset = offset;
  change.row = row;
  return change;
}

std::string event_id(const RowChange& change) {
  std::string id;
  append_event_id(change, id);
  return id;
}

TEST(EventId, OfAGtidHasNeitherColonNorDot) {
  Transaction transaction;
  transaction.gtid = "3e11fa47-71ca-11e1-9e33-c80aa9429562:tag_1:7";

  EXPECT_EQ(event_id(change_of(transaction, "mysql-bin.000042", 1234, 5)),
            "3e11fa47-71ca-11e1-9e33-c80aa9429562-tag_1-7-5");
}

TEST(EventId, OfAGtidDoesNotDependOnTheServersFiles) {
  Transaction before;
  before.gtid = "0-1-42";
  before.server = "1";
  Transaction after = before;
  after.server = "2";

  EXPECT_EQ(event_id(change_of(before, "a.000001", 4, 0)), "0-1-42-0");
  EXPECT_EQ(event_id(change_of(after, "b.000009", 99, 0)), "0-1-42-0");
}

TEST(EventId, WithoutGtidNamesServerFileOffsetAndRow) {
  Transaction transaction;
  transaction.server = "101";

  EXPECT_EQ(event_id(change_of(transaction, "mysql-bin.000042", 18'446'744'073'709'551'615U, 7)),
            "101-mysql-bin~2e000042-18446744073709551615-7");
}

TEST(EventId, EscapesEveryByteThatHeadersAndUrlsWouldMind) {
  Transaction transaction;
  transaction.server = "1";

  EXPECT_EQ(event_id(change_of(transaction, "~a b\xC3\xA9_\n", 4, 0)), "1-~7ea~20b~c3~a9_~0a-4-0");
}

TEST(EventId, IsAppended) {
  Transaction transaction;
  transaction.gtid = "0-1-42";
  std::string out = "a:b ";

  append_event_id(change_of(transaction, "", 0, 3), out);

  EXPECT_EQ(out, "a:b 0-1-42-3");
}

TEST(Operation, HasTheNamesOfTheWebhook) {
  EXPECT_EQ(to_string(Operation::kInsert), "insert");
  EXPECT_EQ(to_string(Operation::kUpdate), "update");
  EXPECT_EQ(to_string(Operation::kDelete), "delete");
}

TEST(Position, ShowsFileAndGtids) {
  Position position;
  EXPECT_EQ(to_string(position), "no position");
  position.flavor = Flavor::kMariadb;
  position.gtids = *GtidSet::parse(Flavor::kMariadb, "0-1-7");
  EXPECT_EQ(to_string(position), "gtid 0-1-7");
  position.file = "mysql-bin.000042";
  position.offset = 5'000'000'000U;
  EXPECT_EQ(to_string(position), "mysql-bin.000042:5000000000 (gtid 0-1-7)");
  position.gtids = GtidSet(Flavor::kMariadb);
  EXPECT_EQ(to_string(position), "mysql-bin.000042:5000000000");
}

TEST(Flavor, HasTheServersName) {
  EXPECT_EQ(to_string(Flavor::kMysql), "MySQL");
  EXPECT_EQ(to_string(Flavor::kMariadb), "MariaDB");
}

}  // namespace
}  // namespace pikachu::change
