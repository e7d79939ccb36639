#include "telemetry/log_line.h"

#include <initializer_list>
#include <random>

#include <gtest/gtest.h>

namespace pikachu::telemetry {
namespace {

const std::chrono::system_clock::time_point kNoon{std::chrono::milliseconds(1'795'176'000'123)};

std::string text(std::string_view message, std::initializer_list<LogField> fields = {}) {
  return format_line(LogFormat::kText, kNoon, LogLevel::kWarn, "webhook", message,
                     std::span(fields.begin(), fields.size()));
}

std::string json(std::string_view message, std::initializer_list<LogField> fields = {}) {
  return format_line(LogFormat::kJson, kNoon, LogLevel::kWarn, "webhook", message,
                     std::span(fields.begin(), fields.size()));
}

TEST(LogLine, TextIsTimeLevelComponentMessageFields) {
  EXPECT_EQ(text("Webhook attempt failed.", {{"task", "t1"}, {"attempt", 2}}),
            "2026-11-20T12:00:00.123Z WARN  webhook  Webhook attempt failed. task=t1 attempt=2");
}

TEST(LogLine, JsonHasTheFixedKeysFirstAndNumbersAsNumbers) {
  EXPECT_EQ(json("Webhook attempt failed.", {{"task", "t1"}, {"attempt", -2}}),
            R"({"time":"2026-11-20T12:00:00.123Z","level":"warn","component":"webhook",)"
            R"("message":"Webhook attempt failed.","task":"t1","attempt":-2})");
}

TEST(LogLine, LevelsHaveTheNamesOfTheConfiguration) {
  EXPECT_EQ(to_string(LogLevel::kDebug), "debug");
  EXPECT_EQ(to_string(LogLevel::kInfo), "info");
  EXPECT_EQ(to_string(LogLevel::kWarn), "warn");
  EXPECT_EQ(to_string(LogLevel::kError), "error");
  EXPECT_EQ(to_string(LogLevel::kFatal), "fatal");
  EXPECT_EQ(to_string(LogLevel::kPanic), "panic");
}

TEST(LogLine, TextQuotesValuesThatCouldBeReadAsSomethingElse) {
  EXPECT_TRUE(text("M.", {{"e", "a b"}}).ends_with(R"(M. e="a b")"));
  EXPECT_TRUE(text("M.", {{"e", ""}}).ends_with(R"(M. e="")"));
  EXPECT_TRUE(text("M.", {{"e", "a=b"}}).ends_with(R"(M. e="a=b")"));
  EXPECT_TRUE(text("M.", {{"e", R"(say "hi" \o/)"}}).ends_with(R"(e="say \"hi\" \\o/")"));
}

TEST(LogLine, TextValueCannotForgeALineOrDriveATerminal) {
  EXPECT_TRUE(text("M.", {{"e", "x\nERROR\r\t"}}).ends_with(R"(e="x\nERROR\r\t")"));
  EXPECT_TRUE(text("M.", {{"e", "\x1b[2J\x7f"}}).ends_with(R"(e="\x1b[2J\x7f")"));
  EXPECT_TRUE(text("M.", {{"e", "\xC2\x9B"}}).ends_with(R"(e="\xc2\x9b")"));
  EXPECT_TRUE(text("a\nb").ends_with(R"(webhook  a\nb)"));
}

TEST(LogLine, TextKeepsUtf8AndShowsOtherBytesInHex) {
  EXPECT_TRUE(text("M.", {{"e", "é漢😀"}}).ends_with("e=\"é漢😀\""));
  EXPECT_TRUE(text("M.", {{"e", "\xFF\xC0\x80"}}).ends_with(R"(e="\xff\xc0\x80")"));
}

TEST(LogLine, JsonEscapesQuotesBackslashesAndControls) {
  EXPECT_TRUE(json("M.", {{"e", "\"\\\n\x01"}}).ends_with(R"("e":"\"\\\n\u0001"})"));
}

TEST(LogLine, JsonReplacesBytesThatAreNotUtf8) {
  // Truncated, overlong, surrogate, beyond U+10FFFF: one replacement for each bad byte.
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_TRUE(json("M.", {{"e", "a\xE6\xBC"}}).ends_with("\"a" + mark + mark + "\"}"));
  EXPECT_TRUE(json("M.", {{"e", "\xED\xA0\x80"}}).ends_with("\"" + mark + mark + mark + "\"}"));
  EXPECT_TRUE(json("M.", {{"e", "\xE0\x80\xAF"}}).ends_with("\"" + mark + mark + mark + "\"}"));
  EXPECT_TRUE(
      json("M.", {{"e", "\xF4\x90\x80\x80"}}).ends_with("\"" + mark + mark + mark + mark + "\"}"));
  EXPECT_TRUE(json("M.", {{"e", "é漢😀"}}).ends_with("\"é漢😀\"}"));
}

TEST(LogLine, NoBytesWhateverEndALine) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::minstd_rand random(seed);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 2'000; ++round) {
    std::string value;
    for (int i = 0; i < 12; ++i) value += static_cast<char>(byte(random));
    for (const auto& line : {text(value, {{"e", value}}), json(value, {{"e", value}})}) {
      for (const char c : line) ASSERT_GE(static_cast<unsigned char>(c), 0x20) << line;
    }
  }
}

}  // namespace
}  // namespace pikachu::telemetry
