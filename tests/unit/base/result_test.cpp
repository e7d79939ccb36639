#include "base/result.h"

#include <gtest/gtest.h>

namespace pikachu::base {
namespace {

Result<int> read_size() {
  return fail(ErrorCode::kCorrupt, "event size 12 is below 19");
}

Result<std::string> read_event() {
  if (auto size = read_size(); !size) return propagate(std::move(size), "reading bin.000001");
  return "event";
}

TEST(Result, PropagateKeepsTheCodeAndPutsTheContextInFront) {
  const auto event = read_event();
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(event.error().message, "reading bin.000001: event size 12 is below 19");
}

TEST(Result, EveryCodeHasAName) {
  EXPECT_EQ(to_string(ErrorCode::kUnavailable), "unavailable");
  EXPECT_EQ(to_string(ErrorCode::kRejected), "rejected");
  EXPECT_EQ(to_string(ErrorCode::kCorrupt), "corrupt");
  EXPECT_EQ(to_string(ErrorCode::kUnsupported), "unsupported");
  EXPECT_EQ(to_string(ErrorCode::kInvalid), "invalid");
  EXPECT_EQ(to_string(ErrorCode::kCancelled), "cancelled");
}

}  // namespace
}  // namespace pikachu::base
