#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace pikachu::base {

/// A mutex that is given to those who wait in the order in which they came.
///
/// With std::mutex a thread that gives it back and wants it again at once mostly gets it, and
/// another may wait for seconds: for locks that are held long, and asked for by a busy thread
/// beside one that must not be late. Costs a microsecond more where threads wait.
///
/// Threads: any. Meets the standard's requirements of BasicLockable.
class FairMutex {
 public:
  FairMutex() = default;
  ~FairMutex() = default;
  FairMutex(const FairMutex&) = delete;
  FairMutex& operator=(const FairMutex&) = delete;

  void lock() {
    std::unique_lock lock(mutex_);
    const auto turn = end_++;
    turn_.wait(lock, [&] { return turn == now_; });
  }

  void unlock() {
    {
      const std::lock_guard lock(mutex_);
      ++now_;
    }
    turn_.notify_all();
  }

  /// How many threads have it or wait for it.
  std::uint64_t users() const {
    const std::lock_guard lock(mutex_);
    return end_ - now_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable turn_;
  // Guarded by mutex_:
  std::uint64_t now_ = 0;  ///< Whose turn it is.
  std::uint64_t end_ = 0;  ///< The next to come.
};

}  // namespace pikachu::base
