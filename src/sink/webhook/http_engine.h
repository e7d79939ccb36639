#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/wake_event.h"
#include "sink/webhook/http_transfer.h"
#include "sink/webhook/socket_watch.h"

namespace pikachu::sink::webhook {

/// libcurl's own global state, which must be there before anything else of it and after.
/// Counted: any number may exist.
class CurlLibrary {
 public:
  /// Throws std::runtime_error if libcurl cannot be initialised.
  CurlLibrary();
  ~CurlLibrary();
  CurlLibrary(const CurlLibrary&) = delete;
  CurlLibrary& operator=(const CurlLibrary&) = delete;
};

/// Drives any number of transfers on the calling thread: a libcurl multi handle behind an epoll.
///
/// It never lets libcurl queue a transfer (its pending list is slow and burns the time-out); the
/// caller decides how many it starts.
///
/// Threads: one owner. Lifetime: transfers must be finished or cancelled before it goes.
class HttpEngine {
 public:
  using Clock = std::chrono::steady_clock;

  /// Keeps at most `max_connections` open. `wake` interrupts wait() and is cleared by it.
  /// Throws std::runtime_error or std::system_error for want of memory or descriptors.
  HttpEngine(std::size_t max_connections, const base::WakeEvent& wake);
  ~HttpEngine();
  HttpEngine(const HttpEngine&) = delete;
  HttpEngine& operator=(const HttpEngine&) = delete;

  /// For the construction of transfers.
  SocketWatch& sockets() { return sockets_; }

  /// Starts a prepared transfer; it is under way at the next wait().
  void start(HttpTransfer& transfer);

  /// Gives up a transfer that was started. Its connection is closed.
  void cancel(HttpTransfer& transfer);

  /// Moves all transfers on, waiting until `until` at most (nothing: as long as it takes) if there
  /// is nothing to do, and appends those that have finished to `finished`.
  void wait(std::optional<Clock::time_point> until, std::vector<HttpTransfer*>& finished);

 private:
  struct Callbacks;
  struct MultiDeleter {
    void operator()(void* multi) const noexcept;
  };
  void take_finished(std::vector<HttpTransfer*>& finished);

  const base::WakeEvent& wake_;
  SocketWatch sockets_;
  std::optional<Clock::time_point> timer_;     ///< When libcurl wants to be called.
  std::vector<HttpTransfer*> stillborn_;       ///< Finished at start().
  std::unique_ptr<void, MultiDeleter> multi_;  ///< A CURLM*; closes sockets: before sockets_.
};

}  // namespace pikachu::sink::webhook
