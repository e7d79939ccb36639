#include "mysql/column_type.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::mysql {
namespace {

using Labels = std::vector<std::string>;

TEST(ParseLabels, UndoublesQuotesAndKeepsTheRest) {
  EXPECT_EQ(parse_labels("enum('a','it''s','','x,y',')','(''')", true),
            (Labels{"a", "it's", "", "x,y", ")", "('"}));
  EXPECT_EQ(parse_labels("set('r','w')", true), (Labels{"r", "w"}));
}

TEST(ParseLabels, ReadsEscapesOnlyWhereTheServerWritesThem) {
  EXPECT_EQ(parse_labels("enum('a\\\\b\\n\\r')", true), Labels{"a\\b\n\r"});
  EXPECT_EQ(parse_labels("enum('a\\0')", true), Labels{std::string("a\0", 2)});
  EXPECT_EQ(parse_labels("enum('a\\n')", false), Labels{"a\\n"});
}

TEST(ParseLabels, OtherTypesHaveNone) {
  EXPECT_TRUE(parse_labels("varchar(10)", true).empty());
  EXPECT_TRUE(parse_labels("", true).empty());
}

TEST(ParseLabels, ATypeThatIsCutOffHasNone) {
  const std::string whole = "enum('a','it''s','b\\\\')";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    EXPECT_TRUE(parse_labels(whole.substr(0, size), true).empty());
  }
  EXPECT_EQ(parse_labels(whole, true).size(), 3U);
}

TEST(IsUnsignedType, SeesUnsignedAndZerofillOfNumbers) {
  EXPECT_TRUE(is_unsigned_type("int(10) unsigned"));
  EXPECT_TRUE(is_unsigned_type("bigint unsigned"));
  EXPECT_TRUE(is_unsigned_type("int(5) unsigned zerofill"));
  EXPECT_FALSE(is_unsigned_type("int(11)"));
  EXPECT_FALSE(is_unsigned_type("enum('is unsigned')"));
  EXPECT_FALSE(is_unsigned_type("set('a zerofill')"));
}

TEST(JsonCheckedColumn, IsThatOfTheClauseThatTheJsonTypeMakes) {
  EXPECT_EQ(json_checked_column("json_valid(`j`)"), "j");
  EXPECT_EQ(json_checked_column("json_valid(`a``b`)"), "a`b");
  EXPECT_EQ(json_checked_column("json_valid(`j`) or `j` = ''"), std::nullopt);
  EXPECT_EQ(json_checked_column("json_valid(`j`) or json_valid(`k`)"), std::nullopt);
  EXPECT_EQ(json_checked_column("json_valid(``)"), "");
  EXPECT_EQ(json_checked_column("json_valid(`)"), std::nullopt);
  EXPECT_EQ(json_checked_column(""), std::nullopt);
}

}  // namespace
}  // namespace pikachu::mysql
