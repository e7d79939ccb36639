// MySQL 8.0.13 to 8.0.17 list the hidden columns of functional indexes in the table map, also in
// the middle, and leave them out of row images. Hand-assembled: no such server is at hand.
#include <gtest/gtest.h>

#include "binlog/rows_event.h"
#include "binlog/table_layout.h"
#include "tests/unit/binlog/rows_event_builder.h"

namespace pikachu::binlog {
namespace {

std::vector<MappedColumn> columns_with_hidden_one() {
  return {mapped_column("id", ColumnType::kLong),
          mapped_column("!hidden!tags!0!0", ColumnType::kTypedArray, 8),
          mapped_column("price", ColumnType::kLong)};
}

// Of columns 0 and 2.
ByteList insert_without_hidden_one() {
  return event_of(EventType::kWriteRowsV2,
                  joined({rows_start(true), {3, 0x05}, {0x00, 7, 0, 0, 0, 9, 0, 0, 0}}));
}

TEST(HiddenColumns, TakeNoValueFromTheColumnsAfterThem) {
  const TableLayout layout = layout_of(columns_with_hidden_one());
  const ByteList event = insert_without_hidden_one();
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));

  ASSERT_TRUE(reader.next().value());

  EXPECT_EQ(layout.schema->columns[2].name, "price");
  EXPECT_EQ(reader.after()[0].number.as_signed, 7);
  EXPECT_EQ(reader.after()[1].kind, change::ValueKind::kAbsent);
  EXPECT_EQ(reader.after()[2].number.as_signed, 9);
  EXPECT_FALSE(reader.next().value());
}

TEST(HiddenColumns, AreCountedOverWithoutNames) {
  const TableLayout layout = make_nameless_layout(table_map(columns_with_hidden_one()));
  const ByteList event = insert_without_hidden_one();
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));

  EXPECT_EQ(reader.count_remaining().value(), 1U);
}

// information_schema does not show them: which columns the others are can't be told.
TEST(HiddenColumns, OfAMapWithoutNamesAreRefused) {
  std::vector<MappedColumn> mapped = columns_with_hidden_one();
  change::TableSchema known;
  for (MappedColumn& column : mapped) {
    if (column.type == ColumnType::kLong) {
      change::Column& shown = known.columns.emplace_back();
      shown.name = *column.name;
      shown.sql_type = "int";
    }
    column.name.reset();
  }

  const auto layout = make_table_layout(table_map(mapped), change::Flavor::kMysql, &known);

  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, base::ErrorCode::kInvalid);
  EXPECT_NE(layout.error().message.find("the binlog has 3 columns, the known definition 2"),
            std::string::npos)
      << layout.error().message;
}

}  // namespace
}  // namespace pikachu::binlog
