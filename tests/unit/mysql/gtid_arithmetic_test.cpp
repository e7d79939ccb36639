#include "mysql/gtid_arithmetic.h"

#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace pikachu::mysql {
namespace {

using change::Flavor;
using change::GtidSet;

constexpr const char* kA = "aaaaaaaa-0000-0000-0000-000000000000";
constexpr const char* kB = "bbbbbbbb-0000-0000-0000-000000000000";

GtidSet set_of(const std::string& text) {
  const auto set = GtidSet::parse(Flavor::kMysql, text);
  EXPECT_TRUE(set) << text;
  return set ? *set : GtidSet();
}

std::string left_over(const std::string& set, const std::string& removed) {
  return without(set_of(set), set_of(removed)).to_string();
}

TEST(GtidArithmetic, RemovesIntervalsFromTheMiddleAndTheEnds) {
  const std::string a = kA;

  EXPECT_EQ(left_over(a + ":1-10", a + ":3-4:8"), a + ":1-2:5-7:9-10");
  EXPECT_EQ(left_over(a + ":1-10:20-30", a + ":5-25"), a + ":1-4:26-30");
  EXPECT_EQ(left_over(a + ":5-7", a + ":1-100"), "");
  EXPECT_EQ(left_over(a + ":5-7", a + ":1-4:8-9"), a + ":5-7");
}

TEST(GtidArithmetic, TagsAndSourcesAreApart) {
  const std::string a = kA;
  const std::string b = kB;

  EXPECT_EQ(left_over(a + ":1-5:tag:1-5," + b + ":1", a + ":tag:2-9," + b + ":2"),
            a + ":1-5," + a + ":tag:1," + b + ":1");
  EXPECT_EQ(joined(set_of(a + ":1-5"), set_of(a + ":6:tag:1," + b + ":1")).to_string(),
            a + ":1-6," + a + ":tag:1," + b + ":1");
}

TEST(GtidArithmetic, IsThatOfSetsOfNumbers) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::minstd_rand random(seed);
  for (int round = 0; round < 500; ++round) {
    std::set<std::uint64_t> expected;
    GtidSet left(Flavor::kMysql);
    GtidSet right(Flavor::kMysql);
    std::set<std::uint64_t> removed;
    for (int i = 0; i < 12; ++i) {
      const std::uint64_t first = 1 + random() % 60;
      const std::uint64_t last = first + random() % 6;
      const bool goes_left = i % 2 == 0;
      (goes_left ? left : right).add_interval({kA, ""}, {first, last});
      for (auto n = first; n < last; ++n) (goes_left ? expected : removed).insert(n);
    }
    for (const auto n : removed) expected.erase(n);
    GtidSet wanted(Flavor::kMysql);
    for (const auto n : expected) wanted.add_interval({kA, ""}, {n, n + 1});

    ASSERT_EQ(without(left, right), wanted) << left.to_string() << " - " << right.to_string();
  }
}

TEST(GtidArithmetic, ReadsOwnedGtidsWithTheirThreads) {
  const std::string a = kA;

  EXPECT_EQ(parse_owned_gtids(a + ":5#12:7#13")->to_string(), a + ":5:7");
  EXPECT_EQ(parse_owned_gtids(a + ":5#12,\n" + a + ":tag:7#13")->to_string(),
            a + ":5," + a + ":tag:7");
  EXPECT_TRUE(parse_owned_gtids("")->empty());
  EXPECT_FALSE(parse_owned_gtids("nonsense#1"));
}

}  // namespace
}  // namespace pikachu::mysql
