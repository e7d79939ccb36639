#include "encode/json_grammar.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace pikachu::encode {
namespace {

JsonForm form_of(std::string_view text) {
  const std::string padded = std::string(text) + std::string(kJsonPadding, '\0');
  return json_form(padded.data(), text.size());
}

bool is_json(std::string_view text) {
  return form_of(text).is_json;
}

TEST(JsonGrammar, TakesJson) {
  for (const char* text : {"0",
                           "-0",
                           "12",
                           "-1.5",
                           "12345678",
                           "123456789.1234567",
                           "1e5",
                           "1E+5",
                           "0.25e-07",
                           "true",
                           "false",
                           "null",
                           R"("")",
                           R"("a")",
                           R"("eight by")",
                           R"("more than eight bytes")",
                           R"("\"\\\/\b\f\n\r\t\u00e9")",
                           R"("\ud83d\ude00")",
                           "\"\xc3\xa9\"",
                           "\"\x7f\"",
                           "[]",
                           "{}",
                           "[ ]",
                           "{ }",
                           "[1,2]",
                           "[[],[{}],[[]]]",
                           R"({"a":1,"a":{"b":[1, 2, {"c":null}]},"":""})",
                           " \t\r\n1\n ",
                           "{\n\"a\" : 1 ,\r\n\"b\"\t: [ 1 , 2 ] }"}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(is_json(text));
  }
}

TEST(JsonGrammar, TakesNothingElse) {
  for (const char* text : {"",
                           " ",
                           "-",
                           "+1",
                           "01",
                           "-01",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "1.e5",
                           "0x1",
                           "--1",
                           "1 2",
                           "1,2",
                           "nul",
                           "nulll",
                           "True",
                           "NaN",
                           "Infinity",
                           "-Infinity",
                           "'a'",
                           "a",
                           R"(")",
                           R"("a)",
                           R"("a"b)",
                           R"("\")",
                           R"("\x")",
                           R"("\U0041")",
                           R"("\'")",
                           R"("\u12")",
                           R"("\u12g4")",
                           "\"a\nb\"",
                           "\"\x01\"",
                           "\"eight by\x1f\"",
                           "[",
                           "]",
                           "[1",
                           "[1,",
                           "[,]",
                           "[1,]",
                           "[1,,2]",
                           "[1 2]",
                           "[1]]",
                           "[1}",
                           "{",
                           "}",
                           "{,}",
                           R"({"a"})",
                           R"({"a":})",
                           R"({"a":1,})",
                           R"({"a":1 "b":2})",
                           R"({"a":1]", R"({a:1})",
                           "{1:1}",
                           R"({"a":1}})",
                           R"({"a":1}x)",
                           "\f1",
                           "\xc2\xa0[]",
                           "\xef\xbb\xbf[]"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(is_json(text));
  }
  EXPECT_FALSE(is_json(std::string_view("1\0", 2)));
  EXPECT_FALSE(is_json(std::string_view("\"\0\"", 3)));
}

TEST(JsonGrammar, TellsWhereLinesBreak) {
  EXPECT_FALSE(form_of("{\"a\":\t[1 , 2]}").has_lines);
  for (const char* text : {"\n1", "1\r", "[\n]", "{\r\"a\":1}", "{\"a\"\n:1}", "{\"a\":\n1}",
                           "[1\n,2]", "[1,\n2]", "[1,2\n]", "{\"a\":1,\n\"b\":2}"}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(form_of(text).has_lines);
  }
}

TEST(JsonGrammar, TellsOfEveryByteBeyondAscii) {
  const std::string text =
      R"({"a key of more than sixteen bytes": ["short", "with \n and \" and \\", {"": ""}], "é": 1})";
  const std::string ascii = text.substr(0, text.rfind("\"é")) + R"("e": 1})";
  EXPECT_TRUE(form_of(text).is_json);
  EXPECT_FALSE(form_of(text).is_ascii);
  ASSERT_TRUE(form_of(ascii).is_json);
  EXPECT_TRUE(form_of(ascii).is_ascii);
  int in_strings = 0;
  for (std::size_t i = 0; i < ascii.size(); ++i) {
    SCOPED_TRACE(i);
    std::string other = ascii;
    other[i] = '\x80';
    const JsonForm form = form_of(other);
    if (!form.is_json) continue;
    ++in_strings;
    EXPECT_FALSE(form.is_ascii);
  }
  EXPECT_EQ(in_strings, 54);
}

// What stands in a text's own bytes is not the padding behind it.
TEST(JsonGrammar, TakesNoPartOfAText) {
  EXPECT_FALSE(is_json(std::string_view("1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 21)));
  EXPECT_FALSE(is_json(std::string_view("[1]\0", 4)));
  EXPECT_FALSE(is_json(std::string_view("\"\\\0\"", 4)));
  EXPECT_FALSE(is_json(std::string_view("\"\\u\0\"", 5)));
}

TEST(JsonGrammar, NoBeginningOfAnObjectIsJson) {
  const std::string text = R"({"a": [1.5e3, "\u00e9 and more", {"b": null}], "c": true})";
  for (std::size_t size = 0; size < text.size(); ++size) {
    SCOPED_TRACE(size);
    EXPECT_FALSE(is_json(text.substr(0, size)));
  }
  EXPECT_TRUE(is_json(text));
}

TEST(JsonGrammar, TakesSoManyLevels) {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_TRUE(is_json(nested(512)));
  EXPECT_FALSE(is_json(nested(513)));
  EXPECT_FALSE(is_json(nested(1'000'000)));
}

}  // namespace
}  // namespace pikachu::encode
