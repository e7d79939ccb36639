#include <gtest/gtest.h>

#include "binlog/events.h"
#include "tests/support/binlog_file.h"
#include "tests/support/event_bytes.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using test::EventBytes;

constexpr const char* kUuidA = "aaaaaaaabbbbccccddddeeeeeeeeeeee";
constexpr const char* kTextA = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

TEST(PreviousGtids, WithoutTagsHasSourcesAndIntervals) {
  EventBytes event(EventType::kPreviousGtids);
  event.u64(1).hex(kUuidA).u64(2).u64(1).u64(6).u64(8).u64(9);
  const auto set = parse_previous_gtids(event);
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->to_string(), std::string(kTextA) + ":1-5:8");
}

TEST(PreviousGtids, WithTagsHasThem) {
  EventBytes event(EventType::kPreviousGtids);
  event.u8(1).u48(2).u8(1);
  event.hex(kUuidA).u8(0).u64(1).u64(1).u64(6);
  event.hex(kUuidA).u8(3 << 1).text("tag").u64(1).u64(1).u64(2);
  const auto set = parse_previous_gtids(event);
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->to_string(), std::string(kTextA) + ":1-5," + kTextA + ":tag:1");
}

TEST(PreviousGtids, OfARecordedServerHasItsTags) {
  const auto file = test::RecordedBinlog::read(
      PIKACHU_SOURCE_DIR "/tests/unit/binlog/data/mysql-9.7.4_tagged_full_2.binlog");
  ASSERT_TRUE(file) << file.error().message;
  const auto events = file->of_type(EventType::kPreviousGtids);
  ASSERT_EQ(events.size(), 1U);
  const auto set = parse_previous_gtids(events[0]);
  ASSERT_TRUE(set) << set.error().message;
  const std::string text = set->to_string();
  EXPECT_NE(text.find("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee:t:9223372036854775806"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(":tag_a:"), std::string::npos) << text;
}

TEST(PreviousGtids, OfAnEmptyServerIsEmpty) {
  const auto set = parse_previous_gtids(EventBytes(EventType::kPreviousGtids).u64(0));
  ASSERT_TRUE(set);
  EXPECT_TRUE(set->empty());
}

TEST(PreviousGtids, IsRefusedWhereverItIsCut) {
  EventBytes event(EventType::kPreviousGtids);
  event.u8(1).u48(1).u8(1).hex(kUuidA).u8(3 << 1).text("tag").u64(1).u64(1).u64(2);
  for (std::size_t size = 0; size < event.bytes().size(); ++size) {
    const auto set = parse_previous_gtids(Bytes(event).first(size));
    ASSERT_FALSE(set) << size;
    EXPECT_EQ(set.error().code, ErrorCode::kCorrupt);
  }
}

TEST(PreviousGtids, RefusesCountsBeyondItsBytes) {
  for (const std::uint64_t count : {std::uint64_t{2}, std::uint64_t{0xffffffffffff}}) {
    EventBytes sources(EventType::kPreviousGtids);
    sources.u64(count).hex(kUuidA).u64(1).u64(1).u64(2);
    EXPECT_FALSE(parse_previous_gtids(sources)) << count;
    EventBytes intervals(EventType::kPreviousGtids);
    intervals.u64(1).hex(kUuidA).u64(count << 16).u64(1).u64(2);
    EXPECT_FALSE(parse_previous_gtids(intervals)) << count;
  }
}

TEST(PreviousGtids, RefusesImpossibleIntervals) {
  for (const auto& [first, last] :
       {std::pair<std::uint64_t, std::uint64_t>{0, 2}, {3, 3}, {4, 3}, {1, ~std::uint64_t{0}}}) {
    EventBytes event(EventType::kPreviousGtids);
    event.u64(1).hex(kUuidA).u64(1).u64(first).u64(last);
    const auto set = parse_previous_gtids(event);
    ASSERT_FALSE(set) << first;
    EXPECT_EQ(set.error().code, ErrorCode::kCorrupt);
  }
}

TEST(PreviousGtids, RefusesATagThatNoSetCanHave) {
  for (const std::string tag :
       {":other", "1-5", "UPPER", "a,b", "abcdefghijklmnopqrstuvwxyz0123456"}) {
    SCOPED_TRACE(tag);
    EventBytes event(EventType::kPreviousGtids);
    event.u8(1).u48(1).u8(1).hex(kUuidA).u8(tag.size() << 1).text(tag).u64(1).u64(1).u64(2);
    const auto set = parse_previous_gtids(event);
    ASSERT_FALSE(set) << set->to_string();
    EXPECT_EQ(set.error().code, ErrorCode::kCorrupt);
  }
}

// Taking them in any order would cost time that grows with the square of their number.
TEST(PreviousGtids, RefusesIntervalsOutOfOrder) {
  EventBytes backwards(EventType::kPreviousGtids);
  backwards.u64(1).hex(kUuidA).u64(2).u64(8).u64(9).u64(1).u64(6);
  EXPECT_FALSE(parse_previous_gtids(backwards));
  EventBytes overlapping(EventType::kPreviousGtids);
  overlapping.u64(1).hex(kUuidA).u64(2).u64(1).u64(6).u64(5).u64(9);
  EXPECT_FALSE(parse_previous_gtids(overlapping));
}

TEST(PreviousGtids, RefusesASourceThatComesTwice) {
  EventBytes event(EventType::kPreviousGtids);
  event.u64(2).hex(kUuidA).u64(1).u64(1).u64(6).hex(kUuidA).u64(1).u64(8).u64(9);
  EXPECT_FALSE(parse_previous_gtids(event));
}

TEST(GtidList, KeepsTheLastGtidOfEachDomain) {
  EventBytes event(EventType::kMariadbGtidList);
  event.u32(3 | 0x10000000);  // The upper four bits are flags.
  event.u32(0).u32(2).u64(50).u32(0).u32(1).u64(42).u32(7).u32(9).u64(5000000000);
  const auto set = parse_gtid_list(event);
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->to_string(), "0-1-42,7-9-5000000000");
}

TEST(GtidList, IsRefusedWhereverItIsCut) {
  EventBytes event(EventType::kMariadbGtidList);
  event.u32(2).u32(0).u32(1).u64(42).u32(7).u32(9).u64(5);
  for (std::size_t size = 0; size < event.bytes().size(); ++size) {
    const auto set = parse_gtid_list(Bytes(event).first(size));
    ASSERT_FALSE(set) << size;
    EXPECT_EQ(set.error().code, ErrorCode::kCorrupt);
  }
}

TEST(GtidList, RefusesACountBeyondItsBytes) {
  EXPECT_FALSE(parse_gtid_list(EventBytes(EventType::kMariadbGtidList).u32(0x0fffffff)));
}

}  // namespace
}  // namespace pikachu::binlog
