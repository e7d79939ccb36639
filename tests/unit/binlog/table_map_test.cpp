#include "binlog/table_map.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/event_bytes.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using change::Flavor;
using test::EventBytes;

FormatDescription format_of(Flavor flavor) {
  FormatDescription format;
  format.flavor = flavor;
  format.post_header_lengths[18] = 8;
  return format;
}

EventBytes table_map(const char* body) {
  EventBytes event(EventType::kTableMap);
  event.hex(body);
  return event;
}

// Table 7, flags 1, d.t, `columns` as given; hand-assembled from the layout of Table_map_event.
EventBytes with_columns(const std::string& columns) {
  return table_map(("070000000000 0100 01 6400 01 7400" + columns).c_str());
}

std::vector<ColumnType> types_of(const TableMap& map) {
  std::vector<ColumnType> types;
  for (const MappedColumn& column : map.columns) types.push_back(column.type);
  return types;
}

// Recorded, without header and checksum. MySQL 9.7.4: t_date (id INT PRIMARY KEY, d DATE, y YEAR).
constexpr const char* kMysqlDate =
    "2d010000000001000f73635f74656d706f72616c5f6d39370006745f646174650003030a0d000601014004070269"
    "64016401790801000c01e0";
// MySQL 9.7.4: t_vec (id INT PRIMARY KEY, v VECTOR(3), w VECTOR, b VECTOR(16383)).
constexpr const char* kMysqlVector =
    "b8010000000001000c73635f766563746f725f6d790005745f766563000403f2f2f2030404040e01010002013f0d"
    "0703fc0008fcff3f04090269640176017701620801000c01f0";
// MySQL 9.7.4 and MariaDB 10.11.19: t_geo (id INT PRIMARY KEY, g GEOMETRY, p POINT, …).
constexpr const char* kMysqlGeometry =
    "4b010000000001000b73635f67656f6d657472790005745f67656f000903ffffffffffffffff0804040404040404"
    "04fe0101010007080001020304050607041a02696401670170026c7302706f026d70026d6c036d706f0267630801"
    "000c02ff80";
constexpr const char* kMariadbGeometry =
    "70000000000001000b73635f67656f6d657472790005745f67656f000903ffffffffffffffff0804040404040404"
    "04fe0101010002013f07080001020304050607041a02696401670170026c7302706f026d70026d6c036d706f0267"
    "63080100";
// MariaDB 10.11.19: t_cc (id INT PRIMARY KEY, vc VARCHAR(1000) COMPRESSED, vb VARBINARY(1000)
// COMPRESSED, tt TINYTEXT, t TEXT, mt MEDIUMTEXT CHARACTER SET latin1, lb LONGBLOB, v20
// VARCHAR(20), all COMPRESSED) of a utf8mb4 database.
constexpr const char* kMariadbCompressed =
    "76000000000001001473635f636f6d707265737365645f636f6c5f6d610004745f63630008038d8d8c8c8c8c8d0a"
    "a10fe903010203045100fe01010002072d013f0408053f0418026964027663027662027474017402"
    "6d74026c620376323008010"
    "0";

TEST(TableMap, OfMysqlNamesColumnsKeyAndSignedness) {
  const auto map = parse_table_map(table_map(kMysqlDate), format_of(Flavor::kMysql));
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ(map->table_id, 301U);
  EXPECT_EQ(map->flags, 1);
  EXPECT_EQ(map->database, "sc_temporal_m97");
  EXPECT_EQ(map->table, "t_date");
  EXPECT_EQ(types_of(*map), (std::vector{ColumnType::kLong, ColumnType::kDate, ColumnType::kYear}));
  ASSERT_TRUE(map->has_names());
  EXPECT_EQ(map->columns[1].name, "d");
  EXPECT_EQ(map->primary_key, std::vector<std::size_t>{0});
  EXPECT_FALSE(map->columns[0].nullable);
  EXPECT_TRUE(map->columns[1].nullable);
}

TEST(TableMap, CountsYearAsNumericAndUnsigned) {
  const auto map = parse_table_map(table_map(kMysqlDate), format_of(Flavor::kMysql));
  ASSERT_TRUE(map);
  EXPECT_EQ(map->columns[0].is_unsigned, false);
  EXPECT_EQ(map->columns[1].is_unsigned, std::nullopt);
  EXPECT_EQ(map->columns[2].is_unsigned, true);
}

TEST(TableMap, OfMysqlCountsVectorsAsCharacterColumns) {
  const auto map = parse_table_map(table_map(kMysqlVector), format_of(Flavor::kMysql));
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ(map->columns[1].type, ColumnType::kVector);
  EXPECT_EQ(map->columns[1].metadata, 4);
  EXPECT_EQ(map->columns[1].collation_id, 63U);
  EXPECT_EQ(map->columns[0].collation_id, std::nullopt);
  EXPECT_EQ(map->columns[3].name, "b");
}

TEST(TableMap, CountsGeometryAsACharacterColumnInMariadbOnly) {
  const auto mysql = parse_table_map(table_map(kMysqlGeometry), format_of(Flavor::kMysql));
  ASSERT_TRUE(mysql) << mysql.error().message;
  EXPECT_EQ(mysql->columns[1].collation_id, std::nullopt);
  EXPECT_EQ(mysql->columns[8].name, "gc");

  const auto mariadb = parse_table_map(table_map(kMariadbGeometry), format_of(Flavor::kMariadb));
  ASSERT_TRUE(mariadb) << mariadb.error().message;
  EXPECT_EQ(mariadb->columns[1].collation_id, 63U);
  EXPECT_EQ(mariadb->columns[1].metadata, 4);

  // One character set for VARCHAR, and for the geometry beside it or not.
  const char* columns = "02 0fff 03 040004 00 03 01 2d";
  EXPECT_TRUE(parse_table_map(with_columns(columns), format_of(Flavor::kMysql)));
  EXPECT_FALSE(parse_table_map(with_columns(columns), format_of(Flavor::kMariadb)));
}

TEST(TableMap, OfMariadbKnowsCompressedColumnsAndTheirCharacterSets) {
  const auto map = parse_table_map(table_map(kMariadbCompressed), format_of(Flavor::kMariadb));
  ASSERT_TRUE(map) << map.error().message;
  std::vector<std::uint32_t> collations;
  for (const MappedColumn& column : map->columns) {
    collations.push_back(column.collation_id.value_or(0));
  }
  EXPECT_EQ(collations, (std::vector<std::uint32_t>{0, 45, 63, 45, 45, 8, 63, 45}));
  EXPECT_EQ(map->columns[1].type, ColumnType::kVarcharCompressed);
  EXPECT_EQ(map->columns[1].metadata, 4001);
  EXPECT_EQ(map->columns[5].type, ColumnType::kBlobCompressed);
  EXPECT_EQ(map->columns[5].metadata, 3);
}

TEST(TableMap, WithoutOptionalMetadataSaysNothingOfNames) {
  const auto map = parse_table_map(with_columns("01 03 00 01"), format_of(Flavor::kMariadb));
  ASSERT_TRUE(map);
  EXPECT_FALSE(map->has_names());
  EXPECT_EQ(map->primary_key, std::nullopt);
  EXPECT_EQ(map->columns[0].is_unsigned, std::nullopt);
  EXPECT_EQ(map->columns[0].name, std::nullopt);
}

TEST(TableMap, WithNamesAndNoKeyHasNone) {
  const auto map =
      parse_table_map(with_columns("01 03 00 01 04 02 0161"), format_of(Flavor::kMysql));
  ASSERT_TRUE(map);
  ASSERT_TRUE(map->primary_key.has_value());
  EXPECT_TRUE(map->primary_key->empty());
}

TEST(TableMap, KeyMayHavePrefixes) {
  const auto map =
      parse_table_map(with_columns("02 0303 00 00 09 04 0100 000a"), format_of(Flavor::kMysql));
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ(map->primary_key, (std::vector<std::size_t>{1, 0}));
}

TEST(TableMap, ResolvesStringsEnumsAndSets) {
  // CHAR(255) utf8mb4, CHAR(64) utf8mb4, BINARY(16), ENUM of 300, SET of 64.
  const auto map = parse_table_map(with_columns("05 fefefefefe 0a cefc ee00 fe10 f702 f808 00"),
                                   format_of(Flavor::kMysql));
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ(types_of(*map),
            (std::vector{ColumnType::kString, ColumnType::kString, ColumnType::kString,
                         ColumnType::kEnum, ColumnType::kSet}));
  EXPECT_EQ(map->columns[0].metadata, 1020);
  EXPECT_EQ(map->columns[1].metadata, 256);
  EXPECT_EQ(map->columns[2].metadata, 16);
  EXPECT_EQ(map->columns[3].metadata, 2);
  EXPECT_EQ(map->columns[4].metadata, 8);
}

TEST(TableMap, ReadsMetadataOfEachType) {
  // DECIMAL(10,2), BIT(17), VARCHAR(300), DATETIME(6), DOUBLE, array of VARCHAR, BIGINT.
  const auto map =
      parse_table_map(with_columns("07 f6100f12051408 0c 0a02 0102 2c01 06 08 0f0a0000 00"),
                      format_of(Flavor::kMysql));
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ(map->columns[0].metadata, 0x0a02);
  EXPECT_EQ(map->columns[1].metadata, 0x0201);
  EXPECT_EQ(map->columns[2].metadata, 300);
  EXPECT_EQ(map->columns[3].metadata, 6);
  EXPECT_EQ(map->columns[4].metadata, 8);
  EXPECT_EQ(map->columns[5].metadata, 0x0f);
  EXPECT_EQ(map->columns[6].metadata, 0);
}

TEST(TableMap, HasLabelsAndCollationsOfEnumsAndSets) {
  // SET ('p','q') and ENUM ('x',''): labels, then one collation for both with an exception.
  const auto map = parse_table_map(
      with_columns("02 fefe 04 f801 f701 03 05 05 02 0170 0171 06 04 02 0178 00 0a 03 2d 01 3f"),
      format_of(Flavor::kMysql));
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ(map->columns[0].labels, (std::vector<std::string>{"p", "q"}));
  EXPECT_EQ(map->columns[1].labels, (std::vector<std::string>{"x", ""}));
  EXPECT_EQ(map->columns[0].collation_id, 45U);
  EXPECT_EQ(map->columns[1].collation_id, 63U);
}

TEST(TableMap, TakesCollationsAbove250) {
  const auto map =
      parse_table_map(with_columns("01 0f 02 0400 00 03 03 fc0009"), format_of(Flavor::kMariadb));
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ(map->columns[0].collation_id, 0x0900U);
}

TEST(TableMap, PassesOverUnknownMetadata) {
  const auto map =
      parse_table_map(with_columns("01 03 00 00 c8 02 ffff 04 02 0161"), format_of(Flavor::kMysql));
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ(map->columns[0].name, "a");
}

TEST(TableMap, RefusesMetadataThatDoesNotFitItsColumns) {
  const FormatDescription format = format_of(Flavor::kMysql);
  for (const char* metadata : {
           "01 00",                 // no sign of a numeric column
           "01 02 0000",            // signs of more than there are
           "02 00",                 // no default character set
           "02 03 2d 01 3f",        // an exception for a second character column
           "03 00",                 // no character set of the character column
           "03 02 2d 2d",           // two
           "04 02 0161",            // one name for two columns
           "04 06 0161 0162 0163",  // three
           "04 04 0161 0562",       // a name beyond its field
           "06 02 01 00",           // labels of an ENUM that is not there
           "08 01 02",              // a key of a third column
           "08 03 00 01 00",        // more key columns than columns
           "09 01 00",              // a key column without its prefix
           "01 05 00",              // a field beyond the event
           "fe",                    // no size
       }) {
    SCOPED_TRACE(metadata);
    const auto map =
        parse_table_map(with_columns(std::string("02 030f 02 0400 00") + metadata), format);
    ASSERT_FALSE(map);
    EXPECT_EQ(map.error().code, ErrorCode::kCorrupt);
  }
}

TEST(TableMap, RefusesTypesThatNoServerWrites) {
  for (const char* type : {"00", "15", "f3", "f4", "8b"}) {
    const auto map = parse_table_map(with_columns(std::string("01") + type + "00 00"),
                                     format_of(Flavor::kMysql));
    ASSERT_FALSE(map) << type;
    EXPECT_EQ(map.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(map.error().message.find("d.t"), std::string::npos) << map.error().message;
  }
}

TEST(TableMap, IsRefusedWhereverItIsCutBeforeItsOptionalMetadata) {
  const EventBytes event = with_columns("05 fefefefefe 0a cefc ee00 fe10 f702 f808 00");
  for (std::size_t size = 0; size < event.bytes().size(); ++size) {
    const auto map = parse_table_map(Bytes(event).first(size), format_of(Flavor::kMysql));
    ASSERT_FALSE(map) << size;
    EXPECT_EQ(map.error().code, ErrorCode::kCorrupt);
  }
}

TEST(TableMap, IsRefusedWhereverARecordedOneIsCutInAField) {
  const EventBytes event = table_map(kMysqlVector);
  const std::size_t optional_begins = 19 + 8 + 14 + 7 + 1 + 4 + 1 + 3 + 1;
  std::size_t whole = 0;
  for (std::size_t size = 0; size < event.bytes().size(); ++size) {
    const auto map = parse_table_map(Bytes(event).first(size), format_of(Flavor::kMysql));
    if (!map) continue;
    ++whole;
    EXPECT_GE(size, optional_begins);
  }
  EXPECT_EQ(whole, 6U);  // Before each of its six fields.
}

TEST(TableMap, RefusesCountsBeyondItsBytes) {
  for (const char* columns :
       {"fdffffff 03", "feffffffffffffffff 03", "01 03 feffffffffffffff7f", "fb", "02 03"}) {
    EXPECT_FALSE(parse_table_map(with_columns(columns), format_of(Flavor::kMysql))) << columns;
  }
}

TEST(TableId, HasFourBytesWhereTheFormatSaysSo) {
  FormatDescription format = format_of(Flavor::kMysql);
  const EventBytes event = table_map("0102030405060000");
  EXPECT_EQ(read_table_id(event, format), 0x060504030201U);
  format.post_header_lengths[18] = 6;
  EXPECT_EQ(read_table_id(event, format), 0x04030201U);
  for (std::size_t size = 0; size < 23; ++size) {
    EXPECT_FALSE(read_table_id(Bytes(event).first(size), format)) << size;
  }
}

TEST(ColumnType, HasANameForEachNumberThatServersWrite) {
  EXPECT_EQ(name_of(ColumnType::kTiny), "tiny");
  EXPECT_EQ(name_of(ColumnType::kTypedArray), "typed_array");
  EXPECT_EQ(name_of(ColumnType::kVarcharCompressed), "varchar_compressed");
  EXPECT_EQ(name_of(ColumnType::kGeometry), "geometry");
  EXPECT_EQ(name_of(static_cast<ColumnType>(21)), "");
}

// A server writes each field once. Many of them for many columns would take a time that grows with
// the square of the event's size.
TEST(TableMap, RefusesAMetadataFieldThatComesTwice) {
  const auto format = format_of(Flavor::kMysql);
  const std::string columns = "01 fc 01 02 00";  // one BLOB
  ASSERT_TRUE(parse_table_map(with_columns(columns + "02 01 3f"), format));

  const auto map = parse_table_map(with_columns(columns + "02 01 3f 02 01 3f"), format);

  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace pikachu::binlog
