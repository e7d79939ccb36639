#include "receive/receive_options.h"

#include <utility>

#include <gtest/gtest.h>

namespace pikachu::receive {
namespace {

base::Result<ReceiveOptions> options_with(std::string_view name, std::string_view value) {
  ReceiveOptions options;
  if (auto set = syntax().set(options, name, value); !set) return tl::unexpected(set.error());
  return options;
}

TEST(ReceiveOptions, TakeTheirValues) {
  EXPECT_EQ(options_with("listen", "[::1]:0")->listen, "[::1]:0");
  EXPECT_EQ(options_with("status", "500,200")->statuses, (std::vector<int>{500, 200}));
  EXPECT_EQ(options_with("delay", "250ms")->delay, std::chrono::milliseconds(250));
  EXPECT_EQ(options_with("delay", "60m")->delay, std::chrono::hours(1));
  EXPECT_EQ(options_with("fail-every", "3")->fail_every, 3U);
  EXPECT_EQ(options_with("count", "7")->count, 7U);
  EXPECT_TRUE(options_with("quiet", "")->quiet);
}

TEST(ReceiveOptions, RefuseOtherValues) {
  using Case = std::pair<const char*, const char*>;
  for (const auto& [name, value] :
       {Case{"status", "99"}, Case{"status", "200,"}, Case{"status", "100"}, Case{"status", "600"},
        Case{"status", ""}, Case{"delay", "5"}, Case{"delay", "-1s"}, Case{"delay", "2h"},
        Case{"delay", "61m"}, Case{"delay", "99999999999999999999s"}, Case{"count", "0"},
        Case{"count", "x"}, Case{"fail-every", "0"}}) {
    SCOPED_TRACE(std::string(name) + " " + value);
    const auto options = options_with(name, value);
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().code, base::ErrorCode::kInvalid);
  }
  EXPECT_EQ(options_with("count", "x").error().message, "-count: \"x\" is not a number from 1");
}

}  // namespace
}  // namespace pikachu::receive
