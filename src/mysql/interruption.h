#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/wake_event.h"

namespace pikachu::mysql {

/// Lets a stop request end whatever a connection of the client library waits for, at once.
///
/// The library waits for its socket through wait(), which waits for the stop as well. Where it does
/// not (inside a TLS handshake), the stop shuts the socket down.
///
/// Threads: one thread uses it (the connection's); stop requests come from any thread.
class Interruption {
 public:
  Interruption() = default;
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// From now on a stop request of `stop` ends the waiting. Costs nothing if it is the same as
  /// before.
  void watch(const std::stop_token& stop);
  bool stop_requested() const { return watched_.stop_requested(); }

  /// Each wait ends after `silence` from now on; no deadline.
  void limit_each_wait(std::chrono::milliseconds silence);
  /// All waits together end at `deadline` from now on.
  void limit_all_waits(std::chrono::steady_clock::time_point deadline);
  /// Whether the last wait ended because nothing came in time.
  bool timed_out() const { return timed_out_; }
  void forget_timeout() { timed_out_ = false; }

  /// Waits until `fd` can be read from or written to: 1. 0 in case of a timeout, -1 if stopped or
  /// in case of an error: what the library expects of its MARIADB_OPT_IO_WAIT callback.
  int wait(int fd, bool to_read);

  /// Takes note of the socket that a stop has to shut down.
  void remember_socket(int fd);
  /// Breaks the connection (RST), so that the server ends the dump thread at once even if it is
  /// blocked in a write: after a plain shutdown() it may go on trying for a minute, and MariaDB
  /// keeps the next dump with the same server_id waiting for it (observed on 10.11).
  void break_connection();

 private:
  struct Interrupt {
    Interruption* interruption;
    void operator()() const { interruption->interrupt(); }
  };
  void interrupt();

  base::WakeEvent wake_;
  std::chrono::milliseconds silence_{0};
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  bool timed_out_ = false;
  std::mutex mutex_;
  // A duplicate: the number of the library's own may be somebody else's when the stop comes.
  int socket_ = -1;  // guarded by mutex_
  std::stop_token watched_;
  std::optional<std::stop_callback<Interrupt>> on_stop_;
};

}  // namespace pikachu::mysql
