#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "route/task.h"

namespace pikachu::route {
namespace {

bool matches(std::string_view pattern, std::string_view database, std::string_view table,
             std::string_view default_database = "test_db") {
  const auto parsed = TablePattern::parse(pattern, default_database);
  EXPECT_TRUE(parsed) << pattern << ": " << (parsed ? "" : parsed.error().message);
  return parsed && parsed->matches(database, table);
}

std::string refusal(std::string_view pattern, std::string_view default_database = "test_db") {
  const auto parsed = TablePattern::parse(pattern, default_database);
  if (parsed) return "taken";
  EXPECT_EQ(parsed.error().code, base::ErrorCode::kInvalid);
  return parsed.error().message;
}

TEST(TablePattern, NameMatchesTheWholeNameInTheDefaultDatabase) {
  EXPECT_TRUE(matches("users", "test_db", "users"));
  EXPECT_FALSE(matches("users", "test_db", "users2"));
  EXPECT_FALSE(matches("users", "test_db", "myusers"));
  EXPECT_FALSE(matches("users", "test_db", "Users"));
  EXPECT_FALSE(matches("users", "other", "users"));
}

TEST(TablePattern, NeverMatchesADatabaseWhoseNameOnlyEndsLikeIt) {
  EXPECT_FALSE(matches("users", "mytest_db", "users"));
  EXPECT_FALSE(matches("test_db.users", "mytest_db", "users"));
  EXPECT_FALSE(matches("test_db.users", "test_db2", "users"));
  EXPECT_FALSE(matches("test_db.users", "testxdb", "users"));
}

TEST(TablePattern, NamesThatRegularExpressionsOrSqlWouldMindAreNames) {
  for (const std::string_view name : {"order", "my-table", "2024", "a+b", "a[1]", "(x)", "a|b",
                                      "a b", "a$", "^a", "a\\b", "\xC3\xA9t\xC3\xA9", "a\"b"}) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(matches(name, "test_db", name));
    EXPECT_FALSE(matches(name, "test_db", std::string(name) + "x"));
  }
}

TEST(TablePattern, StarStandsForAnyRunAndQuestionMarkForOneCharacter) {
  EXPECT_TRUE(matches("orders_*", "test_db", "orders_2024"));
  EXPECT_TRUE(matches("orders_*", "test_db", "orders_"));
  EXPECT_FALSE(matches("orders_*", "test_db", "orders"));
  EXPECT_TRUE(matches("*_a*b", "test_db", "x_a_a1b"));
  EXPECT_FALSE(matches("*_a*b", "test_db", "x_a_a1bc"));
  EXPECT_TRUE(matches("t?", "test_db", "t1"));
  EXPECT_TRUE(matches("t?", "test_db", "t\xC3\xA9"));
  EXPECT_FALSE(matches("t?", "test_db", "t"));
  EXPECT_FALSE(matches("t?", "test_db", "t12"));
  EXPECT_TRUE(matches("shop.*", "shop", "anything"));
  EXPECT_FALSE(matches("shop.*", "shop2", "anything"));
  EXPECT_TRUE(matches("shop_*.t*", "shop_eu", "t1"));
  EXPECT_TRUE(matches("*.*", "a", "b"));
}

TEST(TablePattern, StarAsDefaultDatabaseIsEveryDatabase) {
  EXPECT_TRUE(matches("users", "any", "users", "*"));
  EXPECT_FALSE(matches("users", "any", "users2", "*"));
}

TEST(TablePattern, QuotedNamesAreTakenLiterally) {
  EXPECT_TRUE(matches("`my.db`.`odd*name`", "my.db", "odd*name"));
  EXPECT_FALSE(matches("`my.db`.`odd*name`", "my.db", "oddxname"));
  EXPECT_TRUE(matches("`a``b`", "test_db", "a`b"));
  EXPECT_TRUE(matches("shop.`t?`", "shop", "t?"));
  EXPECT_FALSE(matches("shop.`t?`", "shop", "t1"));
  EXPECT_TRUE(matches("`x`.*", "x", "y"));
  EXPECT_FALSE(matches("users", "*", "users"));
}

TEST(TablePattern, DefaultDatabaseIsTakenLiterally) {
  EXPECT_TRUE(matches("users", "a?c", "users", "a?c"));
  EXPECT_FALSE(matches("users", "abc", "users", "a?c"));
}

TEST(TablePattern, SaysWhatIsWrong) {
  EXPECT_EQ(refusal(""),
            "table pattern \"\" has an empty name; write table, database.table or database.*");
  EXPECT_NE(refusal("a.b.c").find("more than one dot"), std::string::npos);
  EXPECT_NE(refusal("shop.").find("empty name"), std::string::npos);
  EXPECT_NE(refusal(".users").find("empty name"), std::string::npos);
  EXPECT_NE(refusal("``").find("empty name"), std::string::npos);
  EXPECT_NE(refusal("`users").find("does not close it"), std::string::npos);
  EXPECT_NE(refusal("`users``").find("does not close it"), std::string::npos);
  EXPECT_NE(refusal("`users`x").find("only a dot may follow"), std::string::npos);
  EXPECT_NE(refusal("us`ers").find("backquote inside a name"), std::string::npos);
  EXPECT_NE(refusal("users ").find("blank at the edge"), std::string::npos);
  EXPECT_NE(refusal("us\ners").find("control character"), std::string::npos);
  EXPECT_NE(refusal(std::string(65, 'a')).find("65 characters; servers allow 64"),
            std::string::npos);
  EXPECT_EQ(refusal(std::string(64, 'a')), "taken");
  EXPECT_NE(refusal("users", "").find("names no database"), std::string::npos);
  EXPECT_EQ(refusal("shop.users", ""), "taken");
}

bool slow_glob(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') {
    for (std::size_t i = 0; i <= name.size(); ++i) {
      if (slow_glob(pattern.substr(1), name.substr(i))) return true;
    }
    return false;
  }
  return !name.empty() && (pattern.front() == '?' || pattern.front() == name.front()) &&
         slow_glob(pattern.substr(1), name.substr(1));
}

TEST(TablePattern, AgreesWithARecursiveMatcher) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  const auto draw = [&random](std::string_view letters, std::size_t size) {
    std::string text;
    while (text.size() < size) text += letters[random() % letters.size()];
    return text;
  };

  for (int round = 0; round < 50'000; ++round) {
    const std::string pattern = draw("ab*?", 1 + random() % 8);
    const std::string name = draw("ab", 1 + random() % 10);
    ASSERT_EQ(matches(pattern, "test_db", name), slow_glob(pattern, name))
        << pattern << " and " << name;
  }
}

TEST(TablePattern, TakesNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "a*";

  EXPECT_FALSE(matches(pattern + "b", "test_db", std::string(64, 'a')));
}

}  // namespace
}  // namespace pikachu::route
