#include <set>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "encode/body.h"

namespace pikachu::encode {
namespace {

using change::TableSchema;
using change::Value;
using change::ValueKind;

TableSchema table_of(std::string_view database, std::string_view table,
                     std::vector<std::size_t> key) {
  TableSchema schema;
  schema.database = database;
  schema.table = table;
  schema.columns.resize(3);
  schema.primary_key = std::move(key);
  return schema;
}

Value text(std::string_view bytes) {
  return Value::of_bytes(ValueKind::kText, bytes);
}

std::uint64_t key(const TableSchema& schema, const std::vector<Value>& image) {
  return row_key(schema, image).value();
}

TEST(RowKey, IsTheSameInEveryRelease) {
  EXPECT_EQ(key(table_of("test_db", "users", {0}), {Value::of_signed(1)}),
            9'867'247'677'724'491'750U);
}

TEST(RowKey, SeparatesRowsAndTables) {
  const std::set<std::uint64_t> keys = {
      key(table_of("a", "bc", {0}), {Value::of_signed(1)}),
      key(table_of("ab", "c", {0}), {Value::of_signed(1)}),
      key(table_of("a", "bc", {0}), {Value::of_signed(2)}),
      key(table_of("a", "bc", {0}), {text("1")}),
      key(table_of("a", "bc", {0}), {Value::of_double(1)}),
      key(table_of("a", "bc", {0}), {Value::of_bytes(ValueKind::kBinary, "1")}),
      key(table_of("a", "bc", {0}), {Value::null()}),
      key(table_of("a", "bc", {0, 1}), {text("ab"), text("c")}),
      key(table_of("a", "bc", {0, 1}), {text("a"), text("bc")}),
      key(table_of("a", "bc", {}), {}),
  };

  EXPECT_EQ(keys.size(), 10U);
}

TEST(RowKey, LooksAtTheKeyOnly) {
  const TableSchema schema = table_of("a", "b", {1});

  EXPECT_EQ(key(schema, {text("x"), Value::of_signed(7), text("y")}),
            key(schema, {Value::null(), Value::of_signed(7), Value::absent()}));
}

TEST(RowKey, IsNotKnownWhereAPartOfItIsMissing) {
  EXPECT_FALSE(
      row_key(table_of("a", "b", {0, 1}), std::vector{Value::of_signed(1), Value::absent()}));
  EXPECT_FALSE(row_key(table_of("a", "b", {2}), std::vector{Value::of_signed(1)}));
}

TEST(RowKey, SurvivesAColumnThatBecomesUnsigned) {
  const TableSchema schema = table_of("a", "b", {0});

  EXPECT_EQ(key(schema, {Value::of_signed(7)}), key(schema, {Value::of_unsigned(7)}));
}

TEST(RowKey, IsOneForTextsThatMostCollationsHoldEqual) {
  const TableSchema schema = table_of("a", "b", {0});

  EXPECT_EQ(key(schema, {text("Ann")}), key(schema, {text("aNN  ")}));
  EXPECT_NE(key(schema, {text("Ann")}), key(schema, {text("Ann.")}));
  EXPECT_NE(key(schema, {Value::of_bytes(ValueKind::kBinary, "A")}),
            key(schema, {Value::of_bytes(ValueKind::kBinary, "a")}));
  EXPECT_EQ(key(schema, {Value::of_double(0.0)}), key(schema, {Value::of_double(-0.0)}));
}

}  // namespace
}  // namespace pikachu::encode
