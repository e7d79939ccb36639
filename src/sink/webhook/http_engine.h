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

struct CurlFunctions;

/// Drives any number of transfers on the calling thread: libcurl multi handles behind one epoll.
///
/// Each endpoint has a pool, a multi handle of its own. libcurl walks through all connections of a
/// multi handle whenever a transfer leaves it (observed with 7.88.1), so in a common one the hung
/// requests of one endpoint would slow down every request of the others.
///
/// It never lets libcurl queue a transfer (its pending list is slow and burns the time-out); the
/// caller decides how many it starts.
///
/// Threads: one owner. Lifetime: transfers must be finished or cancelled before it goes, and gone
/// before `curl` goes.
class HttpEngine {
 public:
  using Clock = std::chrono::steady_clock;

  /// `wake` interrupts wait() and is cleared by it. Throws std::system_error for want of
  /// descriptors.
  HttpEngine(const CurlFunctions& curl, const base::WakeEvent& wake);
  ~HttpEngine();
  HttpEngine(const HttpEngine&) = delete;
  HttpEngine& operator=(const HttpEngine&) = delete;

  /// Makes a pool that keeps at most `max_connections` open; the first is 0, the next 1.
  /// Throws std::runtime_error for want of memory or descriptors (libcurl takes two for each).
  void add_pool(std::size_t max_connections);

  /// For the construction of transfers.
  SocketWatch& sockets() { return sockets_; }
  const CurlFunctions& curl() const { return curl_; }

  /// Starts a prepared transfer; it is under way at the next wait(). One transfer, always one pool.
  void start(HttpTransfer& transfer, std::size_t pool);

  /// Gives up a transfer that was started in `pool`. Its connection is closed.
  void cancel(HttpTransfer& transfer, std::size_t pool);

  /// Moves all transfers on, waiting until `until` at most (nothing: as long as it takes) if there
  /// is nothing to do, and appends those that have finished to `finished`.
  void wait(std::optional<Clock::time_point> until, std::vector<HttpTransfer*>& finished);

 private:
  struct Callbacks;
  struct MultiDeleter {
    const CurlFunctions& curl;
    void operator()(void* multi) const noexcept;
  };
  /// What libcurl's callbacks get to know.
  struct Pool {
    HttpEngine& engine;
    std::size_t number;
    std::unique_ptr<void, MultiDeleter> multi;  ///< A CURLM*.
  };
  void act(std::size_t pool, int fd, int mask, std::vector<HttpTransfer*>& finished);
  void run_timers(std::vector<HttpTransfer*>& finished);

  const CurlFunctions& curl_;
  const base::WakeEvent& wake_;
  SocketWatch sockets_;
  std::vector<std::size_t> pool_of_socket_;   ///< By descriptor.
  std::vector<Clock::time_point> timers_;     ///< When libcurl wants to be called, by pool.
  std::vector<HttpTransfer*> stillborn_;      ///< Finished at start().
  std::vector<std::unique_ptr<Pool>> pools_;  ///< They close sockets: after sockets_.
};

}  // namespace pikachu::sink::webhook
