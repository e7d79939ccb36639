#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/wake_event.h"

namespace pikachu::test {

/// One request that arrived, complete.
struct ReceivedRequest {
  std::size_t connection = 0;  ///< Ordinal of the connection it came by, from 1.
  std::string method;
  std::string path;                            ///< With the query.
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;
  std::chrono::steady_clock::time_point arrived;

  /// The header's value, or "". REQUIRES: `name` in lower case.
  std::string header(std::string_view name) const;
};

/// What a receiver does about a request.
struct ReceiverAnswer {
  enum class Action : std::uint8_t {
    kAnswer,
    kHang,            ///< Says nothing until release() or the end.
    kClose,           ///< Closes the connection without a word.
    kReset,           ///< As kClose, by RST.
    kAnswerAndClose,  ///< Answers, and closes though nothing said that it would.
    kCut,             ///< Closes before the end of its answer.
  };
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::chrono::milliseconds delay{0};  ///< Before it answers; other connections do not wait.
  Action action = Action::kAnswer;
};

/// A webhook endpoint inside the test: a small HTTP/1.1 server on a free port of 127.0.0.1 that
/// keeps every request and answers as it is told. Takes any number of keep-alive connections;
/// requests are answered in their order on each. Understands Content-Length, chunked bodies and
/// Expect: 100-continue.
///
/// Threads: all methods from any thread.
class WebhookReceiver {
 public:
  using Responder = std::function<ReceiverAnswer(const ReceivedRequest&)>;
  using Requests = std::vector<ReceivedRequest>;

  WebhookReceiver();
  ~WebhookReceiver();
  WebhookReceiver(const WebhookReceiver&) = delete;
  WebhookReceiver& operator=(const WebhookReceiver&) = delete;

  std::uint16_t port() const { return port_; }
  /// "http://127.0.0.1:<port><path>"
  std::string url(std::string_view path) const;

  /// Answers requests for `path` so from now on; others get 200.
  void answer(const std::string& path, const ReceiverAnswer& answer);
  /// Asks `responder`, on the receiver's thread. It must not wait, nor call this object.
  void answer(const std::string& path, Responder responder);
  /// Answers the next requests for `path` so, one each, before what answer() said.
  void answer_next(const std::string& path, const std::vector<ReceiverAnswer>& answers);
  /// Answers everything that hangs on `path` with `answer`.
  void release(const std::string& path, const ReceiverAnswer& answer = {});

  /// Closes port and connections, as if the endpoint's host were down; come_back() opens the port
  /// again.
  void go_down();
  void come_back();

  /// What has arrived so far, in order of arrival; for one path, or all.
  Requests requests(std::string_view path = "") const;
  std::size_t count(std::string_view path = "") const;
  /// Forgets what has arrived.
  void clear();
  std::size_t open_connections() const;
  std::size_t hanging(const std::string& path) const;

  /// Waits until `done` holds for all that has arrived. False after `timeout`.
  bool wait_for(const std::function<bool(const Requests&)>& done,
                std::chrono::milliseconds timeout) const;
  /// Waits for `count` requests for `path` ("" for all paths).
  bool wait_for_count(std::string_view path, std::size_t count,
                      std::chrono::milliseconds timeout) const;

 private:
  struct Connection;

  void open_port();
  void serve(const std::stop_token& stop);
  void accept_connections();
  void read_from(Connection& connection);
  void parse(Connection& connection);
  bool parse_request(Connection& connection);
  void take(Connection& connection, ReceivedRequest request);
  void reply(Connection& connection, const ReceiverAnswer& answer);
  void write_to(Connection& connection);
  void run_timers();
  int next_timer_ms() const;

  std::uint16_t port_ = 0;
  base::WakeEvent wake_;
  mutable std::mutex mutex_;  // guards all below
  mutable std::condition_variable arrived_;
  int listener_ = -1;
  bool down_ = false;
  std::size_t connections_seen_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::map<std::string, Responder> responders_;
  std::map<std::string, std::deque<ReceiverAnswer>> next_answers_;
  Requests requests_;
  std::jthread server_;
};

}  // namespace pikachu::test
