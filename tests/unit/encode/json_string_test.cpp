#include <array>
#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "encode/body.h"

namespace pikachu::encode {
namespace {

// NOLINTNEXTLINE(misc-unused-using-decls): clang-tidy 14 does not see that literals use it.
using std::string_literals::operator""s;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string json(std::string_view text) {
  std::string out;
  append_string(text, out);
  return out;
}

TEST(JsonString, EscapesOnlyWhatJsonDemands) {
  EXPECT_EQ(json(""), "\"\"");
  EXPECT_EQ(json("a/b'c\x7F"), "\"a/b'c\x7F\"");
  EXPECT_EQ(json("\"\\"), R"("\"\\")");
  EXPECT_EQ(json("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(json("\0\x01\x1f"s), R"("\u0000\u0001\u001f")");
}

TEST(JsonString, KeepsWellFormedUtf8) {
  for (const std::string_view text :
       {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "Pikach\xC3\xBA \xE7\x9A\xAE\xF0\x9F\x98\x80."}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(json(text), '"' + std::string(text) + '"');
  }
}

TEST(JsonString, ReplacesEachByteThatIsNotUtf8) {
  struct Case {
    std::string_view text;
    int replaced;
    std::string_view rest;
  };
  const std::vector<Case> cases = {
      {"\x80", 1, ""},
      {"\xFFz", 1, "z"},
      {"\xC0\xAF", 2, ""},  // overlong
      {"\xC3", 1, ""},      // cut short
      {"\xC3z", 1, "z"},
      {"\xE0\x80\x80", 3, ""},  // overlong
      {"\xE7\x9A", 2, ""},
      {"\xED\xA0\x80", 3, ""},      // surrogate
      {"\xF0\x80\x80\x80", 4, ""},  // overlong
      {"\xF0\x9F\x98z", 3, "z"},
      {"\xF4\x90\x80\x80", 4, ""},  // above U+10FFFF
      {"\xF5\x80\x80\x80z", 4, "z"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(testing::PrintToString(c.text));
    std::string expected = "\"";
    for (int i = 0; i < c.replaced; ++i) expected += kReplacement;
    EXPECT_EQ(json(c.text), expected.append(c.rest).append("\""));
  }
}

// The same rules, byte by byte.
std::string slow_json(std::string_view text) {
  std::string out = "\"";
  const auto continues = [&text](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && static_cast<unsigned char>(text[i]) >= low &&
           static_cast<unsigned char>(text[i]) <= high;
  };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned byte = static_cast<unsigned char>(text[i]);
    std::size_t size = 0;
    if (byte < 0x80) {
      size = 1;
    } else if (byte >= 0xC2 && byte <= 0xDF && continues(i + 1, 0x80, 0xBF)) {
      size = 2;
    } else if (byte >= 0xE0 && byte <= 0xEF &&
               continues(i + 1, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF) &&
               continues(i + 2, 0x80, 0xBF)) {
      size = 3;
    } else if (byte >= 0xF0 && byte <= 0xF4 &&
               continues(i + 1, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF) &&
               continues(i + 2, 0x80, 0xBF) && continues(i + 3, 0x80, 0xBF)) {
      size = 4;
    }
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[i];
    } else if (byte < 0x20) {
      const std::string_view shorts = "\b\f\n\r\t";
      const std::size_t at = shorts.find(text[i]);
      constexpr std::string_view kHex = "0123456789abcdef";
      if (at != std::string_view::npos) {
        out.append("\\").append(1, "bfnrt"[at]);
      } else {
        out.append("\\u00").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
      }
    } else if (size == 0) {
      out += kReplacement;
    } else {
      out.append(text.substr(i, size));
    }
    i += size == 0 ? 1 : size;
  }
  return out + '"';
}

TEST(JsonString, AgreesWithAByteByByteWriter) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  const std::vector<std::string_view> pieces = {"a",
                                                "0123456789abcdef",
                                                "\"",
                                                "\\",
                                                "\n",
                                                "\x01",
                                                "\xC3\xA9",
                                                "\xE7\x9A\xAE",
                                                "\xF0\x9F\x98\x80",
                                                "\x80",
                                                "\xE7",
                                                "\xED\xA0\x80",
                                                "\xED\x9F\xBF",
                                                "\xE0\x80\x80",
                                                "\xE0\xA0\x80",
                                                "\xF0\x80\x80\x80",
                                                "\xF0\x90\x80\x80",
                                                "\xF0\x9F",
                                                "\xF1\x80\x80\x80",
                                                "\xF4\x8F\xBF\xBF",
                                                "\xF4\x90\x80\x80",
                                                "\xC0\x80",
                                                "\xC2",
                                                " ",
                                                "/",
                                                "\x7F",
                                                "abc"};

  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const std::size_t count = random() % (round % 100 == 0 ? 3'000 : 12);
    for (std::size_t i = 0; i < count; ++i) {
      // Mostly plain runs of any length, so that every word boundary is met.
      if (random() % 2 == 0) {
        text.append(random() % 40, 'x');
      } else {
        text += pieces[random() % pieces.size()];
      }
    }
    ASSERT_EQ(json(text), slow_json(text));
  }
}

// The two bytes stand on both sides of a block's end, in a text that is worked on block by block.
TEST(JsonString, JudgesEveryPairOfBytes) {
  constexpr std::array<std::string_view, 5> kRests = {"", "\x80", "\xBF", "\x80\x80",
                                                      "\xBF\xBF\xBF"};
  for (unsigned first = 0x80; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      for (const std::string_view rest : kRests) {
        std::string text = "\xC3\xA9" + std::string(13, 'x');
        text += {static_cast<char>(first), static_cast<char>(second)};
        text.append(rest).append("and more than a block of others");
        ASSERT_EQ(json(text), slow_json(text)) << first << ' ' << second << ' ' << rest.size();
      }
    }
  }
}

// Where the last block of a text overlaps the one before it.
TEST(JsonString, JudgesTheEndOfATextOfAnySize) {
  for (const std::string_view end : {"\xC3\xA9", "\xC3", "\xE7\x9A\xAE", "\xE7\x9A",
                                     "\xF0\x9F\x98\x80", "\xF0\x9F\x98", "\xA9", "\n", "\"", "."}) {
    for (std::size_t size = 0; size <= 70; ++size) {
      std::string text;
      while (text.size() < size) text += "\xC3\xA9";
      text += end;
      ASSERT_EQ(json(text), slow_json(text)) << size;
      ASSERT_EQ(json(text + "z"), slow_json(text + "z")) << size;
    }
  }
}

TEST(JsonString, TakesEveryByteAtEveryPlace) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (std::size_t size = 1; size <= 40; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(byte);
        ASSERT_EQ(json(text), slow_json(text)) << byte << " at " << at << " of " << size;
      }
    }
  }
}

}  // namespace
}  // namespace pikachu::encode
