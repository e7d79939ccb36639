#include "binlog/decimal.h"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::binlog {
namespace {

std::string text_of(const std::vector<std::uint8_t>& stored, std::size_t precision,
                    std::size_t scale) {
  std::array<char, kDecimalTextMax> text{};
  const auto length = format_decimal(stored, precision, scale, text.data());
  return length ? std::string(text.data(), *length) : "impossible";
}

TEST(Decimal, SizeCountsGroupsOfNineDigitsAndWhatIsLeftOver) {
  struct Case {
    std::size_t precision, scale, size;
  };
  for (const Case& c : {Case{1, 0, 1}, Case{1, 1, 1}, Case{9, 0, 4}, Case{10, 2, 5}, Case{10, 0, 5},
                        Case{18, 9, 8}, Case{14, 4, 7}, Case{65, 30, 30}, Case{65, 0, 29},
                        Case{30, 30, 14}, Case{38, 38, 17}, Case{66, 30, 30}}) {
    SCOPED_TRACE(std::to_string(c.precision) + "," + std::to_string(c.scale));
    EXPECT_EQ(decimal_size(c.precision, c.scale), c.size);
  }
}

TEST(Decimal, SizeRefusesTypesThatNoServerHas) {
  EXPECT_EQ(decimal_size(0, 0), std::nullopt);
  EXPECT_EQ(decimal_size(82, 0), std::nullopt);
  EXPECT_EQ(decimal_size(5, 6), std::nullopt);
  EXPECT_EQ(decimal_size(60, 39), std::nullopt);
}

// Hand-assembled from the format's description.
TEST(Decimal, TextHasAllDigitsOfTheScaleAndNoLeadingZeros) {
  struct Case {
    std::vector<std::uint8_t> stored;
    std::size_t precision, scale;
    std::string text;
  };
  const std::vector<Case> cases{
      {{0x80, 0x00, 0x00, 0x00, 0x00}, 10, 2, "0.00"},
      {{0x80, 0x00, 0x00, 0x01, 0x05}, 10, 2, "1.05"},
      {{0x7f, 0xff, 0xff, 0xfe, 0xfa}, 10, 2, "-1.05"},
      {{0x7f, 0xff, 0xff, 0xff, 0xfe}, 10, 2, "-0.01"},
      {{0x85, 0xf5, 0xe0, 0xff, 0x63}, 10, 2, "99999999.99"},
      {{0x81}, 1, 0, "1"},
      {{0x7e}, 1, 0, "-1"},
      {{0x85}, 1, 1, "0.5"},
      {{0x81, 0x00, 0x00, 0x00, 0x00}, 10, 0, "1000000000"},
      {{0x80, 0x00, 0x00, 0x00, 0x07}, 10, 0, "7"},
      {{0x80, 0x00, 0x00, 0x2a, 0x00, 0x00, 0x00, 0x07}, 18, 9, "42.000000007"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    ASSERT_EQ(decimal_size(c.precision, c.scale), c.stored.size());
    EXPECT_EQ(text_of(c.stored, c.precision, c.scale), c.text);
  }
}

TEST(Decimal, GroupAboveItsDigitsIsImpossible) {
  EXPECT_EQ(text_of({0x8a}, 1, 0), "impossible");
  EXPECT_EQ(text_of({0x80, 0x00, 0x00, 0x00, 0x64}, 10, 2), "impossible");
  EXPECT_EQ(text_of({0xbb, 0x9a, 0xca, 0x00}, 9, 0), "impossible");
}

}  // namespace
}  // namespace pikachu::binlog
