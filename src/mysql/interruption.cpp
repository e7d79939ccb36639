#include "mysql/interruption.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pikachu::mysql {

using Clock = std::chrono::steady_clock;

Interruption::~Interruption() {
  on_stop_.reset();
  if (socket_ >= 0) ::close(socket_);
}

void Interruption::watch(const std::stop_token& stop) {
  if (on_stop_ && watched_ == stop) return;
  on_stop_.reset();
  watched_ = stop;
  on_stop_.emplace(stop, Interrupt{this});
}

void Interruption::interrupt() {
  wake_.signal();
  break_connection();
}

void Interruption::limit_each_wait(std::chrono::milliseconds silence) {
  silence_ = silence;
  deadline_.reset();
}

void Interruption::limit_all_waits(Clock::time_point deadline) {
  deadline_ = deadline;
}

int Interruption::wait(int fd, bool to_read) {
  const auto until = deadline_.value_or(Clock::now() + silence_);
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    std::array<pollfd, 2> waits{pollfd{fd, static_cast<short>(to_read ? POLLIN : POLLOUT), 0},
                                pollfd{wake_.fd(), POLLIN, 0}};
    const int ready =
        ::poll(waits.data(), waits.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0 || waits[1].revents != 0) return -1;
    if (ready == 0) {
      timed_out_ = true;
      errno = ETIMEDOUT;
    }
    return ready;
  }
}

void Interruption::remember_socket(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  {
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0) ::close(socket_);
    socket_ = copy;
  }
  // A stop that came just before has found no socket.
  if (stop_requested()) break_connection();
}

void Interruption::break_connection() {
  const std::lock_guard lock(mutex_);
  if (socket_ < 0) return;
  const linger reset{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ::shutdown(socket_, SHUT_RDWR);
}

}  // namespace pikachu::mysql
