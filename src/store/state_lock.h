#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace pikachu::store {

/// Keeps a state directory for one process: two that write positions would each undo the other's.
///
/// An exclusive flock() on `pikachu.lock`, which the kernel gives back when the process ends,
/// however it ends; the file itself stays. It holds "<pid> <host> <instance> <inode>": the last
/// holder, for people, and the directory's name.
///
/// That name, the instance, stays from holder to holder: whatever bears it elsewhere and is not us
/// is left from a holder before us, and that one is dead. A copy of the directory gets a name of
/// its own, which the file's inode gives away.
///
/// Lifetime: locked from acquire() until it is destroyed. Move-only.
class StateLock {
 public:
  /// Errors: kInvalid if another process holds it, naming its pid and host, or if the file cannot
  /// be opened; kUnavailable if it cannot be written (disk full).
  static base::Result<StateLock> acquire(const std::string& dir);

  /// What the directory is known by: 16 hexadecimal digits.
  const std::string& instance() const { return instance_; }

  /// Who holds `dir` now, "process 42 on host db1"; nothing if nobody does, or it is not known.
  static std::optional<std::string> holder(const std::string& dir);

  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&& other) noexcept;
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;
  ~StateLock();

 private:
  explicit StateLock(int fd) : fd_(fd) {}

  int fd_;
  std::string instance_;
};

}  // namespace pikachu::store
