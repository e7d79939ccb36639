#include <gtest/gtest.h>

#include "decode/definition_history.h"

namespace pikachu::decode {
namespace {

TEST(StatementKind, IsTheFirstTwoWordsAndNothingElse) {
  EXPECT_EQ(statement_kind("alter /* x */ table `t` add c int", 0), "ALTER TABLE");
  EXPECT_EQ(statement_kind("BEGIN", 0), "BEGIN");
  EXPECT_EQ(statement_kind("DO 5", 0), "DO");
  EXPECT_EQ(statement_kind("SET @secret = 'x'", 0), "SET");
  EXPECT_EQ(statement_kind("'x'", 0), "");
  EXPECT_EQ(statement_kind("", 0), "");
}

}  // namespace
}  // namespace pikachu::decode
