#include "app/stop_signals.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace pikachu::app {

StopSignals::StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // They come with an error code that is handled where it is met.
  for (const int number : {SIGPIPE, SIGXFSZ}) static_cast<void>(::signal(number, SIG_IGN));
  fd_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

StopSignals::~StopSignals() {
  ::close(fd_);
}

StopSignals::Event StopSignals::wait(const base::WakeEvent& other) {
  while (true) {
    std::array<pollfd, 2> waited{{{fd_, POLLIN, 0}, {other.fd(), POLLIN, 0}}};
    if (::poll(waited.data(), waited.size(), -1) < 0) continue;  // EINTR: a debugger
    if ((waited[0].revents & POLLIN) != 0) {
      signalfd_siginfo info{};
      if (::read(fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
      return info.ssi_signo == SIGHUP ? Event::kReload : Event::kStop;
    }
    if ((waited[1].revents & POLLIN) != 0) return Event::kWoken;
  }
}

}  // namespace pikachu::app
