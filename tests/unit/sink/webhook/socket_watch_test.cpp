#include "sink/webhook/socket_watch.h"

#include <array>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pikachu::sink::webhook {
namespace {

/// Two connected sockets.
class SocketPair {
 public:
  SocketPair() { ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()); }
  ~SocketPair() {
    ::close(ends_[0]);
    close_peer();
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;

  int fd() const { return ends_[0]; }
  void peer_writes() const { ASSERT_EQ(::send(ends_[1], "x", 1, 0), 1); }
  void read() const {
    char byte = 0;
    ASSERT_EQ(::recv(ends_[0], &byte, 1, 0), 1);
  }
  void close_peer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

constexpr std::chrono::nanoseconds kAtOnce{0};

TEST(SocketWatch, ReportsWhatIsWanted) {
  SocketWatch watch;
  const SocketPair pair;
  watch.opened(pair.fd());
  watch.want(pair.fd(), EPOLLIN);

  EXPECT_TRUE(watch.wait(kAtOnce).empty());
  pair.peer_writes();
  const auto ready = watch.wait(kAtOnce);

  ASSERT_EQ(ready.size(), 1U);
  EXPECT_EQ(ready[0].fd, pair.fd());
  EXPECT_NE(ready[0].events & EPOLLIN, 0U);
}

TEST(SocketWatch, RequestsOnAnOpenConnectionCostNoRegistration) {
  SocketWatch watch;
  const SocketPair pair;
  watch.opened(pair.fd());
  for (int request = 0; request < 100; ++request) {
    watch.want(pair.fd(), EPOLLIN);
    pair.peer_writes();
    ASSERT_EQ(watch.wait(kAtOnce).size(), 1U);
    pair.read();
    watch.want(pair.fd(), 0);
  }

  EXPECT_EQ(watch.registrations(), 1U);
}

TEST(SocketWatch, IdleConnectionThatPeerClosesIsTakenOutOnce) {
  SocketWatch watch;
  SocketPair pair;
  watch.opened(pair.fd());
  watch.want(pair.fd(), EPOLLIN);
  watch.want(pair.fd(), 0);
  pair.close_peer();

  EXPECT_TRUE(watch.wait(kAtOnce).empty());
  const auto registrations = watch.registrations();
  EXPECT_TRUE(watch.wait(kAtOnce).empty());
  EXPECT_EQ(watch.registrations(), registrations);
  EXPECT_EQ(registrations, 2U);
}

TEST(SocketWatch, ConnectionTakenOutIsRegisteredAgainWhenWanted) {
  SocketWatch watch;
  const SocketPair pair;
  watch.opened(pair.fd());
  watch.want(pair.fd(), EPOLLIN);
  watch.want(pair.fd(), 0);
  pair.peer_writes();
  EXPECT_TRUE(watch.wait(kAtOnce).empty());

  watch.want(pair.fd(), EPOLLIN);

  EXPECT_EQ(watch.wait(kAtOnce).size(), 1U);
}

TEST(SocketWatch, NumberThatComesBackInheritsNothing) {
  SocketWatch watch;
  int number = -1;
  {
    const SocketPair pair;
    number = pair.fd();
    watch.opened(number);
    watch.want(number, EPOLLIN);
    watch.closed(number);
  }
  const SocketPair next;
  ASSERT_EQ(next.fd(), number) << "the kernel hands out the lowest free number";
  watch.opened(number);
  watch.want(number, EPOLLIN);
  next.peer_writes();

  EXPECT_EQ(watch.wait(kAtOnce).size(), 1U);
}

TEST(SocketWatch, UnknownSocketsAreTakenOutAtOnce) {
  SocketWatch watch;
  const SocketPair pair;
  watch.want(pair.fd(), EPOLLIN);
  watch.want(pair.fd(), 0);
  EXPECT_EQ(watch.registrations(), 2U);
}

TEST(SocketWatch, InterestMovesFromWritingToReading) {
  SocketWatch watch;
  const SocketPair pair;
  watch.opened(pair.fd());
  watch.want(pair.fd(), EPOLLOUT);
  ASSERT_EQ(watch.wait(kAtOnce).size(), 1U);
  watch.want(pair.fd(), EPOLLIN);

  EXPECT_TRUE(watch.wait(kAtOnce).empty());
}

}  // namespace
}  // namespace pikachu::sink::webhook
