#include <gtest/gtest.h>

#include "binlog/events.h"
#include "tests/support/event_bytes.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using test::EventBytes;

// Refused with kCorrupt at each size below that of `event`.
template <typename Parse>
void expect_refused_wherever_cut(const EventBytes& event, Parse parse) {
  for (std::size_t size = 0; size < event.bytes().size(); ++size) {
    const auto parsed = parse(Bytes(event).first(size));
    ASSERT_FALSE(parsed) << size;
    EXPECT_EQ(parsed.error().code, ErrorCode::kCorrupt);
  }
}

TEST(Rotate, HasFileAndOffsetOf64Bits) {
  EventBytes event(EventType::kRotate);
  event.u64(std::uint64_t{5} << 32).text("mysql-bin.000002");
  const auto rotate = parse_rotate(event);
  ASSERT_TRUE(rotate) << rotate.error().message;
  EXPECT_EQ(rotate->offset, std::uint64_t{5} << 32);
  EXPECT_EQ(rotate->file, "mysql-bin.000002");
}

TEST(Rotate, IsRefusedWithoutAFile) {
  EventBytes event(EventType::kRotate);
  event.u64(4);
  EXPECT_FALSE(parse_rotate(event));
  expect_refused_wherever_cut(event, parse_rotate);
}

TEST(Xid, HasItsNumber) {
  const auto xid = parse_xid(EventBytes(EventType::kXid).u64(0x1122334455667788));
  ASSERT_TRUE(xid);
  EXPECT_EQ(*xid, 0x1122334455667788U);
  expect_refused_wherever_cut(EventBytes(EventType::kXid).u64(1), parse_xid);
}

TEST(XaPrepare, HasTheIdAsXaCommitWritesIt) {
  // Recorded: MySQL 9.7.4 and MariaDB 10.11.19, XA PREPARE 'gtrid1','bqual1',7.
  EventBytes event(EventType::kXaPrepare);
  event.hex("00 07000000 06000000 06000000 677472696431 627175616c31");
  const auto prepare = parse_xa_prepare(event);
  ASSERT_TRUE(prepare) << prepare.error().message;
  EXPECT_FALSE(prepare->one_phase);
  EXPECT_EQ(prepare->xid, "X'677472696431',X'627175616c31',7");
  EXPECT_EQ(prepare->xid, classify_query("XA COMMIT X'677472696431',X'627175616c31',7", 0).name);
}

TEST(XaPrepare, MayCommitInOnePhase) {
  // Recorded: MySQL 9.7.4, XA COMMIT 'gtrid3' ONE PHASE.
  EventBytes event(EventType::kXaPrepare);
  event.hex("01 01000000 06000000 00000000 677472696433");
  const auto prepare = parse_xa_prepare(event);
  ASSERT_TRUE(prepare);
  EXPECT_TRUE(prepare->one_phase);
  EXPECT_EQ(prepare->xid, "X'677472696433',X'',1");
  expect_refused_wherever_cut(event, parse_xa_prepare);
}

TEST(XaPrepare, RefusesPartsAboveTheLimit) {
  EventBytes event(EventType::kXaPrepare);
  event.u8(0).u32(1).u32(65).u32(0);
  for (int i = 0; i < 65; ++i) event.u8('x');
  EXPECT_FALSE(parse_xa_prepare(event));
  EXPECT_FALSE(parse_xa_prepare(EventBytes(EventType::kXaPrepare).u8(0).u32(1).u32(0).u32(~0U)));
}

TEST(Incident, HasAMessageForPeople) {
  EventBytes event(EventType::kIncident);
  event.u16(1).u8(8).text("gap here");
  const auto incident = parse_incident(event);
  ASSERT_TRUE(incident);
  EXPECT_EQ(*incident, "LOST_EVENTS: gap here");
  expect_refused_wherever_cut(event, parse_incident);

  EXPECT_EQ(*parse_incident(EventBytes(EventType::kIncident).u16(7).u8(0)), "incident 7");
}

TEST(Heartbeat, HasFileAndOffset) {
  EventBytes event(EventType::kHeartbeat);
  event.log_pos(1234).text("mysql-bin.000002");
  const auto heartbeat = parse_heartbeat(event);
  ASSERT_TRUE(heartbeat);
  EXPECT_EQ(heartbeat->file, "mysql-bin.000002");
  EXPECT_EQ(heartbeat->offset, 1234U);
  EXPECT_FALSE(parse_heartbeat(Bytes(event).first(18)));
}

TEST(HeartbeatV2, HasFileAndOffsetOf64BitsInAnyOrder) {
  for (const char* body : {"01 03 612e31 02 09 fe 0000000005000000 00",
                           "02 09 fe 0000000005000000 7f 02 ffff 01 03 612e31 00"}) {
    EventBytes event(EventType::kHeartbeatV2);
    event.hex(body);
    const auto heartbeat = parse_heartbeat(event);
    ASSERT_TRUE(heartbeat) << heartbeat.error().message;
    EXPECT_EQ(heartbeat->file, "a.1");
    EXPECT_EQ(heartbeat->offset, std::uint64_t{5} << 32);
  }
}

TEST(HeartbeatV2, RefusesFieldsBeyondItsEnd) {
  for (const char* body :
       {"01", "01 04 612e31", "02 01 fc", "02 fe ffffffffffffffff 00", "01 fb"}) {
    EventBytes event(EventType::kHeartbeatV2);
    event.hex(body);
    const auto heartbeat = parse_heartbeat(event);
    ASSERT_FALSE(heartbeat) << body;
    EXPECT_EQ(heartbeat.error().code, ErrorCode::kCorrupt);
  }
}

}  // namespace
}  // namespace pikachu::binlog
