#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <sys/epoll.h>

namespace pikachu::sink::webhook {

/// An epoll instance that is told as late as possible what is no longer of interest.
///
/// libcurl asks for a socket at the start of each request and drops it at the end. Obeyed to the
/// letter that is three system calls a request; here a connection that stays open stays registered,
/// and only if it speaks up while nobody listens (the peer closed it) is it taken out. A request on
/// a kept-alive connection so costs no epoll_ctl at all, and requests that hang cost nothing.
///
/// Only sockets announced by opened() are treated so: of others it is not known when they are
/// closed, and a number that comes back for another file must not inherit a registration.
///
/// Threads: one owner.
class SocketWatch {
 public:
  /// Throws std::system_error if no epoll instance can be had.
  SocketWatch();
  ~SocketWatch();
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;

  /// `fd` is a new socket whose end closed() will tell.
  void opened(int fd);
  /// `fd` is about to be closed.
  void closed(int fd);
  /// What to wait for from now on: EPOLLIN, EPOLLOUT, both or 0.
  void want(int fd, std::uint32_t events);

  struct Ready {
    int fd;
    std::uint32_t events;  ///< As epoll_wait gave them.
  };
  /// Waits until something wanted happens or `timeout` is over, rounded up to milliseconds;
  /// a negative one waits for as long as it takes.
  /// Lifetime: valid until the next call.
  std::span<const Ready> wait(std::chrono::nanoseconds timeout);

  /// Calls of epoll_ctl so far, for tests.
  std::uint64_t registrations() const { return registrations_; }

 private:
  struct Socket {
    std::uint32_t wanted = 0;
    std::uint32_t registered = 0;
    bool is_lazy = false;
  };
  Socket& socket(int fd);
  void control(int operation, int fd, std::uint32_t events);

  int epoll_;
  std::uint64_t registrations_ = 0;
  std::vector<Socket> sockets_;  ///< By descriptor.
  std::array<epoll_event, 256> events_{};
  std::vector<Ready> ready_;
};

}  // namespace pikachu::sink::webhook
