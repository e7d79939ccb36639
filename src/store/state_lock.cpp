#include "store/state_lock.h"

#include <array>
#include <cerrno>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random_id.h"

namespace pikachu::store {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

// The words of the file's line; of an older version's, two.
std::vector<std::string> words_of(int fd) {
  std::array<char, 400> text{};
  const auto size = ::pread(fd, text.data(), text.size(), 0);
  const std::string_view all(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  std::istringstream line(std::string(all.substr(0, all.find('\n'))));
  std::vector<std::string> words;
  for (std::string word; line >> word;) words.push_back(std::move(word));
  return words;
}

std::string holder_of(int fd) {
  const auto words = words_of(fd);
  if (words.empty()) return "an unknown process";
  return "process " + words[0] + (words.size() > 1 ? " on host " + words[1] : "");
}

std::string inode_of(int fd) {
  struct stat about {};
  return ::fstat(fd, &about) == 0 ? std::to_string(about.st_ino) : "?";
}

// The directory's name, if the file has one and has not been copied since.
std::optional<std::string> instance_of(int fd) {
  constexpr std::size_t kWords = 4;
  constexpr std::size_t kLength = 16;
  const auto words = words_of(fd);
  if (words.size() != kWords || words[3] != inode_of(fd)) return std::nullopt;
  const std::string& instance = words[2];
  const bool is_name = instance.size() == kLength &&
                       instance.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_name ? std::optional(instance) : std::nullopt;
}

std::string line_for(int fd, const std::string& instance) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return std::to_string(::getpid()) + " " + host.data() + " " + instance + " " + inode_of(fd) +
         "\n";
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
  lock.instance_ = instance_of(fd).value_or(base::random_id());
  const std::string line = line_for(fd, lock.instance_);
  // In this order: whoever ends in between has not lost the name.
  if (::pwrite(fd, line.data(), line.size(), 0) < 0 ||
      ::ftruncate(fd, static_cast<off_t>(line.size())) != 0) {
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

StateLock::StateLock(StateLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), instance_(std::move(other.instance_)) {
}

StateLock& StateLock::operator=(StateLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(instance_, other.instance_);
  return *this;
}

StateLock::~StateLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace pikachu::store
