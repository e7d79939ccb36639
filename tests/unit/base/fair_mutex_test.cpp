#include "base/fair_mutex.h"

#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::base {
namespace {

void wait_for_users(const FairMutex& mutex, std::uint64_t users) {
  while (mutex.users() < users) std::this_thread::yield();
}

TEST(FairMutex, ThoseWhoWaitGetItInTheOrderInWhichTheyCame) {
  FairMutex mutex;
  std::vector<int> order;
  {
    std::vector<std::jthread> threads;
    threads.reserve(5);
    const std::lock_guard held(mutex);
    for (int i = 0; i < 5; ++i) {
      threads.emplace_back([&, i] {
        const std::lock_guard lock(mutex);
        order.push_back(i);
      });
      wait_for_users(mutex, static_cast<std::uint64_t>(i) + 2);
    }
    // `held` goes before the threads are joined.
  }
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(FairMutex, WhoGivesItBackAndWantsItAgainComesBehindThoseWhoWait) {
  FairMutex mutex;
  bool other_had_it = false;
  mutex.lock();
  const std::jthread other([&] {
    const std::lock_guard lock(mutex);
    other_had_it = true;
  });
  wait_for_users(mutex, 2);

  mutex.unlock();
  mutex.lock();

  EXPECT_TRUE(other_had_it);
  mutex.unlock();
}

TEST(FairMutex, IsHeldByOneAtATime) {
  FairMutex mutex;
  int count = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int turn = 0; turn < 1'000; ++turn) {
          const std::lock_guard lock(mutex);
          ++count;
        }
      });
    }
  }
  EXPECT_EQ(count, 4'000);
  EXPECT_EQ(mutex.users(), 0U);
}

}  // namespace
}  // namespace pikachu::base
