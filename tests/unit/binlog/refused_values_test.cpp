// What no server stores, and what is not read: refused with table and column, never shown.

#include <array>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "binlog/json.h"
#include "binlog/json_path.h"
#include "binlog/sql_type.h"
#include "tests/support/event_bytes.h"
#include "tests/unit/binlog/rows_event_builder.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using change::Flavor;

/// The refusal of a table's only column, called "c".
void expect_refused(const Decoded& decoded, ErrorCode code, const std::string& part) {
  ASSERT_FALSE(decoded.more) << decoded.bytes;
  EXPECT_EQ(decoded.more.error().code, code);
  const std::string& message = decoded.more.error().message;
  EXPECT_NE(message.find("table shop.orders, column c"), std::string::npos) << message;
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(RefusedValue, TemporalWithMoreDigitsThanItsTextIsCorrupt) {
  const auto column = [](ColumnType type, std::uint16_t metadata) {
    return layout_of({mapped_column("c", type, metadata)});
  };
  const TableLayout date = column(ColumnType::kDate, 0);
  EXPECT_EQ(decode_one(date, {0x9f, 0x1f, 0x4e}).bytes, "9999-12-31");
  expect_refused(decode_one(date, {0x9f, 0x21, 0x4e}), ErrorCode::kCorrupt, "date or time");
  const TableLayout time = column(ColumnType::kTime2, 2);  // 99 hundredths, and 100
  EXPECT_EQ(decode_one(time, {0x80, 0x00, 0x00, 99}).bytes, "00:00:00.99");
  expect_refused(decode_one(time, {0x80, 0x00, 0x00, 100}), ErrorCode::kCorrupt, "date or time");
  const TableLayout timestamp = column(ColumnType::kTimestamp2, 2);
  expect_refused(decode_one(timestamp, {0, 0, 0, 1, 100}), ErrorCode::kCorrupt, "date or time");
}

TEST(RefusedValue, DamagedJsonIsCorrupt) {
  const TableLayout layout = layout_of({mapped_column("c", ColumnType::kJson, 1)});
  expect_refused(decode_one(layout, {2, 0x04, 0x09}), ErrorCode::kCorrupt, "JSON");
  // An opaque DATETIME of 2^24 - 1 microseconds.
  expect_refused(decode_one(layout, {11, 0x0f, 12, 8, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0}),
                 ErrorCode::kCorrupt, "JSON");
}

TEST(RefusedValue, AddressLongerThanItsTypeIsCorrupt) {
  change::TableSchema known;
  known.columns.resize(1);
  known.columns[0].name = "c";
  known.columns[0].sql_type = "inet4";
  const auto layout = make_table_layout(table_map({mapped_column("c", ColumnType::kString, 4)}),
                                        Flavor::kMariadb, &known);
  ASSERT_TRUE(layout) << layout.error().message;
  EXPECT_EQ(decode_one(*layout, {4, 10, 0, 0, 1}).bytes, "10.0.0.1");
  expect_refused(decode_one(*layout, {5, 10, 0, 0, 1, 1}), ErrorCode::kCorrupt, "above its 4");
}

TEST(RefusedValue, JsonDoubleThatIsNoNumberIsNull) {
  // JSON has neither "inf" nor "nan".
  for (const double value :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    std::array<char, kJsonDoubleTextMax> text{};
    const char* const end = format_json_double(value, text.data());
    EXPECT_EQ(std::string(text.data(), static_cast<std::size_t>(end - text.data())), "null");
  }
}

TEST(RefusedValue, RowsOfATypeOfUnknownSizeCannotBeCounted) {
  const TableLayout layout =
      make_nameless_layout(table_map({mapped_column("c", ColumnType::kTypedArray)}));
  const ByteList event =
      event_of(EventType::kWriteRowsV1, joined({rows_start(false), {1, 0x01, 0xfe}, {1, 2, 3}}));
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));

  const auto count = reader.count_remaining();

  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(count.error().message.find("column @1"), std::string::npos) << count.error().message;
}

TEST(JsonPath, RefusesEscapesThatJsonDoesNotHave) {
  std::vector<JsonPathLeg> legs;
  EXPECT_TRUE(parse_json_path(R"($."a\n")", legs));
  EXPECT_FALSE(parse_json_path(R"($."a\q")", legs));
  EXPECT_FALSE(parse_json_path(R"($."a\")", legs));
  EXPECT_FALSE(parse_json_path(R"($.a\q)", legs));
  EXPECT_FALSE(parse_json_path(R"($."a\u00g0")", legs));
}

// Hidden columns of MySQL 8.0.17's multi-valued indexes. What stands behind one is found only if
// the size of its metadata is known.
TEST(TypedArray, MetadataOfEachElementTypeArePassedOver) {
  struct Case {
    const char* element = "";
    std::uint16_t type = 0;
  };
  for (const Case& c : {Case{"0f 0a0000", 15}, Case{"f6 0a02", 0xf6}, Case{"13 06", 0x13},
                        Case{"12 06", 0x12}, Case{"11 06", 0x11}, Case{"04 04", 4},
                        Case{"05 08", 5}, Case{"f5 04", 0xf5}, Case{"08", 8}, Case{"0a", 10}}) {
    SCOPED_TRACE(c.element);
    const auto element = test::from_hex(c.element);
    test::EventBytes event(EventType::kTableMap);
    event.hex("070000000000 0100 01 6400 01 7400 02 140f").u8(element.size() + 2);
    event.hex(c.element).hex("2c01 00");  // then a VARCHAR of 300 bytes

    const auto map = parse_table_map(event, current_format());

    ASSERT_TRUE(map) << map.error().message;
    EXPECT_EQ(map->columns[0].metadata, c.type);
    EXPECT_EQ(map->columns[1].metadata, 300);
  }
}

TEST(TypedArray, OfAnotherElementTypeIsUnsupported) {
  test::EventBytes event(EventType::kTableMap);
  event.hex("070000000000 0100 01 6400 01 7400 02 140f 03 fc 2c01 00");
  const auto map = parse_table_map(event, current_format());
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(map.error().message.find("column 1 of d.t"), std::string::npos) << map.error().message;
}

TEST(TableMap, HasACollationOfItsOwnForEachEnumAndSet) {
  test::EventBytes event(EventType::kTableMap);  // ENUM, SET: metadata field 11
  event.hex("070000000000 0100 01 6400 01 7400 02 fefe 04 f701 f801 00 0b 02 2d 08");
  const auto map = parse_table_map(event, current_format());
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ(map->columns[0].collation_id, 45U);
  EXPECT_EQ(map->columns[1].collation_id, 8U);
}

constexpr std::uint32_t kNoCollation = 60'000;

TEST(TableLayout, LabelsInAnUnknownCollationAreUnsupported) {
  MappedColumn column = mapped_column("c", ColumnType::kEnum, 1, kNoCollation);
  column.labels = {"a"};
  const auto layout = make_table_layout(table_map({column}), Flavor::kMysql, nullptr);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(layout.error().message.find("60000"), std::string::npos) << layout.error().message;
}

TEST(TableLayout, NamelessTextInAnUnknownCollationIsBinary) {
  const TableLayout layout =
      make_nameless_layout(table_map({mapped_column("", ColumnType::kVarchar, 20, kNoCollation)}));
  const Decoded decoded = decode_one(layout, {2, 'a', 0xff});
  EXPECT_EQ(decoded.value.kind, change::ValueKind::kBinary);
  EXPECT_EQ(decoded.bytes, "a\xff");
}

TEST(SqlType, WithoutItsLengthIsStoredAsNothing) {
  const auto is_varchar_of_20 = [](const char* text) {
    const MappedColumn column = mapped_column("c", ColumnType::kVarchar, 20);
    return is_stored_as(*parse_sql_type(text), 1, Flavor::kMariadb, column);
  };
  EXPECT_TRUE(is_varchar_of_20("VARCHAR(20)"));
  EXPECT_TRUE(is_varchar_of_20("varbinary(20)"));
  EXPECT_TRUE(is_varchar_of_20("vector(5)"));
  EXPECT_FALSE(is_varchar_of_20("varchar"));
  EXPECT_FALSE(is_varchar_of_20("char(20)"));
  const MappedColumn array = mapped_column("c", ColumnType::kTypedArray, 8);
  EXPECT_FALSE(is_stored_as(*parse_sql_type("bigint"), 1, Flavor::kMysql, array));
}

}  // namespace
}  // namespace pikachu::binlog
