#include "base/utc_time.h"

#include <gtest/gtest.h>

namespace pikachu::base {
namespace {

std::string utc(std::int64_t us, unsigned digits) {
  std::string out;
  append_utc(std::chrono::microseconds(us), digits, out);
  return out;
}

TEST(UtcTime, EpochIsMidnightOf1970) {
  EXPECT_EQ(utc(0, 0), "1970-01-01T00:00:00Z");
}

TEST(UtcTime, FractionIsCutNotRounded) {
  EXPECT_EQ(utc(1'709'208'000'123'999, 3), "2024-02-29T12:00:00.123Z");
  EXPECT_EQ(utc(1'709'208'000'000'042, 6), "2024-02-29T12:00:00.000042Z");
}

TEST(UtcTime, TimesBeforeTheEpochAreShownAsTheyAre) {
  EXPECT_EQ(utc(-1, 6), "1969-12-31T23:59:59.999999Z");
}

TEST(UtcTime, AppendsBehindWhatIsThere) {
  std::string out = "at ";
  append_utc(std::chrono::microseconds(0), 0, out);
  EXPECT_EQ(out, "at 1970-01-01T00:00:00Z");
}

TEST(UtcTime, ReadsATimeWithItsZone) {
  const auto noon = std::chrono::seconds(1'709'208'000);
  EXPECT_EQ(parse_utc("2024-02-29T12:00:00Z"), noon);
  EXPECT_EQ(parse_utc("2024-02-29 12:00:00.999Z"), noon);
  EXPECT_EQ(parse_utc("2024-02-29T20:00:00+08:00"), noon);
}

TEST(UtcTime, WhatIsNoTimeIsNothing) {
  for (const char* const text : {"", "2024-02-29", "2024-02-29T12:00:00", "2023-02-29T12:00:00Z",
                                 "2024-02-29T24:00:00Z", "2024-02-29T12:00:00.Z"}) {
    EXPECT_EQ(parse_utc(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace pikachu::base
