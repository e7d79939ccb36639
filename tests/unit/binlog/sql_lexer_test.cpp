#include "binlog/sql_lexer.h"

#include <string>

#include <gtest/gtest.h>

namespace pikachu::binlog {
namespace {

std::string tokens(SqlLexer lexer) {
  std::string text;
  for (auto token = lexer.next(); token.kind != SqlLexer::TokenKind::kEnd; token = lexer.next()) {
    text += std::string(token.text) + "|";
  }
  return text;
}

TEST(SqlLexer, ReadsMariadbsCommentsAsCodeOrAsComments) {
  constexpr std::string_view kSql = "a /*M! b */ /*M!100301 c */ /*!50000 d */ /* e */ f";

  EXPECT_EQ(tokens(SqlLexer(kSql, 0)), "a|b|c|d|f|");
  EXPECT_EQ(tokens(SqlLexer(kSql, 0, SqlLexer::MariadbComments::kComment)), "a|d|f|");
}

}  // namespace
}  // namespace pikachu::binlog
