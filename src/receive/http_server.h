#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "receive/request_parser.h"

namespace pikachu::receive {

/// What to answer, and when.
struct Response {
  int status = 200;
  std::chrono::milliseconds delay{0};  ///< The connection waits for it; the others do not.
  bool is_last = false;                ///< The server ends once this is sent.
};

/// Whom the server asks. Threads: the one in HttpServer::run().
class RequestHandler {
 public:
  RequestHandler() = default;
  virtual ~RequestHandler() = default;
  RequestHandler(const RequestHandler&) = delete;
  RequestHandler& operator=(const RequestHandler&) = delete;

  virtual Response handle(const Request& request) = 0;
  /// The server has nothing to do for now: a good moment to flush.
  virtual void idle() {}
};

/// An HTTP/1.1 server on one thread: many connections, kept alive, requests of each in turn.
///
/// Made to stand under a sender: it answers before it reads the next request of a connection, holds
/// back a peer that does not read, and says what is wrong with a bad request before it hangs up.
///
/// Threads: one owner.
class HttpServer {
 public:
  /// Listens on `address`, "HOST:PORT" or "[IPV6]:PORT"; port 0 picks a free one.
  /// Errors: kInvalid for an address that is none, kUnavailable if it cannot be had.
  static base::Result<std::unique_ptr<HttpServer>> listen(const std::string& address);

  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// "127.0.0.1:9000", with the port that it got.
  const std::string& address() const { return address_; }

  /// Serves until one of `stop_fds` is readable, or the handler's last response is sent.
  void run(RequestHandler& handler, std::span<const int> stop_fds);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Connection;
  struct Alarm {
    TimePoint due;
    int fd = -1;
    std::uint64_t connection = 0;  ///< Its number: the descriptor may belong to another by then.
    int status = 200;
    bool is_last = false;
    bool operator>(const Alarm& other) const { return due > other.due; }
  };

  HttpServer(int listener, int epoll, std::string address);
  void accept_connections();
  void set_accepting(bool accepting);
  void serve(Connection& connection, std::uint32_t events, RequestHandler& handler);
  void read(Connection& connection, RequestHandler& handler);
  void process(Connection& connection, std::string_view bytes, RequestHandler& handler);
  void respond(Connection& connection, int status, std::string_view text);
  void ring_alarms(RequestHandler& handler);
  void flush(Connection& connection);
  void drop(const Connection& connection);
  int wait_ms() const;

  const int listener_;
  const int epoll_;
  const std::string address_;
  bool is_accepting_ = true;
  bool is_done_ = false;
  std::uint64_t last_connection_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;  ///< By descriptor.
  std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> alarms_;
  std::vector<char> buffer_;
};

}  // namespace pikachu::receive
