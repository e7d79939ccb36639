#include <gtest/gtest.h>

#include "binlog/events.h"
#include "tests/support/binlog_file.h"
#include "tests/support/event_bytes.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using test::EventBytes;

// Hand-assembled from the layout of Format_description_event.
struct Description {
  std::uint16_t binlog_version = 4;
  std::string server = "8.0.36";
  std::size_t types = 41;
  std::optional<std::uint8_t> algorithm = 1;
  std::uint8_t header_size = 19;

  EventBytes build() const {
    EventBytes event(EventType::kFormatDescription);
    event.u16(binlog_version).text(server);
    for (std::size_t i = server.size(); i < 50; ++i) event.u8(0);
    event.u32(7).u8(header_size);
    for (std::size_t i = 0; i < types; ++i) event.u8(i + 1);
    if (algorithm) event.u8(*algorithm).u32(0);
    return event;
  }
};

base::Result<FormatDescription> parsed(const Description& description) {
  return parse_format_description(description.build());
}

TEST(FormatDescription, OfRecordedServersTellsFamilyAndChecksum) {
  const std::string data = PIKACHU_SOURCE_DIR "/tests/unit/binlog/data/";
  const auto mysql = test::RecordedBinlog::read(data + "mysql-9.7.4_int_full.binlog");
  ASSERT_TRUE(mysql) << mysql.error().message;
  EXPECT_EQ(mysql->format.flavor, change::Flavor::kMysql);
  EXPECT_EQ(mysql->format.checksum, Checksum::kCrc32);
  EXPECT_TRUE(mysql->format.server_version.starts_with("9.7.4")) << mysql->format.server_version;
  EXPECT_EQ(mysql->format.post_header_lengths[18], 8);   // TABLE_MAP
  EXPECT_EQ(mysql->format.post_header_lengths[29], 10);  // WRITE_ROWS v2

  const auto mariadb = test::RecordedBinlog::read(data + "mariadb-10.11.19_int_full.binlog");
  ASSERT_TRUE(mariadb) << mariadb.error().message;
  EXPECT_EQ(mariadb->format.flavor, change::Flavor::kMariadb);
  EXPECT_EQ(mariadb->format.post_header_lengths[22], 8);    // WRITE_ROWS v1
  EXPECT_EQ(mariadb->format.post_header_lengths[161], 19);  // GTID
}

TEST(FormatDescription, HasEachField) {
  const auto format = parsed({});
  ASSERT_TRUE(format) << format.error().message;
  EXPECT_EQ(format->binlog_version, 4);
  EXPECT_EQ(format->server_version, "8.0.36");
  EXPECT_EQ(format->created, 7U);
  EXPECT_EQ(format->checksum, Checksum::kCrc32);
  EXPECT_EQ(format->post_header_lengths[0], 1);
  EXPECT_EQ(format->post_header_lengths[40], 41);
  EXPECT_EQ(format->post_header_lengths[41], 0);
}

TEST(FormatDescription, TakesAnyNumberOfEventTypes) {
  for (const std::size_t types : {0U, 27U, 38U, 100U, 172U, 300U}) {
    SCOPED_TRACE(types);
    const auto format = parsed({.types = types});
    ASSERT_TRUE(format);
    EXPECT_EQ(format->post_header_lengths[26], types > 26 ? 27 : 0);
  }
}

TEST(FormatDescription, KnowsChecksumsOfServersThatWriteThem) {
  struct Case {
    const char* server = "";
    std::optional<std::uint8_t> algorithm = std::nullopt;
    Checksum expected = Checksum::kNone;
  };
  for (const Case& c :
       {Case{"5.6.24-log", 1, Checksum::kCrc32}, Case{"5.6.1", 0, Checksum::kNone},
        Case{"5.6.0", std::nullopt, Checksum::kNone}, Case{"5.5.62", std::nullopt, Checksum::kNone},
        Case{"8.0.36", 255, Checksum::kNone}, Case{"26.7.0", 1, Checksum::kCrc32},
        Case{"5.5.68-MariaDB", 1, Checksum::kCrc32},
        Case{"10.0.38-MariaDB-log", 0, Checksum::kNone}}) {
    SCOPED_TRACE(c.server);
    const std::size_t types = c.algorithm ? 41 : 27;
    const auto format = parsed({.server = c.server, .types = types, .algorithm = c.algorithm});
    ASSERT_TRUE(format);
    EXPECT_EQ(format->checksum, c.expected);
    EXPECT_EQ(format->post_header_lengths[types - 1], types);
    EXPECT_EQ(format->post_header_lengths[types], 0);
  }
}

TEST(FormatDescription, TellsMariadbByNameOrByItsOwnEvents) {
  EXPECT_EQ(parsed({.server = "11.8.2-mariadb-ubu2404"})->flavor, change::Flavor::kMariadb);
  EXPECT_EQ(parsed({.server = "10.11.6-mine", .types = 171})->flavor, change::Flavor::kMariadb);
  EXPECT_EQ(parsed({.server = "5.7.12-aurora", .types = 100})->flavor, change::Flavor::kMysql);
}

TEST(FormatDescription, RefusesWhatIsNotVersionFour) {
  for (const int version : {0, 1, 3, 5}) {
    const auto format = parsed({.binlog_version = static_cast<std::uint16_t>(version)});
    ASSERT_FALSE(format) << version;
    EXPECT_EQ(format.error().code, ErrorCode::kUnsupported);
  }
}

TEST(FormatDescription, RefusesUnknownChecksumAlgorithms) {
  const auto format = parsed({.algorithm = 2});
  ASSERT_FALSE(format);
  EXPECT_EQ(format.error().code, ErrorCode::kUnsupported);
}

TEST(FormatDescription, RefusesHeadersOfAnotherSize) {
  const auto format = parsed({.header_size = 27});
  ASSERT_FALSE(format);
  EXPECT_EQ(format.error().code, ErrorCode::kCorrupt);
}

TEST(FormatDescription, IsRefusedWhereItsFixedPartIsCut) {
  const EventBytes event = Description{.types = 0}.build();
  for (std::size_t size = 0; size < event.bytes().size(); ++size) {
    const auto format = parse_format_description(Bytes(event).first(size));
    ASSERT_FALSE(format) << size;
    EXPECT_EQ(format.error().code, ErrorCode::kCorrupt);
  }
}

// One wrong bit makes "9.7.4" "1.7.4": nobody would ask for a checksum, and all that follows would
// be read with its checksums as data.
TEST(FormatDescription, WithMoreTypesThanItsOldVersionHadKeepsItsChecksum) {
  const EventBytes event = Description{.server = "1.7.4", .types = 42}.build();

  const auto format = parse_format_description(event);

  ASSERT_TRUE(format) << format.error().message;
  EXPECT_EQ(format->checksum, Checksum::kCrc32);
  EXPECT_FALSE(verify_checksum(event, Checksum::kNone));  // Its sum is 0.
}

}  // namespace
}  // namespace pikachu::binlog
