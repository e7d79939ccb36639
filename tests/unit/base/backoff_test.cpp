#include "base/backoff.h"

#include <gtest/gtest.h>

namespace pikachu::base {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, EachPauseLiesBetweenHalfAndTheWholeOfTheDoubledStep) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Backoff backoff(milliseconds(100), milliseconds(1'000), seed);
    for (const int longest : {100, 200, 400, 800, 1'000, 1'000, 1'000}) {
      const auto pause = backoff.next();
      EXPECT_GE(pause, milliseconds(longest / 2));
      EXPECT_LE(pause, milliseconds(longest));
    }
  }
}

TEST(Backoff, DrawsReachBothEndsOfTheRange) {
  auto least = milliseconds(1'000);
  auto most = milliseconds(0);
  // NOLINTNEXTLINE(cert-msc32-c,cert-msc51-cpp): the same draws at every run.
  std::minstd_rand random(7);
  for (int i = 0; i < 1'000; ++i) {
    const auto pause = backoff_pause(milliseconds(10), milliseconds(10), 0, random);
    least = std::min(least, pause);
    most = std::max(most, pause);
  }
  EXPECT_EQ(least, milliseconds(5));
  EXPECT_EQ(most, milliseconds(10));
}

TEST(Backoff, ResetBeginsAgainAtTheFirstStep) {
  Backoff backoff(milliseconds(100), milliseconds(60'000), 1);
  for (int i = 0; i < 8; ++i) backoff.next();
  EXPECT_EQ(backoff.failures(), 8U);

  backoff.reset();

  EXPECT_EQ(backoff.failures(), 0U);
  EXPECT_LE(backoff.next(), milliseconds(100));
}

TEST(Backoff, ManyFailuresNeitherOverflowNorExceedTheCap) {
  // NOLINTNEXTLINE(cert-msc32-c,cert-msc51-cpp): the same draws at every run.
  std::minstd_rand random(1);
  const auto cap = milliseconds::max() / 4;
  const auto pause = backoff_pause(milliseconds(1), cap, 4'000'000'000U, random);
  EXPECT_GE(pause, cap / 2);
  EXPECT_LE(pause, cap);
}

TEST(Backoff, SameSeedGivesTheSamePauses) {
  Backoff one(milliseconds(100), milliseconds(1'000), 42);
  Backoff other(milliseconds(100), milliseconds(1'000), 42);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(one.next(), other.next());
}

}  // namespace
}  // namespace pikachu::base
