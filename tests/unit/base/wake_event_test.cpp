#include "base/wake_event.h"

#include <thread>

#include <gtest/gtest.h>
#include <poll.h>

namespace pikachu::base {
namespace {

bool readable(const WakeEvent& event, int timeout_ms) {
  ::pollfd waiting{event.fd(), POLLIN, 0};
  return ::poll(&waiting, 1, timeout_ms) == 1;
}

TEST(WakeEvent, IsReadableOnlyBetweenSignalAndClear) {
  const WakeEvent event;
  EXPECT_FALSE(readable(event, 0));

  event.signal();
  EXPECT_TRUE(readable(event, 0));

  event.clear();
  EXPECT_FALSE(readable(event, 0));
}

TEST(WakeEvent, ManySignalsAreClearedAtOnce) {
  const WakeEvent event;
  for (int i = 0; i < 1'000; ++i) event.signal();
  event.clear();
  EXPECT_FALSE(readable(event, 0));
}

TEST(WakeEvent, ClearWithoutSignalDoesNotBlock) {
  const WakeEvent event;
  event.clear();
  EXPECT_FALSE(readable(event, 0));
}

TEST(WakeEvent, WakesAThreadThatPolls) {
  const WakeEvent event;
  bool woken = false;
  {
    const std::jthread waiter([&] { woken = readable(event, 10'000); });
    event.signal();
  }
  EXPECT_TRUE(woken);
}

}  // namespace
}  // namespace pikachu::base
