#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace pikachu::test {

/// A program that runs beside the test. What it writes is collected; it dies with this object, and
/// with the test.
///
/// Threads: all methods from any thread. The thread that constructs it must outlive it: the kernel
/// kills the child when that thread ends.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command;                ///< Path of the program and its arguments.
    std::string directory;                           ///< To run in; "" for the test's own.
    std::map<std::string, std::string> environment;  ///< On top of the test's own.
  };

  explicit ChildProcess(const Options& options);
  /// Kills it, if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  void send_signal(int number) const;

  /// Waits for its end: the exit status, or minus the number of the signal that killed it. Nothing
  /// if it still runs after `timeout`.
  std::optional<int> wait(std::chrono::milliseconds timeout);

  /// Waits until it, and all that it started, has closed its output: what is written is collected a
  /// moment after the program's end. False if that is not so after `timeout`.
  bool wait_for_end_of_output(std::chrono::milliseconds timeout) const;

  /// What it has written so far, to standard output and to standard error.
  std::string output() const;
  std::string errors() const;

  /// Waits until standard error contains `text`, from byte `from` on. False if it ended or
  /// `timeout` passed without.
  bool wait_for_errors(std::string_view text, std::chrono::milliseconds timeout,
                       std::size_t from = 0) const;

 private:
  void collect(int output, int errors);

  pid_t pid_ = -1;
  int pid_fd_ = -1;
  std::mutex wait_mutex_;
  std::optional<int> status_;  // guarded by wait_mutex_
  mutable std::mutex mutex_;
  mutable std::condition_variable grown_;
  std::string output_;   // guarded by mutex_
  std::string errors_;   // guarded by mutex_
  bool closed_ = false;  // guarded by mutex_: nothing more will be written
  std::jthread collector_;
};

}  // namespace pikachu::test
