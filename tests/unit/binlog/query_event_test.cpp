#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include "binlog/events.h"
#include "tests/support/binlog_file.h"
#include "tests/support/event_bytes.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using test::EventBytes;
using test::from_hex;

// Hand-assembled from the layout of Query_event.
EventBytes query(std::string_view status_hex, std::string_view database, EventType type) {
  const std::vector<std::uint8_t> status = from_hex(status_hex);
  EventBytes event(type);
  event.u32(5).u32(0).u8(database.size()).u16(1146).u16(status.size());
  event.hex(status_hex).text(database).u8(0);
  return event;
}

EventBytes plain(std::string_view status_hex, std::string_view sql) {
  return query(status_hex, "shop", EventType::kQuery).text(sql);
}

EventBytes compressed(std::string_view sql, std::uint64_t claimed_size) {
  std::vector<std::uint8_t> packed(compressBound(sql.size()));
  uLongf size = packed.size();
  EXPECT_EQ(compress(packed.data(), &size, reinterpret_cast<const Bytef*>(sql.data()), sql.size()),
            Z_OK);
  EventBytes event = query("", "shop", EventType::kMariadbQueryCompressed);
  event.u8(0x84);
  for (int shift = 24; shift >= 0; shift -= 8) event.u8((claimed_size >> shift) & 0xff);
  for (std::size_t i = 0; i < size; ++i) event.u8(packed[i]);
  return event;
}

TEST(Query, HasEachFieldOfARecordedEvent) {
  // Recorded: MySQL 9.7.4, SAVEPOINT s1, without header and checksum.
  EventBytes event(EventType::kQuery);
  event.hex(
      "6a030000000000000600001d000000000000012000a04500000000060373746404ff00ff00ff0012ff0073635f74"
      "7278005341564550"
      "4f494e542060733160");
  std::string scratch;
  const auto parsed = parse_query(event, scratch);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->database, "sc_trx");
  EXPECT_EQ(parsed->sql, "SAVEPOINT `s1`");
  EXPECT_EQ(parsed->sql_mode, 0x45a00020U);
  EXPECT_EQ(parsed->client_collation, 255);
  EXPECT_EQ(parsed->error_code, 0);
}

TEST(Query, HasErrorCodeAndNoCollationWhereNoneIsStated) {
  std::string scratch;
  const EventBytes event = plain("", "DROP TABLE t");
  const auto parsed = parse_query(event, scratch);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->error_code, 1146);
  EXPECT_EQ(parsed->sql_mode, 0U);
  EXPECT_EQ(parsed->client_collation, std::nullopt);
}

TEST(Query, FindsItsVariablesBehindEachOther) {
  // One of each size, then SQL_MODE: a wrong size would lose it.
  for (const char* before : {"00 01020304",
                             "02 03 737464 00",
                             "03 00010002",
                             "05 03 555443",
                             "06 03 737464",
                             "07 0100",
                             "08 2d00",
                             "09 0100000000000000",
                             "0a 01000000",
                             "0b 01 61 02 6263",
                             "0c 02 6100 626300",
                             "0c fe",
                             "0d 010203",
                             "0e 0100",
                             "0f 0100",
                             "10 01",
                             "11 0100000000000000",
                             "12 ff00",
                             "13 01",
                             "14 01",
                             "80 010203",
                             "81 0100000000000000",
                             "83 02 0100020003000400"}) {
    SCOPED_TRACE(before);
    std::string scratch;
    const EventBytes event =
        plain(std::string(before) + "01 0400100000000000 04 0800 2d00 2d00", "COMMIT");
    const auto parsed = parse_query(event, scratch);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->sql_mode, 0x100004U);
    EXPECT_EQ(parsed->client_collation, 8);
    EXPECT_EQ(parsed->sql, "COMMIT");
  }
}

TEST(Query, HasTheDefaultCollationsOfItsSession) {
  std::string scratch;
  const EventBytes event = plain("83 02 2100 0008 2d00 0009 12 ff00", "CREATE TABLE t (a TEXT)");
  const auto parsed = parse_query(event, scratch);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->utf8mb4_collation, 255);
  ASSERT_EQ(parsed->default_collations.size(), 2U);
  EXPECT_EQ(parsed->default_collations[0].of_charset, 33);
  EXPECT_EQ(parsed->default_collations[0].collation, 2048);
  EXPECT_EQ(parsed->default_collations[1].of_charset, 45);
  EXPECT_EQ(parsed->default_collations[1].collation, 2304);
}

TEST(Query, StopsReadingVariablesAtAnUnknownOne) {
  std::string scratch;
  const EventBytes event = plain("01 0400000000000000 7f 04 ffff", "COMMIT");
  const auto parsed = parse_query(event, scratch);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->sql_mode, 4U);
  EXPECT_EQ(parsed->client_collation, std::nullopt);
  EXPECT_EQ(parsed->sql, "COMMIT");
}

TEST(Query, RefusesVariablesThatGoBeyondTheirPart) {
  std::string scratch;
  for (const char* status : {"01 04", "0c 02 61", "0b 01", "04 0800", "83 02 21000008"}) {
    const EventBytes event = plain(status, "COMMIT");
    const auto parsed = parse_query(event, scratch);
    ASSERT_FALSE(parsed) << status;
    EXPECT_EQ(parsed.error().code, ErrorCode::kCorrupt);
  }
}

TEST(Query, IsRefusedWhereItIsCutBeforeItsText) {
  std::string scratch;
  const EventBytes event = plain("01 0400000000000000", "");
  for (std::size_t size = 0; size < event.bytes().size(); ++size) {
    const auto parsed = parse_query(Bytes(event).first(size), scratch);
    ASSERT_FALSE(parsed) << size;
    EXPECT_EQ(parsed.error().code, ErrorCode::kCorrupt);
  }
  EXPECT_TRUE(parse_query(event, scratch));
}

TEST(CompressedQuery, OfARecordedServerHasItsText) {
  const auto file = test::RecordedBinlog::read(
      PIKACHU_SOURCE_DIR "/tests/unit/binlog/data/mariadb-10.11.19_comp_full.binlog");
  ASSERT_TRUE(file) << file.error().message;
  const auto events = file->of_type(EventType::kMariadbQueryCompressed);
  ASSERT_EQ(events.size(), 1U);
  std::string scratch;
  const auto parsed = parse_query(events[0], scratch);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->sql,
            "ALTER TABLE tc ADD COLUMN long_long_column_name_for_compression_test INT DEFAULT 1, "
            "COMMENT='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'");
  EXPECT_EQ(parsed->sql.data(), scratch.data());
}

TEST(CompressedQuery, TextMayBeLongerThanAStep) {
  std::string sql = "INSERT INTO t VALUES ('";
  for (int i = 0; i < 60000; ++i) sql += std::to_string(i);
  std::string scratch;
  const EventBytes event = compressed(sql, sql.size());
  const auto parsed = parse_query(event, scratch);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->sql, sql);
}

TEST(CompressedQuery, RefusesSizesThatAreNotItsTexts) {
  const std::string sql(200'000, 'x');
  std::string scratch;
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, sql.size() - 1,
                                   sql.size() + 1, std::uint64_t{1} << 30}) {
    const EventBytes event = compressed(sql, size);
    const auto parsed = parse_query(event, scratch);
    ASSERT_FALSE(parsed) << size;
    EXPECT_EQ(parsed.error().code, ErrorCode::kCorrupt);
  }
}

TEST(CompressedQuery, RefusesClaimsAboveItsLimitWithoutAllocating) {
  std::string scratch;
  const EventBytes event = compressed("COMMIT", (std::uint64_t{1} << 30) + 1);
  const auto parsed = parse_query(event, scratch);
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().message.find("1073741825"), std::string::npos);
  EXPECT_LT(scratch.capacity(), 1000U);
}

TEST(CompressedQuery, AllocatesForWhatComesOutNotForWhatIsClaimed) {
  std::string scratch;
  const EventBytes event = compressed("COMMIT", std::uint64_t{1} << 30);
  EXPECT_FALSE(parse_query(event, scratch));
  EXPECT_LT(scratch.capacity(), 200'000U);
}

TEST(CompressedQuery, IsRefusedWhereverItIsCut) {
  const std::string sql = "ALTER TABLE t ADD COLUMN c INT";
  const EventBytes event = compressed(sql, sql.size());
  std::string scratch;
  for (std::size_t size = 0; size < event.bytes().size(); ++size) {
    const auto parsed = parse_query(Bytes(event).first(size), scratch);
    ASSERT_FALSE(parsed) << size;
  }
}

TEST(CompressedQuery, RefusesOtherAlgorithms) {
  std::string scratch;
  for (const int head : {0x04, 0x80, 0x85, 0x94}) {
    EventBytes event = query("", "shop", EventType::kMariadbQueryCompressed);
    event.u8(static_cast<std::uint8_t>(head)).u64(1);
    const auto parsed = parse_query(event, scratch);
    ASSERT_FALSE(parsed) << head;
    EXPECT_EQ(parsed.error().code, ErrorCode::kUnsupported);
  }
}

}  // namespace
}  // namespace pikachu::binlog
