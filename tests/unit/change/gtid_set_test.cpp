#include "change/gtid_set.h"

#include <cstdint>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::change {
namespace {

constexpr std::string_view kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
constexpr std::string_view kOther = "4e11fa47-71ca-11e1-9e33-c80aa9429562";

std::string with_uuid(std::string_view rest) {
  return std::string(kUuid) + std::string(rest);
}

std::string normalized(Flavor flavor, std::string_view text) {
  const auto set = GtidSet::parse(flavor, text);
  return set ? set->to_string() : "error: " + set.error().message;
}

TEST(GtidSet, MysqlTextIsSortedAndMerged) {
  struct Case {
    std::string text;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {"", ""},
      {" \n ", ""},
      {with_uuid(":1"), with_uuid(":1")},
      {with_uuid(":1-1"), with_uuid(":1")},
      {with_uuid(":7:1-5"), with_uuid(":1-5:7")},
      {with_uuid(":1-5:6"), with_uuid(":1-6")},
      {with_uuid(":1-5:3-9"), with_uuid(":1-9")},
      {with_uuid(":1-3:7-9:2-8"), with_uuid(":1-9")},
      {with_uuid(":1-2,\n ") + with_uuid(":4"), with_uuid(":1-2:4")},
      {with_uuid(" : 1 - 5 : 7 "), with_uuid(":1-5:7")},
      {",," + with_uuid(":1") + ",", with_uuid(":1")},
      {"3E11FA47-71CA-11E1-9E33-C80AA9429562:1", with_uuid(":1")},
      {with_uuid(":Tag_1:1-3"), with_uuid(":tag_1:1-3")},
      {with_uuid(":1-5:tag:1-3:5:b:2"),
       with_uuid(":1-5,") + with_uuid(":b:2,") + with_uuid(":tag:1-3:5")},
      {std::string(kOther) + ":2," + with_uuid(":1"),
       with_uuid(":1,") + std::string(kOther) + ":2"},
      {with_uuid(":9223372036854775806"), with_uuid(":9223372036854775806")},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(normalized(Flavor::kMysql, c.text), c.expected);
  }
}

TEST(GtidSet, MysqlTextThatIsNoGtidIsRefusedByName) {
  const std::vector<std::string> cases = {
      "x",
      "0-1-42",
      std::string(kUuid),
      with_uuid(":"),
      with_uuid(":0"),
      with_uuid(":-5"),
      with_uuid(":1-"),
      with_uuid(":5-3"),
      with_uuid(":1-2-3"),
      with_uuid(":1x"),
      with_uuid(":tag"),
      with_uuid(":tag:1:"),
      with_uuid(":9223372036854775807"),
      with_uuid(":99999999999999999999"),
      with_uuid(":a234567890123456789012345678901234:1"),
      "3e11fa47-71ca-11e1-9e33-c80aa942956:1",
      "3e11fa47x71ca-11e1-9e33-c80aa9429562:1",
      "ge11fa47-71ca-11e1-9e33-c80aa9429562:1",
  };
  for (const std::string& text : cases) {
    SCOPED_TRACE(text);
    const auto set = GtidSet::parse(Flavor::kMysql, with_uuid(":1,") + text);
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code, base::ErrorCode::kInvalid);
    EXPECT_NE(set.error().message.find("is not a GTID"), std::string::npos);
  }
}

TEST(GtidSet, EveryTruncationOfAGtidIsTakenOrRefusedButNeverGuessed) {
  const std::string whole = with_uuid(":12:tag:3-4");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const std::string text = whole.substr(0, size);
    SCOPED_TRACE(text);
    const auto set = GtidSet::parse(Flavor::kMysql, text);
    const bool complete =
        size == kUuid.size() + 2 || size == kUuid.size() + 3 || size == kUuid.size() + 9;
    EXPECT_EQ(set.has_value(), complete);
  }
}

TEST(GtidSet, MariadbTextIsOneGtidADomain) {
  EXPECT_EQ(normalized(Flavor::kMariadb, ""), "");
  EXPECT_EQ(normalized(Flavor::kMariadb, "7-2-9, 0-1-42"), "0-1-42,7-2-9");
  EXPECT_EQ(normalized(Flavor::kMariadb, "4294967295-4294967295-18446744073709551615"),
            "4294967295-4294967295-18446744073709551615");
  for (const char* text : {"0", "0-1", "0-1-", "-1-2", "0-1-2-3", "a-1-2", "4294967296-1-1",
                           "0-4294967296-1", "0-1-18446744073709551616", "0-1-2,0-3-4", "0--1-2"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(GtidSet::parse(Flavor::kMariadb, text));
  }
}

TEST(GtidSet, MariadbDomainTakesTheLastGtidAlsoWhenItsSequenceIsLower) {
  GtidSet set(Flavor::kMariadb);
  ASSERT_TRUE(set.add("0-1-42"));
  ASSERT_TRUE(set.add("7-1-1"));
  ASSERT_TRUE(set.add("0-2-40"));

  EXPECT_EQ(set.to_string(), "0-2-40,7-1-1");
}

TEST(GtidSet, MariadbContainsWhatIsNotAhead) {
  const auto set = *GtidSet::parse(Flavor::kMariadb, "0-1-42,7-2-9");
  const auto contains = [&set](const char* text) {
    return set.contains(*GtidSet::parse(Flavor::kMariadb, text));
  };

  EXPECT_TRUE(contains(""));
  EXPECT_TRUE(contains("0-9-42"));
  EXPECT_TRUE(contains("0-1-41,7-2-9"));
  EXPECT_FALSE(contains("0-1-43"));
  EXPECT_FALSE(contains("1-1-1"));
}

TEST(GtidSet, SetsOfTheOtherFlavorAreNotContained) {
  const auto mysql = *GtidSet::parse(Flavor::kMysql, with_uuid(":1-5"));
  const auto mariadb = *GtidSet::parse(Flavor::kMariadb, "0-1-1");

  EXPECT_FALSE(mysql.contains(mariadb));
  EXPECT_FALSE(mariadb.contains(mysql));
}

TEST(GtidSet, AddTakesOneTransactionAndNothingElse) {
  GtidSet set;
  ASSERT_TRUE(set.add(with_uuid(":2")));
  ASSERT_TRUE(set.add(with_uuid(":1")));
  ASSERT_TRUE(set.add(with_uuid(":TAG:7")));
  const GtidSet before = set;

  for (const std::string& text :
       {with_uuid(":3-4"), with_uuid(":0"), with_uuid(":a:b:1"), with_uuid("::1"), with_uuid(""),
        with_uuid("x:1"), std::string("0-1-2"), std::string()}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(set.add(text));
  }

  EXPECT_EQ(set, before);
  EXPECT_EQ(set.to_string(), with_uuid(":1-2,") + with_uuid(":tag:7"));
}

TEST(GtidSet, EmptyIntervalChangesNothing) {
  GtidSet set;
  set.add_interval({std::string(kUuid), ""}, {5, 5});

  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.to_string(), "");
}

// The model: every transaction by itself.
using Model = std::map<GtidSet::Source, std::set<std::uint64_t>>;

bool model_contains(const Model& whole, const Model& part) {
  for (const auto& [source, numbers] : part) {
    const auto have = whole.find(source);
    for (const std::uint64_t number : numbers) {
      if (have == whole.end() || !have->second.contains(number)) return false;
    }
  }
  return true;
}

GtidSet from_model(const Model& model) {
  GtidSet set;
  for (const auto& [source, numbers] : model) {
    for (const std::uint64_t number : numbers) set.add_interval(source, {number, number + 1});
  }
  return set;
}

TEST(GtidSet, AgreesWithASetOfSingleTransactions) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  const std::vector<GtidSet::Source> sources = {
      {std::string(kUuid), ""}, {std::string(kUuid), "tag"}, {std::string(kOther), ""}};

  for (int round = 0; round < 300; ++round) {
    GtidSet set;
    GtidSet earlier;
    Model model;
    Model earlier_model;
    for (int step = 0; step < 30; ++step) {
      if (step == 15) {
        earlier = set;
        earlier_model = model;
      }
      const auto& source = sources[random() % sources.size()];
      const std::uint64_t first = 1 + random() % 60;
      const std::uint64_t last = first + 1 + random() % 6;
      set.add_interval(source, {first, last});
      for (std::uint64_t number = first; number < last; ++number) model[source].insert(number);
      ASSERT_EQ(set, from_model(model));
    }
    ASSERT_TRUE(set.contains(earlier));
    ASSERT_EQ(earlier.contains(set), model_contains(earlier_model, model));
    const auto again = GtidSet::parse(Flavor::kMysql, set.to_string());
    ASSERT_TRUE(again) << again.error().message;
    ASSERT_EQ(*again, set);
    for (const auto& [source, intervals] : set.intervals()) {
      for (std::size_t i = 1; i < intervals.size(); ++i) {
        ASSERT_LT(intervals[i - 1].last, intervals[i].first) << "touching intervals";
      }
    }
  }
}

}  // namespace
}  // namespace pikachu::change
