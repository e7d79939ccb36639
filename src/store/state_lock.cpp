#include "store/state_lock.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace pikachu::store {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

std::string holder_of(int fd) {
  std::array<char, 300> text{};
  const auto size = ::pread(fd, text.data(), text.size(), 0);
  if (size <= 0) return "an unknown process";
  std::string holder(text.data(), static_cast<std::size_t>(size));
  holder.resize(std::min(holder.find('\n'), holder.size()));
  if (const auto blank = holder.find(' '); blank != std::string::npos) {
    holder.replace(blank, 1, " on host ");
  }
  return "process " + holder;
}

std::string own_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return std::to_string(::getpid()) + " " + host.data() + "\n";
}

}  // namespace

base::Result<StateLock> StateLock::acquire(const std::string& dir) {
  const std::string path = dir + "/pikachu.lock";
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): the mode is open's third argument.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) {
    return base::fail(base::ErrorCode::kInvalid,
                      path + ": cannot open the lock file: " + reason(errno) +
                          "; make state.dir writable for pikachu's user");
  }
  StateLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error == EWOULDBLOCK) {
      return base::fail(base::ErrorCode::kInvalid,
                        "state directory " + dir + " is in use by " + holder_of(fd) +
                            "; stop that one, or give this one another state.dir");
    }
    return base::fail(base::ErrorCode::kInvalid,
                      path + ": cannot lock the file: " + reason(error) +
                          "; put state.dir on a file system that supports flock");
  }
  const std::string name = own_name();
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, name.data(), name.size(), 0) < 0) {
    return base::fail(
        base::ErrorCode::kUnavailable,
        path + ": cannot write the lock file: " + reason(errno) + "; free some space on its disk");
  }
  return lock;
}

std::optional<std::string> StateLock::holder(const std::string& dir) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): how open() is declared.
  const int fd = ::open((dir + "/pikachu.lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  const StateLock closes(fd);
  // Shared and for this moment only; a start that falls into it is refused, and can be tried again.
  if (::flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) return std::nullopt;
  return holder_of(fd);
}

StateLock::StateLock(StateLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {
}

StateLock& StateLock::operator=(StateLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

StateLock::~StateLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace pikachu::store
