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

}  // namespace
}  // namespace pikachu::base
