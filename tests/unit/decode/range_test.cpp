#include "decode/range.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/decode/binlog_bytes.h"

namespace pikachu::decode {
namespace {

using binlog::EventType;
using source::testing::EventBuilder;

DecodeOptions between(std::optional<Place> from, std::optional<Place> to) {
  DecodeOptions options;
  options.files = {"b.000001", "b.000002"};
  options.from = std::move(from);
  options.to = std::move(to);
  return options;
}

constexpr std::size_t kXidSize = 27;

void pass(Range& range, std::size_t file, std::uint64_t offset) {
  const std::vector<std::uint8_t> event(kXidSize);
  ASSERT_TRUE(range.pass(file, {offset, event, EventType::kXid, 0}, {}));
}

void pass_gtid(Range& range, std::uint64_t number) {
  const auto event = EventBuilder(EventBuilder::Server::kMariadb).gtid(number);
  ASSERT_TRUE(range.pass(0, {4, event, EventType::kMariadbGtid, 0}, {}));
}

TEST(Range, WithoutBoundsHasEverything) {
  const Range range(between({}, {}));

  EXPECT_FALSE(range.is_bounded());
  EXPECT_TRUE(range.begun());
  EXPECT_FALSE(range.ended());
}

TEST(Range, OffsetsDivideWhereTheyStand) {
  Range range(between(source::AtFile{"b.000001", 100}, source::AtFile{"b.000002", 50}));

  pass(range, 0, 99);
  EXPECT_FALSE(range.begun());
  pass(range, 0, 100);
  EXPECT_TRUE(range.begun());
  pass(range, 1, 49);
  EXPECT_FALSE(range.ended());
  pass(range, 1, 50);
  EXPECT_TRUE(range.ended());
}

TEST(Range, FileBehindTheLowerBoundsFileIsInRange) {
  Range range(between(source::AtFile{"b.000001", 100}, {}));

  pass(range, 1, 4);

  EXPECT_TRUE(range.begun());
}

TEST(Range, TimesDivideAtTheFirstThatIsNotBefore) {
  Range range(between(source::AtTime{10}, source::AtTime{20}));

  range.pass_time(9);
  EXPECT_FALSE(range.begun());
  range.pass_time(10);
  EXPECT_TRUE(range.begun());
  range.pass_time(19);
  EXPECT_FALSE(range.ended());
  range.pass_time(20);
  EXPECT_TRUE(range.ended());
}

TEST(Range, TransactionsOfBothBoundsAreInRange) {
  Range range(between(AtTransaction{"0-1-7"}, AtTransaction{"0-1-8"}));

  pass_gtid(range, 6);
  EXPECT_FALSE(range.begun());
  pass_gtid(range, 7);
  EXPECT_TRUE(range.begun());
  range.end_transaction();
  pass_gtid(range, 8);
  EXPECT_FALSE(range.ended());
  range.end_transaction();
  EXPECT_TRUE(range.ended());
  EXPECT_EQ(range.unmet(), "");
}

TEST(Range, LastTransactionEndsAtTheNextOneAtTheLatest) {
  Range range(between({}, AtTransaction{"0-1-8"}));

  pass_gtid(range, 8);
  pass_gtid(range, 9);

  EXPECT_TRUE(range.ended());
}

TEST(Range, TransactionThatIsNotThereIsSaid) {
  Range from(between(AtTransaction{"0-1-7"}, {}));
  Range to(between({}, AtTransaction{"0-1-7"}));

  pass_gtid(from, 6);
  pass_gtid(to, 6);

  EXPECT_EQ(from.unmet(), "-from: no transaction 0-1-7 is in these files");
  EXPECT_EQ(to.unmet(), "-to: no transaction 0-1-7 is in these files");
}

TEST(Range, OffsetBehindItsFilesEndIsSaid) {
  Range from(between(source::AtFile{"b.000001", 128}, {}));
  Range to(between({}, source::AtFile{"b.000002", 99}));
  Range at_end(between(source::AtFile{"b.000001", 127}, source::AtFile{"b.000001", 127}));

  for (Range* range : {&from, &to, &at_end}) {
    pass(*range, 0, 100);
    pass(*range, 1, 4);
  }

  EXPECT_EQ(from.beyond(), "-from: b.000001 ends at 127, before 128");
  EXPECT_EQ(to.beyond(), "-to: b.000002 ends at 31, before 99");
  EXPECT_EQ(at_end.beyond(), "");
}

TEST(Range, DamagedGtidIsRefused) {
  Range range(between(AtTransaction{"0-1-7"}, {}));
  auto event = EventBuilder(EventBuilder::Server::kMariadb).gtid(7);
  event.insert(event.end(), 4, 0);
  event[9] = static_cast<std::uint8_t>(event.size());
  binlog::FormatDescription format;
  format.checksum = binlog::Checksum::kCrc32;

  const auto passed = range.pass(0, {4, event, EventType::kMariadbGtid, 0}, format);

  ASSERT_FALSE(passed);
  EXPECT_EQ(passed.error().code, base::ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace pikachu::decode
