#include <gtest/gtest.h>

#include "binlog/rows_event.h"
#include "tests/unit/binlog/rows_event_builder.h"

namespace pikachu::binlog {
namespace {

/// A table of an INT and two JSON columns, and an update of it with binlog_row_value_options=
/// PARTIAL_JSON: [1, 2, 3] loses its first element in the second JSON column. Hand-assembled.
TableLayout documents() {
  return layout_of({mapped_column("id", ColumnType::kLong),
                    mapped_column("j", ColumnType::kJson, 4),
                    mapped_column("k", ColumnType::kJson, 4)});
}
const ByteList kDocument{2, 3, 0, 13, 0, 5, 1, 0, 5, 2, 0, 5, 3, 0};
ByteList partial_update(std::uint8_t before_present, const ByteList& before, std::uint8_t options) {
  const ByteList removal{2, 4, '$', '[', '0', ']'};
  ByteList after{options};
  if (options != 0) after.push_back(0b10);  // partial: the second JSON column
  const ByteList head{3, before_present, 0b111};
  const ByteList values{0b010, 7, 0, 0, 0};  // j is NULL
  const ByteList changes{6, 0, 0, 0};
  return event_of(
      EventType::kPartialUpdateRows,
      joined({rows_start(true), head, before, after, values,
              options != 0 ? joined({changes, removal}) : joined({{14, 0, 0, 0}, kDocument})}));
}

TEST(RowsReader, ChangesOfAJsonValueAreGivenAsTheWholeValue) {
  const TableLayout layout = documents();
  const ByteList before = joined({{0b010, 7, 0, 0, 0}, {14, 0, 0, 0}, kDocument});
  for (const std::uint8_t options : {std::uint8_t{0}, std::uint8_t{1}}) {
    SCOPED_TRACE(int{options});
    const ByteList event = partial_update(0b111, before, options);
    RowsReader reader;
    ASSERT_TRUE(reader.open(event, current_format(), layout));

    ASSERT_TRUE(reader.next().value());

    EXPECT_EQ(reader.operation(), change::Operation::kUpdate);
    EXPECT_EQ(reader.before()[2].bytes, "[1, 2, 3]");
    EXPECT_EQ(reader.after()[0].number.as_signed, 7);
    EXPECT_EQ(reader.after()[1].kind, change::ValueKind::kNull);
    EXPECT_EQ(reader.after()[2].kind, change::ValueKind::kJson);
    EXPECT_EQ(reader.after()[2].bytes, options == 0 ? "[1, 2, 3]" : "[2, 3]");
    EXPECT_FALSE(reader.next().value());
    ASSERT_TRUE(reader.open(event, current_format(), layout));
    EXPECT_EQ(reader.count_remaining().value(), 1U);
  }
}

TEST(RowsReader, ChangesOfAJsonValueThatIsNotThereAreUnsupported) {
  const TableLayout layout = documents();
  const ByteList event = partial_update(0b001, {0, 7, 0, 0, 0}, 1);
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));

  const auto more = reader.next();

  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, base::ErrorCode::kUnsupported);
  for (const auto* part : {"shop.orders", "column k", "binlog_row_image=FULL"}) {
    EXPECT_NE(more.error().message.find(part), std::string::npos) << more.error().message;
  }
}

TEST(RowsReader, ChangesOfANullJsonValueAreCorrupt) {
  const TableLayout layout = documents();
  const ByteList event = partial_update(0b111, {0b110, 7, 0, 0, 0}, 1);
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));

  const auto more = reader.next();

  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, base::ErrorCode::kCorrupt);
  EXPECT_NE(more.error().message.find("was NULL"), std::string::npos) << more.error().message;
}

TEST(RowsReader, ChangesThatDoNotFitTheJsonValueAreCorruptAndNameTheColumn) {
  const TableLayout layout = documents();
  const ByteList number{5, 7, 0};  // which has no elements
  const ByteList before = joined({{0b010, 7, 0, 0, 0}, {3, 0, 0, 0}, number});
  const ByteList event = partial_update(0b111, before, 1);
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));

  const auto more = reader.next();

  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, base::ErrorCode::kCorrupt);
  EXPECT_NE(more.error().message.find("column k"), std::string::npos) << more.error().message;
}

TEST(RowsReader, UnknownRowValueOptionsAreUnsupported) {
  const TableLayout layout = documents();
  const ByteList event = partial_update(0b111, {0b110, 7, 0, 0, 0}, 2);
  RowsReader reader;
  ASSERT_TRUE(reader.open(event, current_format(), layout));
  const auto more = reader.next();
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, base::ErrorCode::kUnsupported);
}

TEST(RowsReader, PartialUpdatesTruncatedAnywhereAreCorrupt) {
  const TableLayout layout = documents();
  const ByteList before = joined({{0b010, 7, 0, 0, 0}, {14, 0, 0, 0}, kDocument});
  const ByteList event = partial_update(0b111, before, 1);
  const std::size_t rows_at = EventHeader::kSize + 10 + 3;
  for (std::size_t size = rows_at + 1; size < event.size(); ++size) {
    SCOPED_TRACE(size);
    RowsReader reader;
    ASSERT_TRUE(reader.open(Bytes(event).first(size), current_format(), layout));
    const auto more = reader.next();
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, base::ErrorCode::kCorrupt);
    ASSERT_TRUE(reader.open(Bytes(event).first(size), current_format(), layout));
    EXPECT_FALSE(reader.count_remaining());
  }
}

}  // namespace
}  // namespace pikachu::binlog
