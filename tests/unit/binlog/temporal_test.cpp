#include "binlog/temporal.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace pikachu::binlog {
namespace {

using Text = std::array<char, kTemporalTextMax>;

std::string date_text(const DateTime& value) {
  Text text{};
  return {text.data(), format_date(value, text.data())};
}

std::string datetime_text(const DateTime& value, unsigned digits) {
  Text text{};
  return {text.data(), format_datetime(value, digits, text.data())};
}

std::string time_text(const TimeOfDay& value, unsigned digits) {
  Text text{};
  return {text.data(), format_time(value, digits, text.data())};
}

std::string timestamp_text(std::uint32_t seconds, std::uint32_t microseconds, unsigned digits) {
  Text text{};
  return {text.data(), format_timestamp({seconds, microseconds}, digits, text.data())};
}

TEST(Date, KeepsZeroAndImpossibleDays) {
  EXPECT_EQ(date_text(unpack_date(0)), "0000-00-00");
  EXPECT_EQ(date_text(unpack_date((2024U << 9U) | (2U << 5U) | 29U)), "2024-02-29");
  EXPECT_EQ(date_text(unpack_date(2024U << 9U)), "2024-00-00");
  EXPECT_EQ(date_text(unpack_date((2023U << 9U) | (2U << 5U) | 31U)), "2023-02-31");
  EXPECT_EQ(date_text(unpack_date((9999U << 9U) | (12U << 5U) | 31U)), "9999-12-31");
}

TEST(Datetime2, ReadsYearAndMonthAsOneNumber) {
  const std::uint64_t stored = 0x8000000000ULL | (std::uint64_t{2024 * 13 + 2} << 22U) |
                               (29U << 17U) | (12U << 12U) | (34U << 6U) | 56U;
  DateTime value = unpack_datetime2(stored);
  value.microsecond = 789012;

  EXPECT_EQ(datetime_text(value, 0), "2024-02-29 12:34:56");
  EXPECT_EQ(datetime_text(value, 3), "2024-02-29 12:34:56.789");
  EXPECT_EQ(datetime_text(value, 6), "2024-02-29 12:34:56.789012");
  EXPECT_EQ(datetime_text(unpack_datetime2(0x8000000000ULL), 1), "0000-00-00 00:00:00.0");
}

TEST(Fraction, IsScaledByItsStoredDigits) {
  EXPECT_EQ(fraction_to_microseconds(0, 0), 0U);
  EXPECT_EQ(fraction_to_microseconds(90, 1), 900000U);
  EXPECT_EQ(fraction_to_microseconds(12, 2), 120000U);
  EXPECT_EQ(fraction_to_microseconds(1230, 3), 123000U);
  EXPECT_EQ(fraction_to_microseconds(123456, 6), 123456U);
}

TEST(Time2, NegativeTimesBorrowFromTheWholePart) {
  struct Case {
    std::uint64_t stored;
    unsigned digits;
    std::string text;
  };
  const std::array cases{
      Case{0x800000, 0, "00:00:00"},
      Case{0x7fffff, 0, "-00:00:01"},
      Case{0x800000000000, 6, "00:00:00.000000"},
      Case{0x7fffffffffff, 6, "-00:00:00.000001"},
      Case{0x7fffffff, 2, "-00:00:00.01"},
      Case{0x80000000 - 90, 1, "-00:00:00.9"},
      Case{0x800000 + ((838U << 12U) | (59U << 6U) | 59U), 0, "838:59:59"},
      Case{0x800000 - ((838U << 12U) | (59U << 6U) | 59U), 0, "-838:59:59"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(time_text(unpack_time2(c.stored, c.digits), c.digits), c.text);
  }
}

TEST(OldTemporals, AreDecimalNumbers) {
  EXPECT_EQ(datetime_text(unpack_old_datetime(20240229123456ULL), 0), "2024-02-29 12:34:56");
  EXPECT_EQ(datetime_text(unpack_old_datetime(0), 0), "0000-00-00 00:00:00");
  EXPECT_EQ(time_text(unpack_old_time(8385959), 0), "838:59:59");
  EXPECT_EQ(time_text(unpack_old_time(-10203), 0), "-01:02:03");
}

TEST(HiresTemporals, CountUnitsOfTheirLastDigit) {
  const std::uint64_t seconds =
      ((((std::uint64_t{2024} * 13 + 2) * 32 + 29) * 24 + 12) * 60 + 34) * 60 + 56;
  EXPECT_EQ(datetime_text(unpack_hires_datetime(seconds * 1000 + 789, 3), 3),
            "2024-02-29 12:34:56.789");
  const std::uint64_t zero = std::uint64_t{838 * 3600 + 59 * 60 + 59 + 1} * 10;
  EXPECT_EQ(time_text(unpack_hires_time(zero, 1), 1), "00:00:00.0");
  EXPECT_EQ(time_text(unpack_hires_time(zero - 9, 1), 1), "-00:00:00.9");
  const Timestamp timestamp = unpack_hires_timestamp(1, 25, 2);
  EXPECT_EQ(timestamp_text(timestamp.seconds, timestamp.microseconds, 2),
            "1970-01-01T00:00:01.25Z");
}

TEST(Timestamp, IsRfc3339InUtc) {
  EXPECT_EQ(timestamp_text(1, 0, 0), "1970-01-01T00:00:01Z");
  EXPECT_EQ(timestamp_text(951827696, 123456, 6), "2000-02-29T12:34:56.123456Z");
  EXPECT_EQ(timestamp_text(1709164800, 120000, 3), "2024-02-29T00:00:00.120Z");
  EXPECT_EQ(timestamp_text(2147483647, 999999, 6), "2038-01-19T03:14:07.999999Z");
  EXPECT_EQ(timestamp_text(4294967295U, 0, 0), "2106-02-07T06:28:15Z");
}

TEST(Timestamp, ZeroIsNotTheEpoch) {
  EXPECT_EQ(timestamp_text(0, 0, 0), "0000-00-00 00:00:00");
  EXPECT_EQ(timestamp_text(0, 0, 3), "0000-00-00 00:00:00");
}

TEST(JsonTemporals, UnpackTheServersNumber) {
  const std::int64_t datetime =
      (((std::int64_t{2024 * 13 + 2} << 22) | (29 << 17) | (12 << 12) | (34 << 6) | 56) << 24) |
      789012;
  EXPECT_EQ(datetime_text(unpack_json_datetime(datetime), 6), "2024-02-29 12:34:56.789012");
  const std::int64_t time = (std::int64_t{(12 << 12) | (34 << 6) | 56} << 24) | 789012;
  EXPECT_EQ(time_text(unpack_json_time(time), 6), "12:34:56.789012");
  EXPECT_EQ(time_text(unpack_json_time(-time), 6), "-12:34:56.789012");
  EXPECT_EQ(time_text(unpack_json_time(-1), 6), "-00:00:00.000001");
}

// No server stores these; cutting them to their places would show something that is not stored.
TEST(Temporal, FieldWithMoreDigitsThanItsPlaceHasNoText) {
  EXPECT_EQ(date_text(unpack_date(10'000U << 9U)), "");
  EXPECT_EQ(datetime_text({.year = 10'000}, 0), "");
  EXPECT_EQ(datetime_text({.microsecond = 1'000'000}, 6), "");
  EXPECT_EQ(datetime_text(unpack_old_datetime(100'000'101'000'000), 0), "");
  EXPECT_EQ(datetime_text(unpack_old_datetime(~std::uint64_t{0}), 0), "");
  EXPECT_EQ(datetime_text(unpack_hires_datetime(~std::uint64_t{0}, 6), 6), "");
  EXPECT_EQ(time_text({.hour = 1'000}, 0), "");
  EXPECT_EQ(time_text(unpack_time2(0, 0), 0), "");  // -2048:00:00
  EXPECT_EQ(time_text({.microsecond = 1'000'000}, 6), "");
  EXPECT_EQ(timestamp_text(1, 1'000'000, 6), "");
  EXPECT_EQ(timestamp_text(1, fraction_to_microseconds(0xffff, 4), 4), "");
}

}  // namespace
}  // namespace pikachu::binlog
