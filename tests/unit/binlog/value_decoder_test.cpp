#include "binlog/value_decoder.h"

#include <gtest/gtest.h>

#include "binlog/rows_event.h"
#include "tests/unit/binlog/rows_event_builder.h"

namespace pikachu::binlog {
namespace {

using change::Flavor;
using change::ValueKind;

constexpr std::uint32_t kUtf8mb4 = 45;
constexpr std::uint32_t kLatin1 = 8;

TEST(ColumnValue, IntegersKeepSignAndWidth) {
  struct Case {
    ColumnType type;
    ByteList stored;
    std::int64_t as_signed;
    std::uint64_t as_unsigned;
  };
  for (const Case& c : {Case{ColumnType::kTiny, {0x80}, -128, 128},
                        {ColumnType::kShort, {0xff, 0x7f}, 32767, 32767},
                        {ColumnType::kInt24, {0xff, 0xff, 0xff}, -1, 16777215},
                        {ColumnType::kLong, {0, 0, 0, 0x80}, -2147483648LL, 2147483648ULL},
                        {ColumnType::kLongLong,
                         {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                         -1,
                         18446744073709551615ULL}}) {
    MappedColumn column = mapped_column("n", c.type);
    const Decoded with_sign = decode_one(layout_of({column}), c.stored);
    EXPECT_EQ(with_sign.value.kind, ValueKind::kSigned);
    EXPECT_EQ(with_sign.value.number.as_signed, c.as_signed);
    column.is_unsigned = true;
    const Decoded without = decode_one(layout_of({column}), c.stored);
    EXPECT_EQ(without.value.kind, ValueKind::kUnsigned);
    EXPECT_EQ(without.value.number.as_unsigned, c.as_unsigned);
  }
}

TEST(ColumnValue, YearZeroIsZero) {
  const TableLayout layout = layout_of({mapped_column("y", ColumnType::kYear)});
  EXPECT_EQ(decode_one(layout, {0}).value.number.as_unsigned, 0U);
  EXPECT_EQ(decode_one(layout, {1}).value.number.as_unsigned, 1901U);
  EXPECT_EQ(decode_one(layout, {255}).value.number.as_unsigned, 2155U);
}

TEST(ColumnValue, BitsAreBigEndian) {
  const auto bit = [](std::uint16_t metadata) {
    return layout_of({mapped_column("b", ColumnType::kBit, metadata)});
  };
  EXPECT_EQ(decode_one(bit(0x0001), {1}).value.number.as_unsigned, 1U);
  EXPECT_EQ(decode_one(bit(0x0102), {0x03, 0xff}).value.number.as_unsigned, 1023U);
  EXPECT_EQ(decode_one(bit(0x0800), {0xff, 0, 0, 0, 0, 0, 0, 1}).value.number.as_unsigned,
            0xff00000000000001ULL);
}

TEST(ColumnValue, BinaryIsPaddedAndVarbinaryIsNot) {
  const TableLayout binary = layout_of({mapped_column("b", ColumnType::kString, 4)});
  EXPECT_EQ(decode_one(binary, {1, 0xab}).bytes, std::string("\xab\0\0\0", 4));
  EXPECT_EQ(decode_one(binary, {0}).bytes, std::string(4, '\0'));
  EXPECT_EQ(decode_one(binary, {0}).value.kind, ValueKind::kBinary);
  const TableLayout varbinary = layout_of({mapped_column("b", ColumnType::kVarchar, 4)});
  EXPECT_EQ(decode_one(varbinary, {1, 0xab}).bytes, "\xab");
}

TEST(ColumnValue, LongestValueDecidesTheLengthPrefix) {
  EXPECT_EQ(
      decode_one(layout_of({mapped_column("c", ColumnType::kString, 255, kUtf8mb4)}), {1, 'x'})
          .bytes,
      "x");
  EXPECT_EQ(
      decode_one(layout_of({mapped_column("c", ColumnType::kString, 1020, kUtf8mb4)}), {1, 0, 'x'})
          .bytes,
      "x");
}

MappedColumn labelled(ColumnType type, std::vector<std::string> labels) {
  MappedColumn column = mapped_column("e", type, 1, kLatin1);
  column.labels = std::move(labels);
  return column;
}

TEST(ColumnValue, EnumIsItsLabelInUtf8AndZeroIsEmpty) {
  const TableLayout layout = layout_of({labelled(ColumnType::kEnum, {"a", "\xe9", ""})});
  EXPECT_EQ(decode_one(layout, {1}).bytes, "a");
  EXPECT_EQ(decode_one(layout, {2}).bytes, "é");
  EXPECT_EQ(decode_one(layout, {3}).bytes, "");
  EXPECT_EQ(decode_one(layout, {0}).bytes, "");
  EXPECT_EQ(decode_one(layout, {0}).value.kind, ValueKind::kText);
}

TEST(ColumnValue, EnumBeyondItsLabelsIsCorrupt) {
  const Decoded decoded =
      decode_one(layout_of({labelled(ColumnType::kEnum, {"a", "b", "c"})}), {4});
  ASSERT_FALSE(decoded.more);
  EXPECT_EQ(decoded.more.error().code, base::ErrorCode::kCorrupt);
  EXPECT_NE(decoded.more.error().message.find("ENUM index 4"), std::string::npos);
}

TEST(ColumnValue, SetIsItsLabelsJoined) {
  const TableLayout layout = layout_of({labelled(ColumnType::kSet, {"a", "\xe9", "c"})});
  EXPECT_EQ(decode_one(layout, {0}).bytes, "");
  EXPECT_EQ(decode_one(layout, {2}).bytes, "é");
  EXPECT_EQ(decode_one(layout, {7}).bytes, "a,é,c");
  EXPECT_FALSE(decode_one(layout, {8}).more);
}

TEST(ColumnValue, GeometryAndVectorOfWrongSizesAreCorrupt) {
  const TableLayout geometry = layout_of({mapped_column("g", ColumnType::kGeometry, 1)});
  EXPECT_EQ(decode_one(geometry, {5, 1, 0, 0, 0, 9}).value.kind, ValueKind::kGeometry);
  EXPECT_FALSE(decode_one(geometry, {3, 1, 0, 0}).more);
  EXPECT_EQ(decode_one(geometry, {0}).value.kind, ValueKind::kGeometry);
  const TableLayout vector = layout_of({mapped_column("v", ColumnType::kVector, 1)});
  EXPECT_EQ(decode_one(vector, {4, 0, 0, 0x80, 0x3f}).value.kind, ValueKind::kVector);
  EXPECT_FALSE(decode_one(vector, {3, 0, 0, 0}).more);
}

TEST(ColumnValue, UnreadableTypeIsUnsupportedByNameAndNullIsStillNull) {
  const TableLayout layout = layout_of({mapped_column("hidden", ColumnType::kTypedArray)});
  const Decoded decoded = decode_one(layout, {1});
  ASSERT_FALSE(decoded.more);
  EXPECT_EQ(decoded.more.error().code, base::ErrorCode::kUnsupported);
  EXPECT_NE(decoded.more.error().message.find("column hidden: column type 20"), std::string::npos);
  const ByteList null_row =
      event_of(EventType::kWriteRowsV1, joined({rows_start(false), {1, 0x01, 0xff}}));
  RowsReader reader;
  ASSERT_TRUE(reader.open(null_row, current_format(), layout));
  EXPECT_TRUE(reader.next().value());
  EXPECT_EQ(reader.after()[0].kind, ValueKind::kNull);
}

/// A MariaDB column whose meaning only the known definition tells.
Decoded decode_known(ColumnType type, std::uint16_t metadata, const std::string& sql_type,
                     const ByteList& stored, change::ColumnHint hint = change::ColumnHint::kNone,
                     std::uint32_t collation_id = kBinaryCollation) {
  change::TableSchema known;
  known.columns.emplace_back();
  known.columns[0].name = "c";
  known.columns[0].sql_type = sql_type;
  known.columns[0].hint = hint;
  known.columns[0].collation_id = collation_id;
  MappedColumn column = mapped_column("c", type, metadata, collation_id);
  const auto layout = make_table_layout(table_map({column}), Flavor::kMariadb, &known);
  EXPECT_TRUE(layout) << layout.error().message;
  return layout ? decode_one(*layout, stored) : Decoded();
}

TEST(ColumnValue, MariadbAddressesArePaddedAndShownAsText) {
  EXPECT_EQ(decode_known(ColumnType::kString, 16, "uuid",
                         joined({{16},
                                 {0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3, 0xa4, 0x56, 0x42,
                                  0x66, 0x55, 0x44, 0x00, 0x01}}))
                .bytes,
            "123e4567-e89b-12d3-a456-426655440001");
  EXPECT_EQ(decode_known(ColumnType::kString, 16, "uuid", {0}).bytes,
            "00000000-0000-0000-0000-000000000000");
  EXPECT_EQ(decode_known(ColumnType::kString, 4, "inet4", {1, 10}).bytes, "10.0.0.0");
}

// The texts are those that MariaDB 11.8.6 shows.
TEST(ColumnValue, Inet6HasMariadbsText) {
  struct Case {
    std::vector<unsigned> words;
    std::string text;
  };
  for (const Case& c : {Case{{0, 0, 0, 0, 0, 0, 0, 0}, "::"},
                        {{0, 0, 0, 0, 0, 0, 0, 1}, "::1"},
                        {{0, 0, 0, 0, 0, 0, 0, 0xffff}, "::ffff"},
                        {{0, 0, 0, 0, 0, 0, 1, 0}, "::0.1.0.0"},
                        {{0, 0, 0, 0, 0, 0xffff, 0x102, 0x304}, "::ffff:1.2.3.4"},
                        {{0, 0, 0, 0, 0, 0xffff, 0, 0}, "::ffff:0.0.0.0"},
                        {{1, 0, 2, 3, 4, 5, 6, 7}, "1::2:3:4:5:6:7"},
                        {{0, 0, 1, 0, 0, 1, 0, 0}, "::1:0:0:1:0:0"},
                        {{1, 0, 0, 2, 0, 0, 0, 3}, "1:0:0:2::3"},
                        {{1, 2, 3, 4, 5, 6, 7, 0}, "1:2:3:4:5:6:7::"},
                        {{0, 0, 1, 0, 0, 0, 0, 0}, "0:0:1::"}}) {
    ByteList stored{16};
    for (const unsigned word : c.words) {
      stored.push_back(static_cast<std::uint8_t>(word >> 8U));
      stored.push_back(static_cast<std::uint8_t>(word & 0xffU));
    }
    EXPECT_EQ(decode_known(ColumnType::kString, 16, "inet6", stored).bytes, c.text);
  }
}

TEST(ColumnValue, MariadbJsonTextIsJsonAndVectorIsVector) {
  const Decoded json = decode_known(ColumnType::kBlob, 4, "longtext", {2, 0, 0, 0, '[', ']'},
                                    change::ColumnHint::kJsonText, kUtf8mb4);
  EXPECT_EQ(json.value.kind, ValueKind::kJson);
  EXPECT_EQ(json.bytes, "[]");
  const Decoded vector = decode_known(ColumnType::kVarchar, 4, "vector(1)", {4, 0, 0, 0x80, 0x3f});
  EXPECT_EQ(vector.value.kind, ValueKind::kVector);
}

TEST(ColumnValue, CompressedColumnsAreDecompressed) {
  const std::string type = "varchar(20) /*M!100301 COMPRESSED*/";
  const auto decode = [&](const ByteList& stored) {
    return decode_known(ColumnType::kVarcharCompressed, 21, type, stored, change::ColumnHint::kNone,
                        kLatin1);
  };
  EXPECT_EQ(decode({0}).bytes, "");
  EXPECT_EQ(decode({4, 0, 'c', 'a', 0xe9}).bytes, "caé");
  // "aaaaaaaaaa" as a raw deflate stream.
  EXPECT_EQ(decode({6, 0x89, 10, 0x4b, 0x84, 0x03, 0x00}).bytes, "aaaaaaaaaa");
  EXPECT_FALSE(decode({6, 0x89, 11, 0x4b, 0x84, 0x03, 0x00}).more);
  EXPECT_FALSE(decode({6, 0x49, 10, 0x4b, 0x84, 0x03, 0x00}).more);
  EXPECT_FALSE(decode({1, 0x8c}).more);
}

TEST(ColumnValue, MariadbHiresTemporalsNeedTheirDefinition) {
  EXPECT_EQ(
      decode_known(ColumnType::kTimestamp, 0, "timestamp(2) /* mariadb-5.3 */", {0, 0, 0, 1, 25})
          .bytes,
      "1970-01-01T00:00:01.25Z");
  EXPECT_EQ(
      decode_known(ColumnType::kTimestamp, 0, "timestamp /* mariadb-5.3 */", {1, 0, 0, 0}).bytes,
      "1970-01-01T00:00:01Z");
  const auto layout = make_table_layout(table_map({mapped_column("c", ColumnType::kTimestamp)}),
                                        Flavor::kMariadb, nullptr);
  ASSERT_TRUE(layout);
  const Decoded unknown = decode_one(*layout, {1, 0, 0, 0});
  ASSERT_FALSE(unknown.more);
  EXPECT_EQ(unknown.more.error().code, base::ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace pikachu::binlog
