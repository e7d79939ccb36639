#pragma once

namespace pikachu::base {

/// A file descriptor that becomes readable when it is told to, so that a thread which waits in
/// poll() or epoll_wait() for sockets can be woken by another thread or by a stop request.
///
/// Threads: signal() from any thread; clear() by the waiter.
class WakeEvent {
 public:
  WakeEvent();
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;

  /// Makes fd() readable. Never blocks; many signals before a clear() count as one.
  void signal() const noexcept;
  /// Makes fd() unreadable again.
  void clear() const noexcept;
  /// An eventfd (non-blocking, close-on-exec), owned by this object.
  int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace pikachu::base
