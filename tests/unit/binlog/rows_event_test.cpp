#include "binlog/rows_event.h"

#include <random>

#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/unit/binlog/rows_event_builder.h"

namespace pikachu::binlog {
namespace {

using change::Flavor;
using change::Operation;
using change::ValueKind;

constexpr std::uint32_t kUtf8mb4 = 45;
constexpr std::uint32_t kLatin1 = 8;

/// id INT, name VARCHAR(20) utf8mb4, note TEXT latin1.
TableLayout orders() {
  return layout_of({mapped_column("id", ColumnType::kLong),
                    mapped_column("name", ColumnType::kVarchar, 80, kUtf8mb4),
                    mapped_column("note", ColumnType::kBlob, 2, kLatin1)});
}

ByteList insert_two_orders() {
  return event_of(EventType::kWriteRowsV2, joined({rows_start(true),
                                                   {3, 0x07},  //
                                                   {0xf8, 1, 0, 0, 0, 3},
                                                   bytes_of("one"),
                                                   {4, 0},               //
                                                   bytes_of("caf\xe9"),  //
                                                   {0xfc, 0xfe, 0xff, 0xff, 0xff, 2},
                                                   bytes_of("\xc3\xa9")}));
}

TEST(RowsReader, InsertHasAfterImagesOnly) {
  const TableLayout layout = orders();
  const ByteList event = insert_two_orders();
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));

  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.operation(), Operation::kInsert);
  EXPECT_TRUE(reader.before().empty());
  ASSERT_EQ(reader.after().size(), 3U);
  EXPECT_EQ(reader.after()[0].number.as_signed, 1);
  EXPECT_EQ(reader.after()[1].bytes, "one");
  EXPECT_EQ(reader.after()[2].bytes, "café");
  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.after()[0].number.as_signed, -2);
  EXPECT_EQ(reader.after()[1].bytes, "é");
  EXPECT_EQ(reader.after()[2].kind, ValueKind::kNull);
  EXPECT_FALSE(reader.next().value());
  EXPECT_FALSE(reader.next().value());
}

TEST(RowsReader, Utf8TextPointsIntoTheEvent) {
  const TableLayout layout = orders();
  const ByteList event = insert_two_orders();
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));
  ASSERT_TRUE(reader.next().value());

  const auto* data = reinterpret_cast<const std::uint8_t*>(reader.after()[1].bytes.data());
  EXPECT_GE(data, event.data());
  EXPECT_LT(data, event.data() + event.size());
}

TEST(RowsReader, MinimalImagesLeaveMissingColumnsAbsent) {
  const TableLayout layout = orders();
  // Before: id. After: name.
  const ByteList event = event_of(EventType::kUpdateRowsV1, joined({rows_start(false),
                                                                    {3, 0x01, 0x02},     //
                                                                    {0xfe, 7, 0, 0, 0},  //
                                                                    {0xfe, 3},
                                                                    bytes_of("new"),  //
                                                                    {0xfe, 8, 0, 0, 0},
                                                                    {0xff}}));
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));

  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.operation(), Operation::kUpdate);
  EXPECT_EQ(reader.before()[0].number.as_signed, 7);
  EXPECT_EQ(reader.before()[1].kind, ValueKind::kAbsent);
  EXPECT_EQ(reader.after()[0].kind, ValueKind::kAbsent);
  EXPECT_EQ(reader.after()[1].bytes, "new");
  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.after()[1].kind, ValueKind::kNull);
  EXPECT_FALSE(reader.next().value());
}

TEST(RowsReader, RowWithoutAnyColumnIsOneRow) {
  const TableLayout layout = orders();
  const ByteList event = event_of(EventType::kWriteRowsV2, joined({rows_start(true), {3, 0x00}}));
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));

  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.after()[0].kind, ValueKind::kAbsent);
  EXPECT_FALSE(reader.next().value());
}

TEST(RowsReader, BytesWithoutColumnsAreCorrupt) {
  const TableLayout layout = orders();
  const ByteList event =
      event_of(EventType::kWriteRowsV2, joined({rows_start(true), {3, 0x00, 0x55}}));
  RowsReader reader;
  const auto opened = reader.open(event, current_format(), layout);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::kCorrupt);
}

TEST(RowsReader, DeleteHasBeforeImagesOnly) {
  const TableLayout layout = orders();
  const ByteList event =
      event_of(EventType::kDeleteRowsV2, joined({rows_start(true), {3, 0x01}, {0x00, 9, 0, 0, 0}}));
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));

  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.operation(), Operation::kDelete);
  EXPECT_EQ(reader.before()[0].number.as_signed, 9);
  EXPECT_TRUE(reader.after().empty());
}

TEST(RowsReader, ExtraDataOfVersionTwoIsSkipped) {
  const TableLayout layout = orders();
  // Partition 2, as a partitioned table of MySQL 8 writes it.
  const ByteList event =
      event_of(EventType::kDeleteRowsV2, joined({{1, 0, 0, 0, 0, 0, 1, 0, 5, 0, 1, 2, 0},  //
                                                 {3, 0x01},
                                                 {0x00, 9, 0, 0, 0}}));
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));
  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.before()[0].number.as_signed, 9);
}

TEST(RowsReader, AnotherColumnCountIsCorrupt) {
  const TableLayout layout = orders();
  const ByteList event =
      event_of(EventType::kWriteRowsV2, joined({rows_start(true), {4, 0x0f, 0x00}}));
  RowsReader reader;
  const auto opened = reader.open(event, current_format(), layout);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::kCorrupt);
  EXPECT_NE(opened.error().message.find("4 columns"), std::string::npos);
}

TEST(RowsReader, CountsRowsWithoutNames) {
  MappedColumn id = mapped_column("", ColumnType::kLong);
  id.name.reset();
  id.is_unsigned.reset();
  MappedColumn name = mapped_column("", ColumnType::kVarchar, 80);
  name.name.reset();
  name.collation_id.reset();
  MappedColumn note = mapped_column("", ColumnType::kBlob, 2);
  note.name.reset();
  note.collation_id.reset();
  const TableLayout layout = make_nameless_layout(table_map({id, name, note}));
  const ByteList event = insert_two_orders();
  RowsReader reader;

  ASSERT_TRUE(reader.open(event, current_format(), layout));
  EXPECT_EQ(reader.count_remaining().value(), 2U);
  ASSERT_TRUE(reader.open(event, current_format(), layout));
  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.count_remaining().value(), 1U);
  EXPECT_EQ(layout.schema->columns[2].name, "@3");
}

/// MariaDB's form: the rows behind a head and a zlib stream.
ByteList compressed_orders(std::uint8_t head, std::uint8_t stated_size_less) {
  const ByteList plain = insert_two_orders();
  const std::size_t rows_at = EventHeader::kSize + 10 + 2;
  const ByteList rows(plain.begin() + rows_at, plain.end());
  ByteList stream(compressBound(rows.size()));
  uLongf size = stream.size();
  EXPECT_EQ(compress(stream.data(), &size, rows.data(), rows.size()), Z_OK);
  stream.resize(size);
  const auto stated = static_cast<std::uint8_t>(rows.size() - stated_size_less);
  return event_of(EventType::kMariadbWriteRowsCompressedV1,
                  joined({rows_start(false), {3, 0x07}, {head, stated}, stream}));
}

TEST(RowsReader, CompressedRowsAreThoseOfThePlainEvent) {
  const TableLayout layout = orders();
  const ByteList event = compressed_orders(0x81, 0);
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(Flavor::kMariadb), layout));
  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.after()[2].bytes, "café");
  ASSERT_TRUE(reader.next().value());
  EXPECT_FALSE(reader.next().value());
}

// No server writes these types yet; MariaDB has reserved them for what they would hold.
TEST(RowsReader, CompressedRowsOfVersionTwoHaveExtraData) {
  const TableLayout layout = orders();
  ByteList event = compressed_orders(0x81, 0);
  event.insert(event.begin() + EventHeader::kSize + 8, {2, 0});
  event[4] = static_cast<std::uint8_t>(EventType::kMariadbWriteRowsCompressedV2);
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(Flavor::kMariadb), layout));
  EXPECT_EQ(reader.operation(), change::Operation::kInsert);
  EXPECT_EQ(reader.count_remaining().value(), 2U);

  event[4] = static_cast<std::uint8_t>(EventType::kMariadbDeleteRowsCompressedV2);
  ASSERT_TRUE(reader.open(event, current_format(Flavor::kMariadb), layout));
  EXPECT_EQ(reader.operation(), change::Operation::kDelete);
  ASSERT_TRUE(reader.next().value());
  EXPECT_EQ(reader.before()[2].bytes, "café");

  event[4] = static_cast<std::uint8_t>(EventType::kMariadbUpdateRowsCompressedV2);
  event.insert(event.begin() + EventHeader::kSize + 12, 0x07);  // the second bitmap
  ASSERT_TRUE(reader.open(event, current_format(Flavor::kMariadb), layout));
  EXPECT_EQ(reader.operation(), change::Operation::kUpdate);
  EXPECT_EQ(reader.count_remaining().value(), 1U);
}

TEST(RowsReader, CompressedRowsOfAnotherSizeOrMethodAreCorrupt) {
  const TableLayout layout = orders();
  RowsReader reader;
  for (const ByteList& event : {compressed_orders(0x81, 1), compressed_orders(0x91, 0)}) {
    const auto opened = reader.open(event, current_format(Flavor::kMariadb), layout);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, base::ErrorCode::kCorrupt);
  }
  // Four bytes of size that the stream cannot have: refused before memory is taken for it.
  const ByteList lie = event_of(
      EventType::kMariadbWriteRowsCompressedV1,
      joined({rows_start(false), {3, 0x07}, {0x84, 0xff, 0xff, 0xff, 0xff}, {0x78, 0x9c}}));
  EXPECT_FALSE(reader.open(lie, current_format(Flavor::kMariadb), layout));
}

TEST(RowsReader, TruncatedAnywhereIsCorrupt) {
  const TableLayout layout = orders();
  const ByteList whole = insert_two_orders();
  RowsReader reader;
  std::size_t cut_between_rows = 0;
  for (std::size_t size = EventHeader::kSize; size < whole.size(); ++size) {
    const ByteList cut(whole.begin(), whole.begin() + static_cast<long>(size));
    base::Result<bool> more = true;
    if (auto opened = reader.open(cut, current_format(), layout); !opened) {
      more = tl::unexpected(opened.error());
    }
    while (more && *more) more = reader.next();
    if (more) {
      ++cut_between_rows;
      continue;
    }
    EXPECT_EQ(more.error().code, base::ErrorCode::kCorrupt) << size;
  }
  // Before the first row and between the two, where only the event's checksum can tell.
  EXPECT_EQ(cut_between_rows, 2U);
}

TEST(RowsReader, TruncationNamesTableAndColumn) {
  const TableLayout layout = orders();
  ByteList event = insert_two_orders();
  event.pop_back();
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));
  ASSERT_TRUE(reader.next());
  const auto more = reader.next();
  ASSERT_FALSE(more);
  EXPECT_NE(more.error().message.find("table shop.orders, column name"), std::string::npos)
      << more.error().message;
}

TEST(RowsReader, RandomDamageNeverReadsOutside) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const TableLayout layout = layout_of(
      {mapped_column("j", ColumnType::kJson, 4),
       mapped_column("d", ColumnType::kNewDecimal, 0x0a02),
       mapped_column("t", ColumnType::kTime2, 3), mapped_column("v", ColumnType::kVarchar, 80, 13),
       mapped_column("g", ColumnType::kGeometry, 4), mapped_column("b", ColumnType::kBit, 0x0100)});
  ByteList whole(EventHeader::kSize + 200, 0);
  whole[4] = static_cast<std::uint8_t>(EventType::kUpdateRowsV1);
  RowsReader reader;
  std::size_t rows = 0;
  for (int i = 0; i < 20000; ++i) {
    for (std::size_t at = EventHeader::kSize; at < whole.size(); ++at) {
      whole[at] = static_cast<std::uint8_t>(random() % 4 == 0 ? random() : random() % 8);
    }
    whole[EventHeader::kSize + 8] = 6;  // the column count: else nothing is decoded
    auto opened = reader.open(whole, current_format(), layout);
    while (opened) {
      const auto more = reader.next();
      if (!more || !*more) break;
      ++rows;
    }
  }
  EXPECT_GT(rows, 0U);
}

TEST(EndsStatement, IsTheFirstFlag) {
  ByteList event = insert_two_orders();
  EXPECT_TRUE(ends_statement(event, current_format()).value());
  event[EventHeader::kSize + 6] = 2;
  EXPECT_FALSE(ends_statement(event, current_format()).value());
  event.resize(EventHeader::kSize + 7);
  EXPECT_FALSE(ends_statement(event, current_format()));
}

}  // namespace
}  // namespace pikachu::binlog
