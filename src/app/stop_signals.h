#pragma once

#include "base/wake_event.h"

namespace pikachu::app {

/// SIGTERM, SIGINT and SIGHUP as something to wait for, instead of handlers.
///
/// Threads: make it before any other thread, so that all inherit the blocked signals.
class StopSignals {
 public:
  /// Blocks the signals, and ignores SIGPIPE and SIGXFSZ: a limit on the size of files (ulimit -f,
  /// LimitFSIZE of systemd) is a full disk, and no reason to end.
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  enum class Event { kStop, kReload, kWoken };
  /// Waits for SIGTERM or SIGINT (kStop), SIGHUP (kReload) or for `other` to be signalled (kWoken).
  Event wait(const base::WakeEvent& other);

 private:
  int fd_ = -1;
};

}  // namespace pikachu::app
