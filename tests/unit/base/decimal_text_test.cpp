#include "base/decimal_text.h"

#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace pikachu::base {
namespace {

std::string unsigned_text(std::uint64_t number) {
  std::array<char, kIntegerRoom> text{};
  return {text.data(), put_unsigned(number, text.data())};
}

std::string signed_text(std::int64_t number) {
  std::array<char, kIntegerRoom + 1> text{};
  return {text.data(), put_signed(number, text.data())};
}

TEST(DecimalText, AllNumbersOfUpToSixDigits) {
  for (std::uint64_t number = 0; number < 1'000'000; ++number) {
    ASSERT_EQ(unsigned_text(number), std::to_string(number));
  }
}

TEST(DecimalText, NumbersAroundEachPowerOfTen) {
  std::uint64_t power = 1;
  for (int digits = 1; digits <= 20; ++digits, power *= 10) {
    for (const std::uint64_t number : {power - 1, power, power + 1}) {
      EXPECT_EQ(unsigned_text(number), std::to_string(number));
    }
  }
}

TEST(DecimalText, RandomNumbersOfEverySize) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t number = random() >> (random() % 64);
    ASSERT_EQ(unsigned_text(number), std::to_string(number));
    const auto negative = static_cast<std::int64_t>(~number);
    ASSERT_EQ(signed_text(negative), std::to_string(negative));
  }
}

TEST(DecimalText, TheExtremes) {
  EXPECT_EQ(unsigned_text(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(signed_text(std::numeric_limits<std::int64_t>::max()), "9223372036854775807");
  EXPECT_EQ(signed_text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST(DecimalText, DigitsKeepTheirZerosInFront) {
  std::array<char, 8> text{};
  for (std::size_t digits = 1; digits <= 8; ++digits) {
    EXPECT_EQ(std::string(text.data(), put_digits(7, digits, text.data())),
              std::string(digits - 1, '0') + "7");
  }
}

TEST(DecimalText, PairsAreTwoDigits) {
  std::array<char, 2> text{};
  EXPECT_EQ(std::string(text.data(), put_pair(0, text.data())), "00");
  EXPECT_EQ(std::string(text.data(), put_pair(99, text.data())), "99");
}

}  // namespace
}  // namespace pikachu::base
