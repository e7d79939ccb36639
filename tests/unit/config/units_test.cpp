#include "config/units.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "config/report.h"

namespace pikachu::config {
namespace {

TEST(Duration, IsReadWithItsUnits) {
  const std::vector<std::pair<std::string_view, std::int64_t>> cases = {
      {"0", 0},          {"0s", 0},           {"500ms", 500},       {"30s", 30'000},
      {"1m30s", 90'000}, {"1.5h", 5'400'000}, {"72h", 259'200'000}, {"7d", 604'800'000},
      {"1500us", 1},     {"2500µs", 2},       {"999999ns", 0},      {"2m", 120'000}};
  for (const auto& [text, expected] : cases) {
    SCOPED_TRACE(text);
    const auto duration = parse_duration(text);
    ASSERT_TRUE(duration);
    EXPECT_EQ(*duration, expected);
  }
}

TEST(Duration, ThatIsNoneIsRefused) {
  for (const std::string_view text : {"", "5", "1.5", "s", "5 s", "5S", "5s ", "-5s", "+5s",
                                      "1..5s", "1e3s", "5s3", "inf", "99999999999999999999d"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(parse_duration(text));
  }
}

TEST(Size, IsReadWithItsUnit) {
  const std::vector<std::pair<std::string_view, std::int64_t>> cases = {
      {"0", 0},
      {"1B", 1},
      {"64KiB", 65'536},
      {"64MiB", 67'108'864},
      {"2 GiB", 2'147'483'648},
      {"1.5KB", 1'500},
      {"1TB", 1'000'000'000'000},
      {"1MB", 1'000'000},
      {"1GB", 1'000'000'000},
      {"1TiB", 1'099'511'627'776}};
  for (const auto& [text, expected] : cases) {
    SCOPED_TRACE(text);
    const auto size = parse_size(text);
    ASSERT_TRUE(size);
    EXPECT_EQ(*size, expected);
  }
}

TEST(Size, ThatIsNoneIsRefused) {
  for (const std::string_view text :
       {"", "64", "MiB", "64M", "64mib", "-1B", "1MiB2B", "1MiB ", "99999999999TiB"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(parse_size(text));
  }
}

TEST(Integer, IsDecimalAndNothingElse) {
  EXPECT_EQ(*parse_integer("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(*parse_integer("007"), 7);
  for (const std::string_view text :
       {"", " 1", "1 ", "+1", "0x10", "1e3", "1.0", "1_000", "9223372036854775808"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(parse_integer(text));
  }
}

TEST(Units, AreShownAsTheyAreWritten) {
  EXPECT_EQ(show_duration(0), "0");
  EXPECT_EQ(show_duration(1'500), "1500ms");
  EXPECT_EQ(show_duration(90'000), "90s");
  EXPECT_EQ(show_duration(600'000), "10m");
  EXPECT_EQ(show_duration(86'400'000), "24h");
  EXPECT_EQ(show_size(1), "1B");
  EXPECT_EQ(show_size(65'536), "64KiB");
  EXPECT_EQ(show_size(std::int64_t{64} << 30), "64GiB");
}

TEST(InQuotes, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(in_quotes("a\nb"), "\"a?b\"");
  EXPECT_EQ(in_quotes(std::string(60, 'x')), '"' + std::string(60, 'x') + '"');
  EXPECT_EQ(in_quotes(std::string(61, 'x')), '"' + std::string(60, 'x') + "…\"");
  EXPECT_EQ(in_quotes(std::string(59, 'x') + "\xC3\xA9"), '"' + std::string(59, 'x') + "…\"");
  EXPECT_EQ(in_quotes(std::string(58, 'x') + "\xC3\xA9y"),
            '"' + std::string(58, 'x') + "\xC3\xA9…\"");
}

}  // namespace
}  // namespace pikachu::config
