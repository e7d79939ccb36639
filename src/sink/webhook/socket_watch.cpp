#include "sink/webhook/socket_watch.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include <unistd.h>

namespace pikachu::sink::webhook {

SocketWatch::SocketWatch() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

SocketWatch::~SocketWatch() {
  ::close(epoll_);
}

SocketWatch::Socket& SocketWatch::socket(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= sockets_.size()) sockets_.resize(index + 64);
  return sockets_[index];
}

void SocketWatch::opened(int fd) {
  socket(fd) = Socket{.is_lazy = true};
}

// The kernel drops the registration with the last descriptor of the socket.
void SocketWatch::closed(int fd) {
  socket(fd) = Socket{};
}

void SocketWatch::control(int operation, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  // It fails for want of kernel memory, or for a descriptor that libcurl has closed already: the
  // first ends in the request's timeout, the second concerns nobody.
  ::epoll_ctl(epoll_, operation, fd, &event);
  ++registrations_;
  socket(fd).registered = operation == EPOLL_CTL_DEL ? 0 : events;
}

void SocketWatch::want(int fd, std::uint32_t events) {
  auto& entry = socket(fd);
  entry.wanted = events;
  if (events == 0) {
    if (!entry.is_lazy && entry.registered != 0) control(EPOLL_CTL_DEL, fd, 0);
  } else if ((events & ~entry.registered) != 0) {
    control(entry.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, events);
  }
}

std::span<const SocketWatch::Ready> SocketWatch::wait(std::chrono::nanoseconds timeout) {
  constexpr std::chrono::milliseconds::rep kLongest = std::numeric_limits<int>::max();
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  const int timeout_ms = timeout.count() < 0 ? -1 : static_cast<int>(std::min(rounded, kLongest));
  const int count =
      ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout_ms);

  ready_.clear();
  for (int i = 0; i < count; ++i) {  // -1 for EINTR: nothing is ready.
    const int fd = events_[static_cast<std::size_t>(i)].data.fd;
    const std::uint32_t events = events_[static_cast<std::size_t>(i)].events;
    const auto wanted = socket(fd).wanted;
    if (wanted == 0) {
      control(EPOLL_CTL_DEL, fd, 0);
      continue;
    }
    if ((events & (EPOLLIN | EPOLLOUT) & ~wanted) != 0) control(EPOLL_CTL_MOD, fd, wanted);
    if ((events & (wanted | EPOLLERR | EPOLLHUP)) != 0) ready_.push_back({fd, events});
  }
  return ready_;
}

}  // namespace pikachu::sink::webhook
