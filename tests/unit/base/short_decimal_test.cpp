#include "base/short_decimal.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace pikachu::base {
namespace {

constexpr unsigned kPlacesMax = 7;

std::string short_text(double number) {
  const auto decimal = short_decimal(number, kPlacesMax);
  if (!decimal) return "none";
  std::array<char, kShortDecimalRoom> text{};
  return {text.data(), put_short_decimal(*decimal, text.data())};
}

/// The shortest text without an exponent, by the standard library.
std::string shortest(double number) {
  std::array<char, 400> text{};
  return {
      text.data(),
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed).ptr};
}

TEST(ShortDecimal, IsTheShortestText) {
  EXPECT_EQ(short_text(0), "0");
  EXPECT_EQ(short_text(7), "7");
  EXPECT_EQ(short_text(485.15), "485.15");
  EXPECT_EQ(short_text(0.05), "0.05");
  EXPECT_EQ(short_text(0.3), "0.3");
  EXPECT_EQ(short_text(1234567.875), "1234567.875");
  EXPECT_EQ(short_text(0.0000001), "0.0000001");
}

TEST(ShortDecimal, IsNothingForNumbersOfManyDigits) {
  EXPECT_EQ(short_text(0.1 + 0.2), "none");
  EXPECT_EQ(short_text(1.0 / 3), "none");
  EXPECT_EQ(short_text(1e15), "none");
  EXPECT_EQ(short_text(1e-8), "none");
  EXPECT_EQ(short_text(std::numeric_limits<double>::max()), "none");
  EXPECT_EQ(short_text(std::numeric_limits<double>::infinity()), "none");
  EXPECT_EQ(short_text(std::numeric_limits<double>::quiet_NaN()), "none");
}

TEST(ShortDecimal, AgreesWithTheStandardLibrary) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  int found = 0;
  for (int i = 0; i < 300'000; ++i) {
    // Decimals of all lengths, their neighbours, and any double at all.
    double number = static_cast<double>(random() >> (random() % 64)) /
                    std::pow(10.0, static_cast<double>(random() % 10));
    if (i % 3 == 1) number = std::nextafter(number, 0);
    if (i % 3 == 2) number = std::abs(std::bit_cast<double>(random()));
    const std::string text = short_text(number);
    if (text == "none") continue;
    ++found;
    ASSERT_EQ(text, shortest(number));
  }
  EXPECT_GT(found, 10'000);
}

}  // namespace
}  // namespace pikachu::base
