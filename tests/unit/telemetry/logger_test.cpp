#include "telemetry/logger.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace pikachu::telemetry {
namespace {

TEST(Logger, WritesOneLineToStandardErrorUnderItsComponent) {
  testing::internal::CaptureStderr();
  const auto log = Logger::to_stderr({}).for_component("source");

  log.info("Connected.", {{"server", "db1"}});

  const auto written = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(written.ends_with(" INFO  source  Connected. server=db1\n")) << written;
}

TEST(Logger, LeavesOutLinesBelowItsLevel) {
  testing::internal::CaptureStderr();
  const auto log = Logger::to_stderr({LogLevel::kError, LogFormat::kJson});

  log.debug("D.");
  log.info("I.");
  log.warn("W.");
  log.error("E.");
  log.log(LogLevel::kFatal, "F.");

  const auto written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 2) << written;
  EXPECT_NE(written.find(R"("message":"E.")"), std::string::npos);
  EXPECT_NE(written.find(R"("level":"fatal")"), std::string::npos);
  EXPECT_FALSE(log.enabled(LogLevel::kWarn));
  EXPECT_TRUE(log.enabled(LogLevel::kPanic));
}

TEST(Logger, BracesInMessagesAreNoFormat) {
  testing::internal::CaptureStderr();
  Logger::to_stderr({}).info("{} {0} %v %d");
  EXPECT_TRUE(testing::internal::GetCapturedStderr().ends_with("{} {0} %v %d\n"));
}

TEST(Logger, DefaultWritesNothing) {
  testing::internal::CaptureStderr();
  const Logger log;
  log.for_component("x").error("E.");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_FALSE(log.enabled(LogLevel::kPanic));
}

}  // namespace
}  // namespace pikachu::telemetry
