#include "binlog/text_converter.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::binlog {
namespace {

std::string in_utf8(Charset charset, std::string_view text) {
  TextConverter converter;
  ScratchArena arena;
  const auto converted = converter.to_utf8(charset, text, arena);
  return converted ? std::string(*converted) : "not convertible on this system";
}

// The bytes and their meaning as MySQL 9.7.4 converts them.
TEST(TextConverter, ReadsEachSetAsTheServersDo) {
  struct Case {
    Charset charset;
    std::string bytes;
    std::string utf8;
  };
  const std::vector<Case> cases{
      {Charset::kLatin1, "caf\xe9 \x80\x81", "café €\xc2\x81"},
      {Charset::kLatin2, "\xbe", "ž"},
      {Charset::kCp1251, "\xcf\xf0", "Пр"},
      {Charset::kCp866, "\xfc\xfd", "ⁿ²"},
      {Charset::kKoi8u, "\x95", "•"},
      {Charset::kGreek, "\xa1", "ʽ"},
      {Charset::kHebrew, "\xaf", "‾"},
      {Charset::kArmscii8, "\xa2", "§"},
      {Charset::kGeostd8, "\xc0\xfd", "ა№"},
      {Charset::kKeybcs2, "\x80\x91", "Čž"},
      {Charset::kMacroman, "\xc6", "∆"},
      {Charset::kSwe7, "$@^\x7f", "$ÉÜ\uFFFD"},
      {Charset::kTis620, "\xa1", "ก"},
      {Charset::kHp8, "\xb6", "Ñ"},
      {Charset::kSjis, "a\x81\x5f\x81\x60\xb1", "a\\〜ｱ"},
      {Charset::kCp932, "\x81\x5f\x81\x60", "＼～"},
      {Charset::kUjis, "\xa1\xc1\x8f\xa2\xb7\x8f\xb0\xa1", "〜~丂"},
      {Charset::kEucjpms, "\xa1\xc1", "～"},
      {Charset::kBig5, "\xa4\xa4\xa1\x45\xc6\xe7", "中•ゃ"},
      {Charset::kEuckr, "\x81\x41\xb0\xa1", "갂가"},
      {Charset::kGbk, "\xd6\xd0", "中"},
      {Charset::kGb2312, "\xd6\xd0", "中"},
      {Charset::kGb18030, "\xd6\xd0\x84\x31\x82\x36\x94\x39\xfc\x36", "中︐😀"},
      {Charset::kUcs2, std::string("\x00\xe9\x4e\x2d", 4), "é中"},
      {Charset::kUtf16, std::string("\xd8\x3d\xde\x00", 4), "😀"},
      {Charset::kUtf16le, std::string("\x3d\xd8\x00\xde", 4), "😀"},
      {Charset::kUtf32, std::string("\x00\x01\xf6\x00", 4), "😀"},
      {Charset::kUtf8mb4, "😀", "😀"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(traits_of(c.charset).name);
    EXPECT_EQ(in_utf8(c.charset, c.bytes), c.utf8);
  }
}

TEST(TextConverter, WhatMeansNothingBecomesTheReplacementCharacter) {
  EXPECT_EQ(in_utf8(Charset::kAscii,
                    "a\xff"
                    "b"),
            "a\uFFFDb");
  EXPECT_EQ(in_utf8(Charset::kUtf16, std::string("\xdc\x00\x00\x61", 4)), "\uFFFDa");
  EXPECT_EQ(in_utf8(Charset::kUtf32, std::string("\x00\x11\x00\x00\x00\x00\x00\x61", 8)),
            "\uFFFDa");
  EXPECT_EQ(in_utf8(Charset::kGbk, "a\xd6"), "a\uFFFD");
  EXPECT_EQ(in_utf8(Charset::kSjis, "\x81"), "\uFFFD");
  EXPECT_EQ(in_utf8(Charset::kUcs2, "a"), "\uFFFD");
}

// As MySQL 9.7.4 and MariaDB 11.8.6 count characters; they show "?" for each.
TEST(TextConverter, AWholeCodeWithoutMeaningIsOneReplacementCharacter) {
  EXPECT_EQ(in_utf8(Charset::kSjis, "\xfc\x7b="), "\uFFFD=");
  EXPECT_EQ(in_utf8(Charset::kEuckr, "\xc6\x57\xb0\xa1"), "\uFFFD가");
  EXPECT_EQ(in_utf8(Charset::kEuckr, "\xc6="), "\uFFFD=");
  EXPECT_EQ(in_utf8(Charset::kBig5, "\xf9\xfe\xf9\x20"), "\u2593\uFFFD ");
  EXPECT_EQ(in_utf8(Charset::kGb2312, "\xaa\xa1z"), "\uFFFDz");
  EXPECT_EQ(in_utf8(Charset::kUjis, "\x8f\xa1\xa1z\x8f\xa1z"), "\uFFFDz\uFFFD\uFFFDz");
  EXPECT_EQ(in_utf8(Charset::kGb18030, "\xfe\x39\xfe\x39z"), "\uFFFDz");
}

TEST(TextConverter, AsciiTextIsNotCopied) {
  TextConverter converter;
  ScratchArena arena;
  const std::string text = "a text of more than eight bytes";
  for (const Charset charset : {Charset::kLatin1, Charset::kSjis, Charset::kGb18030}) {
    EXPECT_EQ(converter.to_utf8(charset, text, arena)->data(), text.data());
  }
}

TEST(TextConverter, EverySetCanBeConvertedOnThisSystem) {
  for (std::size_t i = 0; i < kCharsetCount; ++i) {
    const auto charset = static_cast<Charset>(i);
    TextConverter converter;
    ScratchArena arena;
    EXPECT_TRUE(converter.to_utf8(charset, "\xff", arena)) << traits_of(charset).name;
  }
}

// Every sequence of up to two bytes in every set: more output than input allows would overrun.
TEST(TextConverter, AnyBytesStayWithinTheReservedRoom) {
  TextConverter converter;
  for (std::size_t i = 0; i < kCharsetCount; ++i) {
    const auto charset = static_cast<Charset>(i);
    if (*traits_of(charset).iconv_name == '\0') continue;
    ScratchArena arena;
    for (unsigned code = 0; code < 0x10000; code += 7) {
      const std::string text{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
      const auto converted = converter.to_utf8(charset, text, arena);
      ASSERT_TRUE(converted);
      ASSERT_LE(converted->size(), 3 * text.size()) << traits_of(charset).name << " " << code;
    }
  }
}

TEST(Collations, AreThoseOfBothFamilies) {
  struct Case {
    std::uint32_t id;
    Charset charset;
  };
  for (const Case& c :
       {Case{1, Charset::kBig5}, Case{8, Charset::kLatin1}, Case{33, Charset::kUtf8mb3},
        Case{45, Charset::kUtf8mb4}, Case{63, Charset::kBinary}, Case{255, Charset::kUtf8mb4},
        Case{248, Charset::kGb18030}, Case{309, Charset::kUtf8mb4}, Case{323, Charset::kUtf8mb4},
        Case{1071, Charset::kLatin1}, Case{2048, Charset::kUtf8mb3}, Case{2304, Charset::kUtf8mb4},
        Case{3271, Charset::kUtf32}}) {
    EXPECT_EQ(charset_of_collation(c.id), c.charset) << c.id;
  }
  for (const std::uint32_t unknown : {0U, 17U, 100U, 324U, 2216U, 3272U, 70000U}) {
    EXPECT_EQ(charset_of_collation(unknown), std::nullopt) << unknown;
  }
}

TEST(ScratchArena, ViewsStayWhereTheyAreWhileItGrows) {
  ScratchArena arena;
  const std::string_view first = arena.copy("first");
  for (int i = 0; i < 100; ++i) arena.copy(std::string(5000, 'x'));
  arena.copy(std::string(3 * ScratchArena::kChunkBytes, 'y'));
  EXPECT_EQ(first, "first");
}

TEST(ScratchArena, ResetUsesTheSameMemoryAgain) {
  ScratchArena arena;
  const char* first = arena.copy("first").data();
  arena.copy(std::string(2 * ScratchArena::kKeptBytes, 'x'));
  arena.reset();
  EXPECT_EQ(arena.copy("again").data(), first);
}

}  // namespace
}  // namespace pikachu::binlog
