#include "mysql/interruption.h"

#include <array>
#include <chrono>
#include <future>
#include <stop_token>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pikachu::mysql {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class InterruptionTest : public testing::Test {
 public:
  InterruptionTest(const InterruptionTest&) = delete;
  InterruptionTest& operator=(const InterruptionTest&) = delete;

 protected:
  InterruptionTest() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()), 0);
  }
  ~InterruptionTest() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  std::array<int, 2> ends_{};
  std::stop_source stop_;
  Interruption interruption_;
};

TEST_F(InterruptionTest, WaitSeesBytes) {
  interruption_.limit_each_wait(seconds(30));
  ASSERT_EQ(::send(ends_[1], "x", 1, 0), 1);

  EXPECT_EQ(interruption_.wait(ends_[0], true), 1);
  EXPECT_FALSE(interruption_.timed_out());
}

TEST_F(InterruptionTest, WaitEndsAfterSilence) {
  interruption_.limit_each_wait(milliseconds(20));

  EXPECT_EQ(interruption_.wait(ends_[0], true), 0);
  EXPECT_TRUE(interruption_.timed_out());
}

TEST_F(InterruptionTest, AllWaitsShareADeadline) {
  interruption_.limit_all_waits(steady_clock::now() - seconds(1));

  EXPECT_EQ(interruption_.wait(ends_[0], true), 0);
  EXPECT_TRUE(interruption_.timed_out());
}

TEST_F(InterruptionTest, StopEndsAWait) {
  interruption_.watch(stop_.get_token());
  interruption_.limit_each_wait(seconds(30));
  auto waiting = std::async(std::launch::async, [&] { return interruption_.wait(ends_[0], true); });
  stop_.request_stop();

  EXPECT_EQ(waiting.get(), -1);
  EXPECT_TRUE(interruption_.stop_requested());
}

TEST_F(InterruptionTest, AStopBeforeTheWaitCountsToo) {
  stop_.request_stop();
  interruption_.watch(stop_.get_token());
  interruption_.limit_each_wait(seconds(30));

  EXPECT_EQ(interruption_.wait(ends_[0], true), -1);
}

TEST_F(InterruptionTest, StopShutsTheRememberedSocketDown) {
  interruption_.watch(stop_.get_token());
  interruption_.remember_socket(ends_[0]);
  stop_.request_stop();

  char byte = 0;
  EXPECT_EQ(::recv(ends_[0], &byte, 1, 0), 0);
}

TEST_F(InterruptionTest, ASocketThatComesAfterTheStopIsShutDownAtOnce) {
  interruption_.watch(stop_.get_token());
  stop_.request_stop();
  interruption_.remember_socket(ends_[0]);

  char byte = 0;
  EXPECT_EQ(::recv(ends_[0], &byte, 1, 0), 0);
}

}  // namespace
}  // namespace pikachu::mysql
