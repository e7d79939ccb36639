#include "binlog/event_header.h"

#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/support/event_bytes.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using test::EventBytes;
using test::from_hex;

// Recorded: MySQL 9.7.4, INSERT into "CREATE TABLE t_date (id INT PRIMARY KEY, d DATE, y YEAR)",
// the table map, with its checksum.
std::vector<std::uint8_t> recorded_event() {
  return from_hex(
      "a69b006b1361000000500000006e04000000002d010000000001000f73635f74656d706f72616c5f6d3937000674"
      "5f646174650003030a0d00060101400407026964016401790801000c01e0904bd4b6");
}

// Hand-assembled from the layout of Format_description_event: version 4, 41 event types.
std::vector<std::uint8_t> format_description(std::uint16_t flags, bool sum_with_flags) {
  EventBytes event(EventType::kFormatDescription);
  event.u16(4).text("8.0.36");
  for (int i = 0; i < 44; ++i) event.u8(0);
  event.u32(0).u8(19);
  for (int i = 0; i < 41; ++i) event.u8(0);
  event.u8(1).u32(0);
  std::vector<std::uint8_t> bytes = event.bytes();
  const auto put_flags = [&bytes](std::uint16_t value) {
    bytes[17] = static_cast<std::uint8_t>(value & 0xff);
    bytes[18] = static_cast<std::uint8_t>(value >> 8);
  };
  put_flags(sum_with_flags ? flags : 0);
  const auto crc = crc32(0, bytes.data(), static_cast<uInt>(bytes.size() - 4));
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[bytes.size() - 4 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  }
  put_flags(flags);
  return bytes;
}

TEST(EventHeader, HasEachFieldOfARecordedEvent) {
  const auto bytes = recorded_event();

  const auto header = read_event_header(bytes);

  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->timestamp, 0x6b009ba6U);
  EXPECT_EQ(header->type, EventType::kTableMap);
  EXPECT_EQ(header->server_id, 0x61U);
  EXPECT_EQ(header->event_size, 80U);
  EXPECT_EQ(header->log_pos, 0x046eU);
  EXPECT_EQ(header->flags, 0);
  EXPECT_FALSE(header->is_artificial());
}

TEST(EventHeader, IsRefusedIfItsSizeIsNotTheEvents) {
  auto bytes = recorded_event();
  bytes.push_back(0);
  const auto header = read_event_header(bytes);
  ASSERT_FALSE(header);
  EXPECT_EQ(header.error().code, ErrorCode::kCorrupt);
}

TEST(EventHeader, IsRefusedWhereverItIsCut) {
  const auto bytes = recorded_event();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto header = read_event_header(Bytes(bytes).first(size));
    ASSERT_FALSE(header) << size;
    EXPECT_EQ(header.error().code, ErrorCode::kCorrupt);
  }
}

TEST(EventHeader, IsArtificialByFlagOrByTimeZero) {
  EventHeader header;
  EXPECT_TRUE(header.is_artificial());
  header.timestamp = 1;
  EXPECT_FALSE(header.is_artificial());
  header.flags = EventHeader::kFlagArtificial;
  EXPECT_TRUE(header.is_artificial());
}

TEST(Checksum, IsCutOffWhenItFits) {
  const auto bytes = recorded_event();
  const auto event = verify_checksum(bytes, Checksum::kCrc32);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->data(), bytes.data());
  EXPECT_EQ(event->size(), bytes.size() - 4);
}

TEST(Checksum, FindsEachFlippedBit) {
  auto bytes = recorded_event();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    if (bit / 8 == 4) continue;  // The type decides whether there is a sum.
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    const auto event = verify_checksum(bytes, Checksum::kCrc32);
    ASSERT_FALSE(event) << bit;
    EXPECT_EQ(event.error().code, ErrorCode::kCorrupt);
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
  }
}

TEST(Checksum, ErrorNamesTypeAndBothSums) {
  auto bytes = recorded_event();
  bytes.back() = 0;
  const auto event = verify_checksum(bytes, Checksum::kCrc32);
  ASSERT_FALSE(event);
  EXPECT_NE(event.error().message.find("TABLE_MAP"), std::string::npos) << event.error().message;
  EXPECT_NE(event.error().message.find("0xb6d44b90"), std::string::npos) << event.error().message;
  EXPECT_NE(event.error().message.find("0x00d44b90"), std::string::npos) << event.error().message;
}

TEST(Checksum, LeavesEventsWithoutOneAlone) {
  const auto bytes = recorded_event();
  const auto event = verify_checksum(bytes, Checksum::kNone);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->size(), bytes.size());
}

TEST(Checksum, IsRefusedWhereAnEventHasNoRoomForIt) {
  for (std::size_t body = 0; body < 4; ++body) {
    EventBytes event(EventType::kXid);
    event.uint(0, body);
    EXPECT_FALSE(verify_checksum(event, Checksum::kCrc32)) << body;
  }
  EXPECT_FALSE(verify_checksum(Bytes(), Checksum::kNone));
}

TEST(Checksum, OfAFormatDescriptionIsComputedWithoutTheInUseFlag) {
  const auto in_use = format_description(EventHeader::kFlagInUse, false);
  EXPECT_TRUE(verify_checksum(in_use, Checksum::kNone));
  EXPECT_EQ(verify_checksum(in_use, Checksum::kNone)->size(), in_use.size() - 4);

  const auto summed_with_flag = format_description(EventHeader::kFlagInUse, true);
  EXPECT_FALSE(verify_checksum(summed_with_flag, Checksum::kNone));
  const auto other_flag = format_description(0x8000, true);
  EXPECT_TRUE(verify_checksum(other_flag, Checksum::kNone));
}

// As servers send it that write no checksums: they zero its log_pos, and leave its sum alone.
TEST(Checksum, OfAFormatDescriptionMayBeStaleWhereServersWriteNone) {
  const auto described = [](std::uint8_t algorithm, std::uint8_t sent_algorithm) {
    auto event = format_description(0, false);
    const auto set_algorithm = [&event](std::uint8_t value) { event[event.size() - 5] = value; };
    event[13] = 0x7b;
    set_algorithm(algorithm);
    const auto crc = crc32(0, event.data(), static_cast<uInt>(event.size() - 4));
    for (std::size_t i = 0; i < 4; ++i) {
      event[event.size() - 4 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
    }
    if (algorithm == sent_algorithm) event[13] = 0;
    set_algorithm(sent_algorithm);
    return event;
  };

  const auto stale = verify_checksum(described(0, 0), Checksum::kNone);
  ASSERT_TRUE(stale) << stale.error().message;
  EXPECT_EQ(stale->size(), described(0, 0).size() - 4);
  EXPECT_FALSE(verify_checksum(described(1, 1), Checksum::kNone));
  auto damaged = described(0, 0);
  damaged[13] = 1;
  EXPECT_FALSE(verify_checksum(damaged, Checksum::kNone));
  // One that lost its algorithm on the way: what follows has checksums.
  EXPECT_FALSE(verify_checksum(described(1, 0), Checksum::kNone));
}

TEST(EventType, HasANameForEachNumberThatServersWrite) {
  EXPECT_EQ(name_of(EventType::kTableMap), "TABLE_MAP");
  EXPECT_EQ(name_of(EventType::kLargeTransactionHeader), "LARGE_TRANSACTION_HEADER");
  EXPECT_EQ(name_of(EventType::kMariadbGtid), "GTID");
  EXPECT_EQ(name_of(EventType::kMariadbQueryCompressed), "QUERY_COMPRESSED");
  EXPECT_EQ(name_of(EventType::kMariadbPartialRowData), "PARTIAL_ROW_DATA");
  EXPECT_EQ(to_string(EventType::kTableMap), "TABLE_MAP");
  EXPECT_EQ(to_string(static_cast<EventType>(44)), "type 44");
  EXPECT_EQ(name_of(static_cast<EventType>(44)), "");
  EXPECT_EQ(name_of(static_cast<EventType>(159)), "");
  EXPECT_EQ(name_of(static_cast<EventType>(255)), "");
}

}  // namespace
}  // namespace pikachu::binlog
