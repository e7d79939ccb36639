#include "encode/body.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::encode {
namespace {

using change::Operation;
using change::RowChange;
using change::TableSchema;
using change::Transaction;
using change::Value;
using change::ValueKind;

Value text(std::string_view bytes) {
  return Value::of_bytes(ValueKind::kText, bytes);
}

std::shared_ptr<TableSchema> users() {
  auto table = std::make_shared<TableSchema>();
  table->database = "test_db";
  table->table = "users";
  for (const char* name : {"id", "name", "email"}) {
    change::Column column;
    column.name = name;
    table->columns.push_back(column);
  }
  table->primary_key = {0};
  return table;
}

/// A change of test_db.users, at row 0 of GTID 0-1-42.
struct Example {
  std::shared_ptr<TableSchema> table = users();
  Transaction transaction;
  std::vector<Value> before;
  std::vector<Value> after;
  Operation operation = Operation::kInsert;
  std::string_view file = "mysql-bin.000042";
  std::uint64_t row = 0;

  Example() {
    transaction.gtid = "0-1-42";
    transaction.server = "1";
    transaction.commit_time_us = 1'672'574'400'000'000;
  }
  std::string body() const {
    std::string out;
    BodyWriter().append_body(change(), "user_monitor", out);
    return out;
  }
  std::string decoded() const {
    std::string out;
    BodyWriter().append_decoded(change(), out);
    return out;
  }
  RowChange change() const {
    RowChange change;
    change.operation = operation;
    change.table = table;
    change.before = before;
    change.after = after;
    change.transaction = &transaction;
    change.file = file;
    change.offset = 1234;
    change.row = row;
    return change;
  }
  std::string primary_id() const {
    const std::string whole = body();
    const std::size_t begin = std::string_view("{\"primary_id\":").size();
    return whole.substr(begin, whole.find(",\"event\"") - begin);
  }
};

constexpr std::string_view kTail =
    R"("timestamp":"2023-01-01T12:00:00Z","id":"0-1-42-0","task_id":"user_monitor",)"
    R"("database":"test_db","position":{"gtid":"0-1-42","row":0}})";

TEST(Body, OfAnInsertIsTheDocumentedObject) {
  Example example;
  example.after = {Value::of_signed(1), text("John Doe"), text("john@example.com")};

  EXPECT_EQ(example.body(), R"({"primary_id":1,"event":"insert","table":"users",)"
                            R"("data":{"id":1,"name":"John Doe","email":"john@example.com"},)" +
                                std::string(kTail));
}

TEST(Body, OfAnUpdateHasOldAndNewData) {
  Example example;
  example.operation = Operation::kUpdate;
  example.before = {Value::of_signed(1), text("a"), Value::null()};
  example.after = {Value::of_signed(1), text("b"), Value::null()};

  EXPECT_EQ(example.body(), R"({"primary_id":1,"event":"update","table":"users",)"
                            R"("old_data":{"id":1,"name":"a","email":null},)"
                            R"("new_data":{"id":1,"name":"b","email":null},)" +
                                std::string(kTail));
}

TEST(Body, OfADeleteHasTheDeletedRow) {
  Example example;
  example.operation = Operation::kDelete;
  example.before = {Value::of_signed(7), text("a"), Value::null()};

  EXPECT_EQ(example.body(), R"({"primary_id":7,"event":"delete","table":"users",)"
                            R"("data":{"id":7,"name":"a","email":null},)" +
                                std::string(kTail));
}

TEST(Body, LeavesAbsentColumnsOut) {
  Example example;
  example.operation = Operation::kUpdate;
  example.before = {Value::of_signed(1), Value::absent(), Value::absent()};
  example.after = {Value::absent(), Value::absent(), text("x")};

  EXPECT_EQ(example.body(), R"({"primary_id":1,"event":"update","table":"users",)"
                            R"("old_data":{"id":1},"new_data":{"email":"x"},)" +
                                std::string(kTail));
}

TEST(Body, NamesTheRowAsItIsAfterTheChange) {
  Example example;
  example.operation = Operation::kUpdate;
  example.before = {Value::of_signed(1), text("a"), Value::null()};
  example.after = {Value::of_signed(2), text("a"), Value::null()};

  EXPECT_EQ(example.primary_id(), "2");
}

TEST(Body, NamesARowOfSeveralKeyColumnsByAnObjectInKeyOrder) {
  Example example;
  example.table->primary_key = {1, 0};
  example.operation = Operation::kUpdate;
  example.before = {Value::of_signed(1), text("a"), Value::null()};
  example.after = {Value::of_signed(2), Value::absent(), Value::null()};

  EXPECT_EQ(example.primary_id(), R"({"name":"a","id":2})");
}

TEST(Body, NamesARowWithoutKeyByNull) {
  Example example;
  example.table->primary_key.clear();
  example.after = {Value::of_signed(1), text("a"), Value::null()};

  EXPECT_EQ(example.primary_id(), "null");
}

TEST(Body, NamesARowWhoseKeyIsNotInTheImageByNull) {
  Example example;
  example.after = {Value::absent(), text("a"), Value::null()};
  EXPECT_EQ(example.primary_id(), "null");
  example.table->primary_key = {0, 1};
  EXPECT_EQ(example.primary_id(), R"({"id":null,"name":"a"})");
}

TEST(Body, StandsByFileAndOffsetWhereThereIsNoGtid) {
  Example example;
  example.transaction.gtid.clear();
  example.transaction.has_microseconds = true;
  example.transaction.commit_time_us += 5;
  example.row = 3;
  example.after = {Value::of_signed(1), Value::null(), Value::null()};

  EXPECT_EQ(example.body(), R"({"primary_id":1,"event":"insert","table":"users",)"
                            R"("data":{"id":1,"name":null,"email":null},)"
                            R"("timestamp":"2023-01-01T12:00:00.000005Z",)"
                            R"("id":"1-mysql-bin~2e000042-1234-3","task_id":"user_monitor",)"
                            R"("database":"test_db",)"
                            R"("position":{"file":"mysql-bin.000042","offset":1234,"row":3}})");
}

TEST(Body, EscapesNames) {
  Example example;
  example.table->database = "d\"b";
  example.table->table = "t\\";
  example.table->columns[0].name = "i\nd";
  example.after = {Value::of_signed(1), Value::absent(), Value::absent()};
  const std::string body = example.body();

  EXPECT_NE(body.find(R"("table":"t\\","data":{"i\nd":1})"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("database":"d\"b")"), std::string::npos) << body;
}

TEST(Body, IsWholeWhenItIsLarge) {
  Example example;
  const std::string large(100'000, '"');
  example.after = {Value::of_signed(1), text(large), text("z")};
  const std::string body = example.body();

  std::string escaped;
  append_string(large, escaped);
  EXPECT_EQ(escaped.size(), 200'002U);
  EXPECT_EQ(body, R"({"primary_id":1,"event":"insert","table":"users","data":{"id":1,"name":)" +
                      escaped + R"(,"email":"z"},)" + std::string(kTail));
}

TEST(Decoded, SaysAllThatIsKnownOfThePosition) {
  Example example;
  example.after = {Value::of_signed(1), Value::null(), Value::null()};

  EXPECT_EQ(example.decoded(),
            R"({"primary_id":1,"event":"insert","table":"users","data":{"id":1,"name":null,)"
            R"("email":null},"timestamp":"2023-01-01T12:00:00Z","id":"0-1-42-0",)"
            R"("database":"test_db","position":{"gtid":"0-1-42","file":"mysql-bin.000042",)"
            R"("offset":1234,"row":0}})");
}

TEST(Decoded, SaysThatNamesAreNotKnown) {
  Example example;
  auto table = std::make_shared<TableSchema>(*example.table);
  table->unnamed = true;
  example.table = table;
  example.after = {Value::of_signed(1), Value::null(), Value::null()};

  EXPECT_NE(example.decoded().find(R"("database":"test_db","unnamed":true,"position")"),
            std::string::npos);
}

TEST(Body, IsAppended) {
  Example example;
  example.after = {Value::of_signed(1), Value::null(), Value::null()};
  RowChange change;
  change.table = example.table;
  change.after = example.after;
  change.transaction = &example.transaction;
  std::string out = "before ";

  BodyWriter().append_body(change, "t", out);

  EXPECT_EQ(out.rfind("before {\"primary_id\":1,", 0), 0U);
}

}  // namespace
}  // namespace pikachu::encode
