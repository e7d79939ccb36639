#include <gtest/gtest.h>

#include "binlog/events.h"
#include "tests/support/event_bytes.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using test::EventBytes;

constexpr const char* kUuid = "dcd7f46b-e514-11f1-bf41-02fc00000001";
constexpr const char* kUuidHex = "dcd7f46be51411f1bf4102fc00000001";

EventBytes mysql_gtid(EventType type, std::uint64_t gno) {
  EventBytes event(type);
  event.u8(0).hex(kUuidHex).u64(gno);
  return event;
}

TEST(MysqlGtid, HasIdAndTimeOfARecordedEvent) {
  // Recorded: MySQL 9.7.4, CREATE DATABASE, without header and checksum.
  EventBytes event(EventType::kGtid);
  event.hex(
      "01dcd7f46be51411f1bf4102fc00000001640600000000000002000000000000000001000000000000005b668f08"
      "ba6006ef50620100");
  const auto gtid = parse_gtid(event);
  ASSERT_TRUE(gtid) << gtid.error().message;
  EXPECT_EQ(gtid->gtid, std::string(kUuid) + ":1636");
  EXPECT_EQ(gtid->commit_time_us, 0x0660ba088f665b);
  EXPECT_FALSE(gtid->standalone);
}

TEST(MysqlGtid, MayEndWhereOlderServersEndIt) {
  const auto of_5_6 = parse_gtid(mysql_gtid(EventType::kGtid, 7));
  ASSERT_TRUE(of_5_6);
  EXPECT_EQ(of_5_6->gtid, std::string(kUuid) + ":7");
  EXPECT_EQ(of_5_6->commit_time_us, std::nullopt);

  const auto of_5_7 = parse_gtid(mysql_gtid(EventType::kGtid, 7).u8(2).u64(1).u64(2));
  ASSERT_TRUE(of_5_7);
  EXPECT_EQ(of_5_7->commit_time_us, std::nullopt);
}

TEST(MysqlGtid, PrefersTheOriginalCommitTime) {
  constexpr std::uint64_t kOriginalFollows = std::uint64_t{1} << 55;
  const auto replicated = parse_gtid(
      mysql_gtid(EventType::kGtid, 7).u8(2).u64(1).u64(2).u56(2000 | kOriginalFollows).u56(1000));
  ASSERT_TRUE(replicated);
  EXPECT_EQ(replicated->commit_time_us, 1000);

  const auto own = parse_gtid(mysql_gtid(EventType::kGtid, 7).u8(2).u64(1).u64(2).u56(2000));
  ASSERT_TRUE(own);
  EXPECT_EQ(own->commit_time_us, 2000);
}

TEST(MysqlGtid, HasNoTimeWhereTheOriginalServerWroteNone) {
  const auto gtid = parse_gtid(mysql_gtid(EventType::kGtid, 7)
                                   .u8(2)
                                   .u64(1)
                                   .u64(2)
                                   .u56(2000 | std::uint64_t{1} << 55)
                                   .u56(0));
  ASSERT_TRUE(gtid);
  EXPECT_EQ(gtid->commit_time_us, std::nullopt);
}

TEST(MysqlGtid, RefusesNumbersThatNoTransactionHas) {
  for (const std::uint64_t gno : {std::uint64_t{0}, std::uint64_t{0x7fffffffffffffff}}) {
    const auto gtid = parse_gtid(mysql_gtid(EventType::kGtid, gno));
    ASSERT_FALSE(gtid) << gno;
    EXPECT_EQ(gtid.error().code, ErrorCode::kCorrupt);
  }
}

TEST(MysqlGtid, IsRefusedWhereItIsCutInAField) {
  const EventBytes event = mysql_gtid(EventType::kGtid, 7)
                               .u8(2)
                               .u64(1)
                               .u64(2)
                               .u56(2000 | std::uint64_t{1} << 55)
                               .u56(1000);
  constexpr std::size_t kMysql56 = 19 + 25;
  constexpr std::size_t kMysql57 = kMysql56 + 17;
  for (std::size_t size = 0; size < event.bytes().size(); ++size) {
    // Up to six bytes after 5.7's fields are no time yet.
    const bool whole = size == kMysql56 || (size >= kMysql57 && size < kMysql57 + 7);
    EXPECT_EQ(parse_gtid(Bytes(event).first(size)).has_value(), whole) << size;
  }
}

TEST(AnonymousGtid, HasATimeAndNoId) {
  const auto gtid =
      parse_gtid(mysql_gtid(EventType::kAnonymousGtid, 0).u8(2).u64(1).u64(2).u56(2000));
  ASSERT_TRUE(gtid);
  EXPECT_EQ(gtid->gtid, "");
  EXPECT_EQ(gtid->commit_time_us, 2000);
}

TEST(TaggedGtid, HasIdAndTimeOfRecordedEvents) {
  struct Case {
    const char* body;
    std::string gtid;
    std::int64_t time;
  };
  // Recorded: MySQL 9.7.4, SET GTID_NEXT='AUTOMATIC:tag_a', an INSERT, and a tag of 29 characters.
  for (const Case& c :
       {Case{"02740000020271035d03d103d695032822c503fd028204f103000000020414060a7461675f6108040a080"
             "c7f"
             "c9ce8f08ba60061075031283120b",
             std::string(kUuid) + ":tag_a:5", 0x0660ba088fcec9},
        Case{"02a40000000271035d03d103d695032822c503fd028204f10300000002040c063a616e6f746865725f746"
             "167"
             "5f6f665f6d61785f6c656e6774685f78787808080a100c7fdbe78f08ba60061019051283120b",
             std::string(kUuid) + ":another_tag_of_max_length_xxx:3", 0x0660ba088fe7db}}) {
    SCOPED_TRACE(c.gtid);
    EventBytes event(EventType::kGtidTagged);
    event.hex(c.body);
    const auto gtid = parse_gtid(event);
    ASSERT_TRUE(gtid) << gtid.error().message;
    EXPECT_EQ(gtid->gtid, c.gtid);
    EXPECT_EQ(gtid->commit_time_us, c.time);
  }
}

// Hand-assembled from mysql::serialization; `fields` follows version, size and last needed field.
EventBytes tagged(const char* fields) {
  EventBytes event(EventType::kGtidTagged);
  event.hex("02 74 00").hex(fields);
  return event;
}
constexpr const char* kZeroUuid = "02 00000000 00000000 00000000 00000000";

TEST(TaggedGtid, PrefersTheOriginalCommitTime) {
  const auto gtid =
      parse_gtid(tagged("02 00000000 00000000 00000000 00000000 04 14 06 02 61 0c 08 0e 04"));
  ASSERT_TRUE(gtid) << gtid.error().message;
  EXPECT_EQ(gtid->gtid, "00000000-0000-0000-0000-000000000000:a:5");
  EXPECT_EQ(gtid->commit_time_us, 2);
}

TEST(TaggedGtid, RefusesImpossibleFields) {
  for (const char* fields :
       {"04 00 06 02 61", "04 13 06 02 61", "04 14 06 02 41", "04 14 06 04 3061", "06 02 61"}) {
    SCOPED_TRACE(fields);
    EventBytes event(EventType::kGtidTagged);
    event.hex("02 74 00").hex(kZeroUuid).hex(fields);
    const auto gtid = parse_gtid(event);
    ASSERT_FALSE(gtid);
    EXPECT_EQ(gtid.error().code, ErrorCode::kCorrupt);
  }
}

TEST(TaggedGtid, RefusesVersionsAndFieldsItMustKnowButDoesNot) {
  for (const char* head : {"04 74 00", "02 74 18"}) {
    EventBytes event(EventType::kGtidTagged);
    event.hex(head).hex(kZeroUuid).hex("04 14 06 02 61");
    const auto gtid = parse_gtid(event);
    ASSERT_FALSE(gtid) << head;
    EXPECT_EQ(gtid.error().code, ErrorCode::kUnsupported);
  }
}

TEST(TaggedGtid, IsRefusedWhereItIsCutInAField) {
  const EventBytes event = tagged("02 00000000 00000000 00000000 00000000 04 14 06 0a 61626364");
  for (std::size_t size = 0; size < event.bytes().size(); ++size) {
    // Fields may be missing from the end on, and the tag is the last of them here.
    const bool whole = size == event.bytes().size() - 6;
    EXPECT_EQ(parse_gtid(Bytes(event).first(size)).has_value(), whole) << size;
  }
}

TEST(MariadbGtid, HasIdAndFlagsOfRecordedEvents) {
  struct Case {
    const char* body;
    const char* gtid;
    bool standalone;
    bool prepared_xa;
    bool completed_xa;
  };
  // Recorded: MariaDB 10.11.19: CREATE DATABASE; BEGIN … COMMIT; XA PREPARE; XA COMMIT.
  for (const Case& c :
       {Case{"ad0300000000000000000000 29 000000000000", "0-101-941", true, false, false},
        Case{"b10300000000000000000000 0c 000000000000", "0-101-945", false, false, false},
        Case{"c80300000000000000000000 4c 07000000 06 06 677472696431 627175616c31 01 ff",
             "0-101-968", false, true, false},
        Case{"c90300000000000000000000 8d 07000000 06 06 677472696431 627175616c31", "0-101-969",
             true, false, true}}) {
    SCOPED_TRACE(c.gtid);
    EventBytes event(EventType::kMariadbGtid, 101);
    event.hex(c.body);
    const auto gtid = parse_gtid(event);
    ASSERT_TRUE(gtid) << gtid.error().message;
    EXPECT_EQ(gtid->gtid, c.gtid);
    EXPECT_EQ(gtid->standalone, c.standalone);
    EXPECT_EQ(gtid->prepared_xa, c.prepared_xa);
    EXPECT_EQ(gtid->completed_xa, c.completed_xa);
    EXPECT_FALSE(gtid->start_alter);
    EXPECT_FALSE(gtid->rollback_alter);
    EXPECT_EQ(gtid->commit_time_us, std::nullopt);
  }
}

TEST(MariadbGtid, KnowsTwoPhaseAlterBehindOtherExtras) {
  EventBytes start(EventType::kMariadbGtid, 999);
  start.u64(5000000000).u32(7).u8(0x2b).u64(55).u8(0x03).u8(1);
  const auto started = parse_gtid(start);
  ASSERT_TRUE(started);
  EXPECT_EQ(started->gtid, "7-999-5000000000");
  EXPECT_TRUE(started->start_alter);
  EXPECT_FALSE(started->rollback_alter);

  EventBytes rollback(EventType::kMariadbGtid, 1);
  rollback.u64(6).u32(0).u8(0x29).u8(0x08).u64(5);
  const auto rolled_back = parse_gtid(rollback);
  ASSERT_TRUE(rolled_back);
  EXPECT_TRUE(rolled_back->rollback_alter);
  EXPECT_FALSE(rolled_back->start_alter);
}

TEST(MariadbGtid, IgnoresPaddingOfAnyLength) {
  EventBytes event(EventType::kMariadbGtid, 1);
  event.u64(6).u32(0).u8(0x0c);
  for (int i = 0; i < 3700; ++i) event.u8(0);
  const auto gtid = parse_gtid(event);
  ASSERT_TRUE(gtid);
  EXPECT_EQ(gtid->gtid, "0-1-6");
  EXPECT_FALSE(gtid->start_alter);
}

TEST(MariadbGtid, IsRefusedWhereItIsCutInAField) {
  EventBytes event(EventType::kMariadbGtid, 1);
  event.u64(6).u32(0).u8(0x42).u64(9).u32(1).u8(2).u8(3).text("abcde").u8(1).u8(2);
  for (std::size_t size = 0; size < event.bytes().size(); ++size) {
    const bool whole = size == event.bytes().size() - 2;  // The extra flags may be missing.
    EXPECT_EQ(parse_gtid(Bytes(event).first(size)).has_value(), whole) << size;
  }
}

}  // namespace
}  // namespace pikachu::binlog
