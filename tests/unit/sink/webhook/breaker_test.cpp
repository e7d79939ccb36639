#include "sink/webhook/breaker.h"

#include <gtest/gtest.h>

namespace pikachu::sink::webhook {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Transition = Breaker::Transition;

constexpr Breaker::TimePoint kStart{seconds(1'000)};
constexpr Breaker::Options kOptions{
    .first_pause = milliseconds(1'000), .longest_pause = milliseconds(8'000), .max_in_flight = 16};

Transition fail(Breaker& breaker, Breaker::TimePoint now, bool was_probe = false) {
  return breaker.failed(now, was_probe, false, std::nullopt);
}

Breaker open_breaker(Breaker::TimePoint now, std::uint64_t seed = 7) {
  Breaker breaker(kOptions, seed);
  for (std::uint32_t i = 0; i < Breaker::kFailuresToOpen; ++i) fail(breaker, now);
  return breaker;
}

TEST(Breaker, LetsMaxInFlightThroughWhileClosed) {
  const Breaker breaker(kOptions, 7);

  EXPECT_TRUE(breaker.allows(kStart, 15));
  EXPECT_FALSE(breaker.allows(kStart, 16));
}

TEST(Breaker, OpensAtTheFifthFailureInARow) {
  Breaker breaker(kOptions, 7);

  for (int i = 0; i < 4; ++i) EXPECT_EQ(fail(breaker, kStart), Transition::kNone);
  EXPECT_FALSE(breaker.is_open());
  EXPECT_EQ(fail(breaker, kStart), Transition::kOpened);
  EXPECT_TRUE(breaker.is_open());
}

TEST(Breaker, SuccessInBetweenKeepsItClosed) {
  Breaker breaker(kOptions, 7);

  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < 4; ++j) fail(breaker, kStart);
    breaker.succeeded(false);
  }

  EXPECT_FALSE(breaker.is_open());
}

TEST(Breaker, OpenSendsOneProbeAtATimeAfterThePause) {
  auto breaker = open_breaker(kStart);

  EXPECT_FALSE(breaker.allows(kStart, 0));
  EXPECT_FALSE(breaker.allows(kStart + milliseconds(499), 0));
  EXPECT_TRUE(breaker.allows(kStart + milliseconds(1'000), 3));
  EXPECT_TRUE(breaker.sent());
  EXPECT_FALSE(breaker.allows(kStart + seconds(3'600), 3));
}

TEST(Breaker, PausesGrowWithJitterUpToTheLongest) {
  for (std::uint64_t seed = 1; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    auto now = kStart;
    auto breaker = open_breaker(now, seed);
    for (const int longest : {1'000, 2'000, 4'000, 8'000, 8'000, 8'000}) {
      const auto pause = breaker.closed_until() - now;
      EXPECT_GE(pause, milliseconds(longest / 2));
      EXPECT_LE(pause, milliseconds(longest));
      now = breaker.closed_until();
      EXPECT_TRUE(breaker.sent());
      EXPECT_EQ(fail(breaker, now, true), Transition::kNone);
    }
  }
}

TEST(Breaker, LateFailuresOfOldRequestsDoNotPostponeTheProbe) {
  auto breaker = open_breaker(kStart);
  const auto probe_at = breaker.closed_until();

  for (int i = 0; i < 50; ++i) fail(breaker, kStart + milliseconds(100));

  EXPECT_EQ(breaker.closed_until(), probe_at);
}

TEST(Breaker, FirstSuccessClosesAndTheLimitRampsUp) {
  auto breaker = open_breaker(kStart);
  breaker.sent();

  EXPECT_EQ(breaker.succeeded(true), Transition::kClosed);
  EXPECT_EQ(breaker.limit(), 1U);
  EXPECT_TRUE(breaker.allows(kStart, 0));
  for (int i = 0; i < 100; ++i) breaker.succeeded(false);
  EXPECT_EQ(breaker.limit(), 16U);
}

TEST(Breaker, PausesBeginAgainAfterASuccess) {
  auto breaker = open_breaker(kStart);
  for (int i = 0; i < 5; ++i) {
    breaker.sent();
    fail(breaker, kStart, true);
  }
  breaker.succeeded(false);
  for (std::uint32_t i = 0; i < Breaker::kFailuresToOpen; ++i) fail(breaker, kStart);

  EXPECT_LE(breaker.closed_until() - kStart, milliseconds(1'000));
}

TEST(Breaker, RetryAfterHoldsEverythingBackButNotMuchLonger) {
  Breaker breaker(kOptions, 7);

  breaker.failed(kStart, false, true, seconds(100));

  EXPECT_FALSE(breaker.is_open());
  EXPECT_FALSE(breaker.allows(kStart + seconds(100) - milliseconds(1), 0));
  EXPECT_TRUE(breaker.allows(kStart + seconds(110), 0));
}

TEST(Breaker, OverloadShrinksTheLimitAndSuccessGrowsIt) {
  Breaker breaker(kOptions, 7);

  breaker.failed(kStart, false, true, std::nullopt);
  EXPECT_EQ(breaker.limit(), 12U);
  breaker.succeeded(false);
  EXPECT_EQ(breaker.limit(), 13U);
}

TEST(Breaker, LocalTroubleShedsConcurrencyWithoutOpening) {
  Breaker breaker(kOptions, 7);

  for (int i = 0; i < 100; ++i) breaker.starved(false);

  EXPECT_FALSE(breaker.is_open());
  EXPECT_EQ(breaker.limit(), 1U);
}

TEST(Breaker, ProbeThatStarvesHereMayBeSentAgain) {
  auto breaker = open_breaker(kStart);
  const auto later = kStart + seconds(5);
  breaker.sent();
  EXPECT_FALSE(breaker.allows(later, 0));

  breaker.starved(true);

  EXPECT_TRUE(breaker.is_open());
  EXPECT_TRUE(breaker.allows(later, 0));
}

}  // namespace
}  // namespace pikachu::sink::webhook
