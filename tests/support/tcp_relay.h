#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/wake_event.h"

namespace pikachu::test {

/// A path to a server on 127.0.0.1 that can be lost without a word: once it is frozen neither side
/// hears of the other any more, not even that it is gone, as when a machine or a link dies.
///
/// Threads: all methods from any thread.
class TcpRelay {
 public:
  /// Takes connections on a free port of 127.0.0.1 and passes their bytes on to `target_port`.
  explicit TcpRelay(std::uint16_t target_port);
  /// Closes all connections.
  ~TcpRelay();
  TcpRelay(const TcpRelay&) = delete;
  TcpRelay& operator=(const TcpRelay&) = delete;

  std::uint16_t port() const { return port_; }
  /// Passes nothing on from now on, and closes nothing.
  void freeze();

 private:
  void run(const std::stop_token& stop);
  void connect(int client);
  static bool pass_on(int from, int to);

  const std::uint16_t target_port_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> frozen_ = false;
  std::vector<int> sockets_;  ///< Used by the thread: each even one talks with the one behind it.
  base::WakeEvent wake_;
  std::jthread thread_;
};

}  // namespace pikachu::test
