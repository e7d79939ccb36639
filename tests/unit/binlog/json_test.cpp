#include "binlog/json.h"

#include <array>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::binlog {
namespace {

using Stored = std::vector<std::uint8_t>;

std::string text_of(const Stored& stored) {
  std::string text;
  const auto appended = append_json_text(stored, text);
  return appended ? text : "error: " + appended.error().message;
}

bool is_corrupt(const Stored& stored) {
  std::string text;
  const auto appended = append_json_text(stored, text);
  return !appended && appended.error().code == base::ErrorCode::kCorrupt;
}

// All hand-assembled from json_binary.h's description of the format.

TEST(JsonText, ScalarsAreShownAsTheServerDoes) {
  struct Case {
    Stored stored;
    std::string text;
  };
  const std::vector<Case> cases{
      {{0x04, 0x00}, "null"},
      {{0x04, 0x01}, "true"},
      {{0x04, 0x02}, "false"},
      {{0x05, 0xff, 0xff}, "-1"},
      {{0x06, 0xff, 0xff}, "65535"},
      {{0x07, 0x00, 0x00, 0x00, 0x80}, "-2147483648"},
      {{0x08, 0xff, 0xff, 0xff, 0xff}, "4294967295"},
      {{0x09, 0, 0, 0, 0, 0, 0, 0, 0x80}, "-9223372036854775808"},
      {{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "18446744073709551615"},
      {{0x0b, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f}, "1.0"},
      {{0x0c, 0x00}, "\"\""},
      {{0x0c, 0x05, 'a', '"', '\\', '\n', 0x01}, R"("a\"\\\n\u0001")"},
      {{0x0f, 0xf6, 0x04, 3, 2, 0x89, 0x00}, "9.00"},
      {{0x0f, 0x0f, 0x02, 0xab, 0xcd}, "\"base64:type15:q80=\""},
      {{}, "null"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(text_of(c.stored), c.text);
  }
}

TEST(JsonText, LongOpaqueValuesBreakAfterSeventySixCharacters) {
  Stored stored{0x0f, 0xfc, 58};
  stored.insert(stored.end(), 58, 0);
  EXPECT_EQ(text_of(stored), "\"base64:type252:" + std::string(76, 'A') + "\\nAA==\"");
}

TEST(JsonText, DoublesHaveTheServersForm) {
  struct Case {
    double value;
    std::string text;
  };
  // As MySQL 9.7.4 answers CAST(CAST('…' AS JSON) AS CHAR).
  for (const Case& c : {Case{0.0, "0.0"},
                        {-0.0, "-0.0"},
                        {0.1, "0.1"},
                        {1e-15, "0.000000000000001"},
                        {1e-16, "1e-16"},
                        {1.2345678901234567e-14, "0.000000000000012345678901234567"},
                        {999999999999999.0, "999999999999999.0"},
                        {1e14, "100000000000000.0"},
                        {1e15, "1e15"},
                        {1.5e15, "1.5e15"},
                        {1234567890123456.0, "1.234567890123456e15"},
                        {1234567890123456.8, "1234567890123456.8"},
                        {123456789012345.67, "123456789012345.67"},
                        {12345678901234568.0, "1.2345678901234568e16"},
                        {1e16, "1e16"},
                        {5e-324, "5e-324"},
                        {-1.5e-300, "-1.5e-300"},
                        {std::numeric_limits<double>::max(), "1.7976931348623157e308"}}) {
    std::array<char, kJsonDoubleTextMax> text{};
    const char* const end = format_json_double(c.value, text.data());
    EXPECT_EQ(std::string_view(text.data(), static_cast<std::size_t>(end - text.data())), c.text);
  }
}

/// {"a": 1, "b": ["x", 70000]} with two unused bytes before the array's string.
Stored object_with_a_hole() {
  return {0x00,                    // small object
          0x02, 0x00, 0x25, 0x00,  // 2 items, 37 bytes
          0x12, 0x00, 0x01, 0x00,  // key at 18, 1 byte
          0x13, 0x00, 0x01, 0x00,  // key at 19, 1 byte
          0x05, 0x01, 0x00,        // 1, inlined
          0x02, 0x14, 0x00,        // small array at 20
          'a',  'b',               //
          0x02, 0x00, 0x11, 0x00,  // 2 items, 17 bytes
          0x0c, 0x0f, 0x00,        // string at 15
          0x07, 0x0a, 0x00,        // int32 at 10
          0x70, 0x11, 0x01, 0x00,  // 70000
          0xee,                    // the hole
          0x01, 'x'};
}

TEST(JsonText, OffsetsAreFollowedOverHoles) {
  EXPECT_EQ(text_of(object_with_a_hole()), "{\"a\": 1, \"b\": [\"x\", 70000]}");
}

TEST(JsonText, LargeArraysInlineThirtyTwoBitNumbers) {
  EXPECT_EQ(text_of({0x03, 0x01, 0, 0, 0, 0x0d, 0, 0, 0, 0x08, 0xff, 0xff, 0xff, 0xff}),
            "[4294967295]");
}

TEST(JsonText, TruncatedAnywhereIsCorrupt) {
  const Stored whole = object_with_a_hole();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_TRUE(is_corrupt(Stored(whole.begin(), whole.begin() + static_cast<long>(size))))
        << size << " bytes";
  }
}

TEST(JsonText, ImpossibleTypesAndSizesAreCorrupt) {
  EXPECT_TRUE(is_corrupt({0x0d}));
  EXPECT_TRUE(is_corrupt({0x04, 0x03}));
  EXPECT_TRUE(is_corrupt({0x02, 0xff, 0xff, 0x04, 0x00}));
  EXPECT_TRUE(is_corrupt({0x0c, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
  EXPECT_TRUE(is_corrupt({0x0f, 0x0c, 0x01, 0x00}));
  EXPECT_TRUE(is_corrupt({0x0f, 0xf6, 0x03, 3, 2, 0x89}));
}

// An array whose only item is the array itself, as a damaged offset could make it.
TEST(JsonText, ValuesThatContainThemselvesEnd) {
  EXPECT_TRUE(is_corrupt({0x02, 0x01, 0x00, 0x07, 0x00, 0x02, 0x00, 0x00}));
}

// Two items, each at the same inner array, a few levels deep: text that doubles with each level.
TEST(JsonText, OverlappingValuesCannotBlowUpTheText) {
  constexpr std::uint8_t kItemBytes = 3;
  Stored stored{0x02};
  constexpr int kLevels = 60;
  for (int level = 0; level < kLevels; ++level) {
    const auto left = static_cast<std::uint16_t>((kLevels - level) * (4 + 2 * kItemBytes) + 4);
    stored.insert(stored.end(), {0x02, 0x00, static_cast<std::uint8_t>(left & 0xffU),
                                 static_cast<std::uint8_t>(left >> 8U)});
    for (int item = 0; item < 2; ++item) stored.insert(stored.end(), {0x02, 0x0a, 0x00});
  }
  stored.insert(stored.end(), {0x00, 0x00, 0x04, 0x00});
  EXPECT_TRUE(is_corrupt(stored));
}

TEST(JsonText, HundredLevelsAreReadAndNoMore) {
  const auto nested = [](int levels) {
    Stored stored{0x02};
    for (int level = levels; level > 1; --level) {
      const auto size = static_cast<std::uint16_t>((level - 1) * 7 + 4);
      stored.insert(stored.end(), {0x01, 0x00, static_cast<std::uint8_t>(size & 0xffU),
                                   static_cast<std::uint8_t>(size >> 8U), 0x02, 0x07, 0x00});
    }
    stored.insert(stored.end(), {0x00, 0x00, 0x04, 0x00});
    return stored;
  };
  EXPECT_EQ(text_of(nested(100)), std::string(100, '[') + std::string(100, ']'));
  EXPECT_TRUE(is_corrupt(nested(101)));
}

TEST(JsonText, RandomDamageNeverReadsOutside) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const Stored whole = object_with_a_hole();
  std::size_t read = 0;
  for (int i = 0; i < 20000; ++i) {
    Stored damaged = whole;
    for (int flips = 0; flips < 3; ++flips) {
      damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    }
    std::string text;
    if (append_json_text(damaged, text)) ++read;
    ASSERT_LT(text.size(), 100 * whole.size());
  }
  EXPECT_GT(read, 0U);
}

}  // namespace
}  // namespace pikachu::binlog
