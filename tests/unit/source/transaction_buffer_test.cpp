#include "source/transaction_buffer.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::source {
namespace {

std::vector<std::uint8_t> bytes(std::size_t size, std::uint8_t fill) {
  std::vector<std::uint8_t> filled(size, fill);
  return filled;
}

class TransactionBufferTest : public ::testing::Test {
 protected:
  void append(std::size_t size, std::uint8_t fill) {
    ASSERT_TRUE(buffer_.append_event(table_, bytes(size, fill), offset_++));
  }

  /// The events as "size*fill@offset", with what else is known of them.
  std::vector<std::string> events(TransactionBuffer& buffer) {
    std::vector<std::string> texts;
    buffer.rewind();
    while (true) {
      const auto event = buffer.next();
      EXPECT_TRUE(event) << event.error().message;
      if (!event || !*event) return texts;
      const auto& one = **event;
      const auto fill = one.bytes.front();
      EXPECT_EQ(std::vector(one.bytes.begin(), one.bytes.end()), bytes(one.bytes.size(), fill));
      EXPECT_EQ(one.table, table_.get());
      texts.push_back(std::to_string(one.bytes.size()) + "*" + std::to_string(fill) + "@" +
                      std::to_string(one.offset));
      if (one.uncollected_rows > 0) texts.back() += "+" + std::to_string(one.uncollected_rows);
      if (!one.query.empty()) texts.back() += " " + std::string(one.query);
    }
  }
  std::vector<std::string> events() { return events(buffer_); }

  using Events = std::vector<std::string>;
  std::shared_ptr<const CachedTable> table_ = std::make_shared<CachedTable>();
  std::uint64_t offset_ = 100;
  TransactionBuffer buffer_{1000, ::testing::TempDir(), "take another"};
};

TEST_F(TransactionBufferTest, EventsBeyondTheMemoryLimitComeBackFromDisk) {
  constexpr std::size_t kMoreThanABlock = SpillFile::kBlockBytes + 5;
  append(600, 1);
  append(600, 2);
  append(kMoreThanABlock, 3);
  append(10, 4);

  const Events all{"600*1@100", "600*2@101", std::to_string(kMoreThanABlock) + "*3@102",
                   "10*4@103"};
  EXPECT_EQ(events(), all);
  EXPECT_EQ(events(), all) << "a second time";
  EXPECT_LE(buffer_.memory_bytes(), 1000U);
}

TEST_F(TransactionBufferTest, ManyEventsTakeNoMemoryEach) {
  constexpr int kEvents = 200'000;
  for (int i = 0; i < kEvents; ++i) append(40, static_cast<std::uint8_t>(i % 200));

  EXPECT_LE(buffer_.memory_bytes(), 1000U);
  const auto read = events();
  ASSERT_EQ(read.size(), static_cast<std::size_t>(kEvents));
  EXPECT_EQ(read[123'456], "40*56@123556");
}

TEST_F(TransactionBufferTest, RollbackToASavepointOnDiskKeepsWhatCameBefore) {
  append(900, 1);
  append(900, 2);
  buffer_.set_savepoint("s");
  append(900, 3);

  EXPECT_TRUE(buffer_.rollback_to("s"));
  append(700, 4);

  EXPECT_EQ(events(), (Events{"900*1@100", "900*2@101", "700*4@103"}));
}

TEST_F(TransactionBufferTest, RollbackToASavepointThatIsWrittenAlreadyKeepsWhatCameBefore) {
  append(900, 1);
  append(SpillFile::kBlockBytes - 100, 2);
  buffer_.set_savepoint("s");
  append(SpillFile::kBlockBytes - 100, 3);
  append(SpillFile::kBlockBytes - 100, 4);

  EXPECT_TRUE(buffer_.rollback_to("s"));
  append(700, 5);

  EXPECT_EQ(events(), (Events{"900*1@100", std::to_string(SpillFile::kBlockBytes - 100) + "*2@101",
                              "700*5@104"}));
}

TEST_F(TransactionBufferTest, RollbackToASavepointInMemoryUsesMemoryAgain) {
  append(400, 1);
  buffer_.set_savepoint("s");
  append(900, 2);

  EXPECT_TRUE(buffer_.rollback_to("s"));
  append(400, 3);
  append(500, 4);

  EXPECT_EQ(events(), (Events{"400*1@100", "400*3@102", "500*4@103"}));
  EXPECT_GT(buffer_.memory_bytes(), 800U);
}

TEST_F(TransactionBufferTest, SavepointSetAgainMoves) {
  buffer_.set_savepoint("s");
  append(10, 1);
  buffer_.set_savepoint("s");
  append(10, 2);

  EXPECT_TRUE(buffer_.rollback_to("s"));

  EXPECT_EQ(events(), Events{"10*1@100"});
}

TEST_F(TransactionBufferTest, ReleasedSavepointIsUnknown) {
  append(10, 1);
  buffer_.set_savepoint("a");
  append(10, 2);
  buffer_.set_savepoint("b");

  buffer_.release_savepoint("a");  // and b, which was set after it

  EXPECT_FALSE(buffer_.rollback_to("b"));
  EXPECT_EQ(events(), (Events{"10*1@100", "10*2@101"})) << "nothing is lost";
}

TEST_F(TransactionBufferTest, SavepointIsTheOneWhoseNameMayBeEqual) {
  append(10, 1);
  buffer_.set_savepoint("één");
  append(10, 2);
  buffer_.set_savepoint("twee");
  append(10, 3);

  EXPECT_TRUE(buffer_.rollback_to("een"));

  EXPECT_EQ(events(), Events{"10*1@100"});
}

TEST_F(TransactionBufferTest, NewestSavepointOfJustThisNameCounts) {
  append(10, 1);
  buffer_.set_savepoint("e");
  append(10, 2);
  buffer_.set_savepoint("é");
  append(10, 3);

  EXPECT_TRUE(buffer_.rollback_to("é"));

  EXPECT_EQ(events(), (Events{"10*1@100", "10*2@101"}));
}

TEST_F(TransactionBufferTest, SavepointsWhoseNamesMayBothBeEqualAreNotGuessedAt) {
  append(10, 1);
  buffer_.set_savepoint("e");
  append(10, 2);
  buffer_.set_savepoint("é");
  append(10, 3);

  const auto rolled_back = buffer_.rollback_to("e");

  ASSERT_FALSE(rolled_back);
  EXPECT_EQ(rolled_back.error().code, base::ErrorCode::kUnsupported);
  EXPECT_NE(rolled_back.error().message.find("`é` or `e`"), std::string::npos)
      << rolled_back.error().message;
  EXPECT_EQ(events().size(), 3U) << "nothing is lost";
}

TEST_F(TransactionBufferTest, SavepointsThatMayBeEqualAtOnePlaceAreAsGoodAsOne) {
  append(10, 1);
  buffer_.set_savepoint("e");
  buffer_.set_savepoint("é");
  append(10, 3);

  EXPECT_TRUE(buffer_.rollback_to("e"));

  EXPECT_EQ(events(), Events{"10*1@100"});
}

TEST_F(TransactionBufferTest, SavepointThatWasSetAgainIsNoneOfSeveral) {
  append(10, 1);
  buffer_.set_savepoint("é");
  append(10, 2);
  buffer_.set_savepoint("é");
  append(10, 3);

  EXPECT_TRUE(buffer_.rollback_to("É"));

  EXPECT_EQ(events(), (Events{"10*1@100", "10*2@101"}));
}

// No server takes such a name; damage can make one.
TEST_F(TransactionBufferTest, SavepointWithoutANameIsOneLikeOthers) {
  append(10, 1);
  buffer_.set_savepoint("");
  append(10, 2);

  buffer_.release_savepoint("");

  EXPECT_FALSE(buffer_.rollback_to(""));
}

TEST_F(TransactionBufferTest, ManySavepointsCostNoMoreThanFew) {
  for (int i = 0; i < 200'000; ++i) buffer_.set_savepoint("s" + std::to_string(i));
  append(10, 1);

  EXPECT_TRUE(buffer_.rollback_to("s199999"));

  EXPECT_FALSE(buffer_.has_events());
}

TEST_F(TransactionBufferTest, CountedRowsAreCutAtASavepointToo) {
  buffer_.append_uncollected(5);
  buffer_.set_savepoint("s");
  buffer_.append_uncollected(7);
  append(10, 1);
  buffer_.append_uncollected(3);

  EXPECT_TRUE(buffer_.rollback_to("s"));
  EXPECT_FALSE(buffer_.has_events());
  append(10, 2);

  EXPECT_EQ(events(), Events{"10*2@101+5"});
}

TEST_F(TransactionBufferTest, EventsHaveTheStatementTheyAreOf) {
  buffer_.set_query("first");
  append(10, 1);
  append(2000, 2);  // to disk
  buffer_.set_query("second");
  append(10, 3);
  buffer_.clear_query();
  append(10, 4);

  EXPECT_EQ(events(),
            (Events{"10*1@100 first", "2000*2@101 first", "10*3@102 second", "10*4@103"}));
}

TEST_F(TransactionBufferTest, StatementThatWasRolledBackIsNotThatOfTheNext) {
  buffer_.set_query("first");
  append(10, 1);
  buffer_.set_savepoint("s");
  buffer_.set_query("second");
  append(10, 2);
  EXPECT_TRUE(buffer_.rollback_to("s"));
  append(10, 3);

  EXPECT_EQ(events(), (Events{"10*1@100 first", "10*3@102"}));
}

TEST_F(TransactionBufferTest, TablesBeyondAFewAreTold) {
  std::vector<std::shared_ptr<const CachedTable>> tables;
  tables.reserve(100);
  for (int i = 0; i < 100; ++i) tables.push_back(std::make_shared<CachedTable>());
  for (int round = 0; round < 2; ++round) {
    for (const auto& table : tables) ASSERT_TRUE(buffer_.append_event(table, bytes(1, 1), 4));
  }

  for (std::size_t i = 0; i < 200; ++i) {
    const auto event = buffer_.next();
    ASSERT_TRUE(event && *event);
    EXPECT_EQ((*event)->table, tables[i % 100].get()) << i;
  }
}

TEST_F(TransactionBufferTest, WhatIsSettledCanMoveToDisk) {
  append(400, 1);
  append(400, 2);
  append(400, 3);
  append(400, 4);

  buffer_.settle();
  ASSERT_TRUE(buffer_.move_to_disk());

  EXPECT_EQ(buffer_.memory_bytes(), 0U);
  EXPECT_EQ(events(), (Events{"400*1@100", "400*2@101", "400*3@102", "400*4@103"}));
  buffer_.clear();
  append(400, 5);
  EXPECT_EQ(events(), Events{"400*5@104"});
}

TEST(TransactionBuffer, DirectoryThatIsNotThereIsNamed) {
  TransactionBuffer buffer(1, "/nonexistent/place", "take another");

  const auto appended = buffer.append_event(std::make_shared<CachedTable>(), bytes(10, 1), 4);

  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, base::ErrorCode::kUnavailable);
  EXPECT_NE(appended.error().message.find("/nonexistent/place"), std::string::npos);
  EXPECT_TRUE(appended.error().message.ends_with("; free space there, or take another"));
  EXPECT_FALSE(buffer.has_events());
}

}  // namespace
}  // namespace pikachu::source
