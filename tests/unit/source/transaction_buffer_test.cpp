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
  void expect_item(std::size_t index, std::size_t size, std::uint8_t fill) {
    const auto read = buffer_.read(buffer_.items()[index]);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(std::vector<std::uint8_t>(read->begin(), read->end()), bytes(size, fill));
  }

  std::shared_ptr<const CachedTable> table_ = std::make_shared<CachedTable>();
  std::uint64_t offset_ = 100;
  TransactionBuffer buffer_{1000, ::testing::TempDir()};
};

TEST_F(TransactionBufferTest, EventsBeyondTheMemoryLimitComeBackFromDisk) {
  append(600, 1);
  append(600, 2);
  append(5000, 3);
  append(10, 4);

  ASSERT_EQ(buffer_.items().size(), 4U);
  expect_item(0, 600, 1);
  expect_item(1, 600, 2);
  expect_item(2, 5000, 3);
  expect_item(3, 10, 4);
  EXPECT_EQ(buffer_.items()[2].event_offset, 102U);
}

TEST_F(TransactionBufferTest, RollbackToASavepointOnDiskKeepsWhatCameBefore) {
  append(900, 1);
  append(900, 2);
  buffer_.set_savepoint("s");
  append(900, 3);

  buffer_.rollback_to("s");
  append(700, 4);

  ASSERT_EQ(buffer_.items().size(), 3U);
  expect_item(1, 900, 2);
  expect_item(2, 700, 4);
}

TEST_F(TransactionBufferTest, RollbackToASavepointInMemoryUsesMemoryAgain) {
  append(400, 1);
  buffer_.set_savepoint("s");
  append(900, 2);

  buffer_.rollback_to("s");
  append(500, 3);
  append(500, 4);

  expect_item(0, 400, 1);
  expect_item(1, 500, 3);
  expect_item(2, 500, 4);
}

TEST_F(TransactionBufferTest, SavepointSetAgainMoves) {
  buffer_.set_savepoint("s");
  append(10, 1);
  buffer_.set_savepoint("s");
  append(10, 2);

  buffer_.rollback_to("s");

  EXPECT_EQ(buffer_.items().size(), 1U);
}

TEST_F(TransactionBufferTest, ReleasedSavepointIsUnknown) {
  append(10, 1);
  buffer_.set_savepoint("a");
  append(10, 2);
  buffer_.set_savepoint("b");

  buffer_.release_savepoint("a");  // and b, which was set after it
  buffer_.rollback_to("b");

  EXPECT_TRUE(buffer_.items().empty());
}

// No server takes such a name; damage can make one.
TEST_F(TransactionBufferTest, SavepointWithoutANameIsOneLikeOthers) {
  append(10, 1);
  buffer_.set_savepoint("");
  append(10, 2);

  buffer_.release_savepoint("");
  buffer_.rollback_to("");

  EXPECT_TRUE(buffer_.items().empty());
}

TEST_F(TransactionBufferTest, ManySavepointsCostNoMoreThanFew) {
  for (int i = 0; i < 200'000; ++i) buffer_.set_savepoint("s" + std::to_string(i));
  append(10, 1);

  buffer_.rollback_to("s199999");

  EXPECT_FALSE(buffer_.has_events());
}

TEST_F(TransactionBufferTest, CountedRowsAreCutAtASavepointToo) {
  buffer_.append_uncollected(5);
  buffer_.set_savepoint("s");
  buffer_.append_uncollected(7);

  buffer_.rollback_to("s");

  ASSERT_EQ(buffer_.items().size(), 1U);
  EXPECT_EQ(buffer_.items()[0].rows, 5U);
  EXPECT_FALSE(buffer_.has_events());
}

TEST(TransactionBuffer, DirectoryThatIsNotThereIsNamed) {
  TransactionBuffer buffer(1, "/nonexistent/place");

  const auto appended = buffer.append_event(std::make_shared<CachedTable>(), bytes(10, 1), 4);

  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, base::ErrorCode::kUnavailable);
  EXPECT_NE(appended.error().message.find("/nonexistent/place"), std::string::npos);
}

}  // namespace
}  // namespace pikachu::source
