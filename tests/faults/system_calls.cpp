// Stands between SQLite and the kernel: a program's own functions come before the C library's of
// the same name, for its shared libraries too. So a disk can be full, fail to sync, or tear a write
// at the byte where the process ends, below all of pikachu's code and SQLite's.
#include <cerrno>
#include <climits>
#include <cstddef>
#include <string>
#include <string_view>

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/fault_point.h"

namespace {

using pikachu::base::FaultAction;

/// "log" or "database" for the state file's two parts, "" for all else.
std::string_view part_of_state(int fd) {
  std::string link(PATH_MAX, '\0');
  const auto size =
      ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), link.data(), link.size());
  if (size <= 0) return "";
  link.resize(static_cast<std::size_t>(size));
  if (link.ends_with("/pikachu.db-wal")) return "log";
  return link.ends_with("/pikachu.db") ? "database" : "";
}

FaultAction pass(std::string_view what, int fd) {
  const auto part = part_of_state(fd);
  if (part.empty()) return FaultAction::kGoOn;
  return pikachu::base::pass_fault_point(
      std::string("disk.").append(what).append("_").append(part));
}

int sync(int fd, long number) {
  if (pass("sync", fd) == FaultAction::kFail) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(number, fd));
}

}  // namespace

// Declared as the C library does, so that these are what libraries find.
extern "C" {

ssize_t pwrite64(int fd, const void* bytes, std::size_t size, off64_t offset) {
  const auto action = pass("write", fd);
  if (action == FaultAction::kFail) {
    errno = ENOSPC;
    return -1;
  }
  if (action == FaultAction::kTear) {
    ::syscall(SYS_pwrite64, fd, bytes, size / 2, offset);
    pikachu::base::end_process();
  }
  return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}

int fdatasync(int fd) {
  return sync(fd, SYS_fdatasync);
}

int fsync(int fd) {
  return sync(fd, SYS_fsync);
}
}
