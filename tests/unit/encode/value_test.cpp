#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "encode/body.h"
#include "encode/json_value.h"

namespace pikachu::encode {
namespace {

using change::Value;
using change::ValueKind;
// NOLINTNEXTLINE(misc-unused-using-decls): clang-tidy 14 does not see that literals use it.
using std::string_literals::operator""s;

std::string json(const Value& value) {
  std::string out;
  append_value(value, out);
  return out;
}

std::string timestamp(std::int64_t microseconds, bool has_microseconds) {
  std::string out;
  TextBuffer buffer(out);
  put_timestamp(microseconds, has_microseconds, buffer);
  buffer.flush();
  return out;
}

TEST(Value, NullAndAbsentAreNull) {
  EXPECT_EQ(json(Value::null()), "null");
  EXPECT_EQ(json(Value::absent()), "null");
}

TEST(Value, IntegersAreExact) {
  EXPECT_EQ(json(Value::of_signed(std::numeric_limits<std::int64_t>::min())),
            "-9223372036854775808");
  EXPECT_EQ(json(Value::of_signed(0)), "0");
  EXPECT_EQ(json(Value::of_unsigned(std::numeric_limits<std::uint64_t>::max())),
            "18446744073709551615");
}

TEST(Value, RealsAreTheShortestTextThatReadsBackTheSame) {
  EXPECT_EQ(json(Value::of_double(0.1)), "0.1");
  EXPECT_EQ(json(Value::of_double(-0.0)), "-0");
  EXPECT_EQ(json(Value::of_double(1e20)), "1e+20");
  EXPECT_EQ(json(Value::of_double(std::numeric_limits<double>::max())), "1.7976931348623157e+308");
  EXPECT_EQ(json(Value::of_double(std::numeric_limits<double>::denorm_min())), "5e-324");
  EXPECT_EQ(json(Value::of_float(0.1F)), "0.1");
  EXPECT_EQ(json(Value::of_double(static_cast<double>(0.1F))), "0.10000000149011612");
}

TEST(Value, RealsThatJsonCannotShowAreNull) {
  EXPECT_EQ(json(Value::of_double(std::numeric_limits<double>::infinity())), "null");
  EXPECT_EQ(json(Value::of_float(std::numeric_limits<float>::quiet_NaN())), "null");
}

TEST(Value, BinaryIsBase64WithPadding) {
  // The vectors of RFC 4648, section 10.
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {{"", ""},
                                                                            {"f", "Zg=="},
                                                                            {"fo", "Zm8="},
                                                                            {"foo", "Zm9v"},
                                                                            {"foob", "Zm9vYg=="},
                                                                            {"fooba", "Zm9vYmE="},
                                                                            {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, expected] : cases) {
    EXPECT_EQ(json(Value::of_bytes(ValueKind::kBinary, bytes)), '"' + std::string(expected) + '"');
  }
  EXPECT_EQ(json(Value::of_bytes(ValueKind::kBinary, "\xFF\xFE\x00\xFB"s)), "\"//4A+w==\"");
}

TEST(Value, LargeBinaryIsWhole) {
  for (const std::size_t size : {767U, 768U, 769U, 100'000U}) {
    const std::string bytes(size, '\0');
    const std::string text = json(Value::of_bytes(ValueKind::kBinary, bytes));
    EXPECT_EQ(text.size(), 2 + (size + 2) / 3 * 4);
    EXPECT_EQ(text.find_first_not_of("A=", 1), text.size() - 1);
  }
}

// What MariaDB 11.8.6 stores in a JSON column, but for the last two: these take
// check_constraint_checks=0.
TEST(Value, TextThatIsNoJsonIsAStringInAJsonColumn) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {R"({"path": "C:\Users"})", R"("{\"path\": \"C:\\Users\"}")"},
      {R"("\x")", R"("\"\\x\"")"},
      {"[-]", R"("[-]")"},
      {"[1.]", R"("[1.]")"},
      {R"({"a":1e})", R"("{\"a\":1e}")"},
      {"hello", R"("hello")"},
      {"", R"("")"},
      {R"(1},"primary_id":{"a":2)", R"("1},\"primary_id\":{\"a\":2")"},
  };
  for (const auto& [stored, shown] : cases) {
    EXPECT_EQ(json(Value::of_bytes(ValueKind::kJson, stored)), shown);
  }
}

TEST(Value, JsonIsHandedOnButStaysOnOneLine) {
  EXPECT_EQ(json(Value::of_bytes(ValueKind::kJson, R"({"a": [1, "\n"]})")), R"({"a": [1, "\n"]})");
  EXPECT_EQ(json(Value::of_bytes(ValueKind::kJson, "{\r\n\"a\": 1\n}")), "{  \"a\": 1 }");
}

// A surrogate, as utf8mb3 takes it; what a damaged event may hold.
TEST(Value, BytesOfJsonThatAreNoUtf8AreReplaced) {
  const std::string stored = "[\"\xED\xA0\x80 \xC3\xA9\", \"\xFF\"]";
  const std::string shown = "[\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xC3\xA9\", \"\xEF\xBF\xBD\"]";
  EXPECT_EQ(json(Value::of_bytes(ValueKind::kJson, stored)), shown);
  EXPECT_EQ(json(Value::of_verbatim(ValueKind::kJson, stored)), shown);
  for (const std::size_t size : {1U, 7U, 8U, 9U, 4'000U, 4'096U, 10'000U}) {
    SCOPED_TRACE(size);
    const std::string text = "[\"" + std::string(size, 'x');
    EXPECT_EQ(json(Value::of_bytes(ValueKind::kJson, text + "\x80\"]")), text + "\xEF\xBF\xBD\"]");
    EXPECT_EQ(json(Value::of_bytes(ValueKind::kJson, text + "\xF0\x9F\x90\x98\"]")),
              text + "\xF0\x9F\x90\x98\"]");
  }
}

TEST(Value, JsonMayBeLongerThanWhatIsGathered) {
  for (const std::size_t size :
       {4'030U, 4'031U, 4'032U, 4'033U, 4'095U, 4'096U, 4'097U, 100'000U}) {
    SCOPED_TRACE(size);
    const std::string text = "[\"" + std::string(size - 4, 'x') + "\"]";
    EXPECT_EQ(json(Value::of_bytes(ValueKind::kJson, text)), text);
    EXPECT_EQ(json(Value::of_bytes(ValueKind::kJson, text + '\n')), text + ' ');
    EXPECT_EQ(json(Value::of_bytes(ValueKind::kJson, text + ']')),
              R"("[\")" + std::string(size - 4, 'x') + R"(\"]]")");
  }
}

TEST(Value, GeometryIsItsSridAndWkb) {
  EXPECT_EQ(json(Value::of_bytes(ValueKind::kGeometry, "\xE6\x10\x00\x00\x01\x02"s)),
            R"({"srid":4326,"wkb":"AQI="})");
  EXPECT_EQ(json(Value::of_bytes(ValueKind::kGeometry, "\x01\x02"s)), R"({"srid":0,"wkb":"AQI="})");
}

TEST(Value, VectorIsAnArrayOfFloats) {
  EXPECT_EQ(json(Value::of_bytes(ValueKind::kVector, "")), "[]");
  EXPECT_EQ(json(Value::of_bytes(ValueKind::kVector, "\x00\x00\x80\x3F\xCD\xCC\xCC\x3D"s)),
            "[1,0.1]");
  EXPECT_EQ(json(Value::of_bytes(ValueKind::kVector, "\x00\x00\x80\x7F"s)), "[null]");
}

TEST(Timestamp, HasSixDigitsOfFractionOrNone) {
  EXPECT_EQ(timestamp(0, false), "\"1970-01-01T00:00:00Z\"");
  EXPECT_EQ(timestamp(1'709'208'000'000'001, true), "\"2024-02-29T12:00:00.000001Z\"");
  EXPECT_EQ(timestamp(1'709'208'000'000'000, true), "\"2024-02-29T12:00:00.000000Z\"");
  EXPECT_EQ(timestamp(4'294'967'295'999'999, true), "\"2106-02-07T06:28:15.999999Z\"");
  EXPECT_EQ(timestamp(951'868'799'000'000, false), "\"2000-02-29T23:59:59Z\"");
}

TEST(Timestamp, OutsideOfWhatServersWriteStaysWellFormed) {
  EXPECT_EQ(timestamp(-1, true), "\"1969-12-31T23:59:59.999999Z\"");
  EXPECT_EQ(timestamp(std::numeric_limits<std::int64_t>::max(), false), "\"9999-12-31T23:59:59Z\"");
  EXPECT_EQ(timestamp(std::numeric_limits<std::int64_t>::min(), false), "\"0000-01-01T00:00:00Z\"");
}

}  // namespace
}  // namespace pikachu::encode
