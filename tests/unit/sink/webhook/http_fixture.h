#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pikachu::sink::webhook {

/// A request as it arrived.
struct SeenRequest {
  int connection = 0;  ///< From 1, in order of acceptance.
  std::string line;    ///< "POST /hook HTTP/1.1"
  std::vector<std::string> header_lines;
  std::string body;

  /// The value of a header, by its name in lower case; "" if there is none.
  std::string header(std::string_view name) const;
};

/// What the fixture does about a request.
struct Answer {
  enum class Kind { kReply, kRaw, kHang, kReset };
  Kind kind = Kind::kReply;
  int status = 200;
  std::string headers;  ///< Lines with their CRLF.
  std::string body;     ///< kRaw: everything that is sent before the connection is closed.

  static Answer reply(int status, std::string headers = {}, std::string body = {}) {
    return {Kind::kReply, status, std::move(headers), std::move(body)};
  }
  static Answer raw(std::string bytes) { return {Kind::kRaw, 0, {}, std::move(bytes)}; }
  static Answer hang() { return {Kind::kHang, 0, {}, {}}; }
  static Answer reset() { return {Kind::kReset, 0, {}, {}}; }
};

/// An HTTP server on a port of its own, one thread for each connection, which does as it is told:
/// answers, hangs until it is destroyed, or breaks off. The handler may block.
class HttpFixture {
 public:
  using Handler = std::function<Answer(const SeenRequest&)>;

  explicit HttpFixture(Handler handler);
  ~HttpFixture();
  HttpFixture(const HttpFixture&) = delete;
  HttpFixture& operator=(const HttpFixture&) = delete;

  /// "http://127.0.0.1:<port>/hook"
  std::string url() const;

  /// Waits until `count` requests have arrived, or 30 s; returns whether they have.
  bool wait_for(std::size_t count);

  /// All requests so far, in order of arrival.
  std::vector<SeenRequest> requests() const;

 private:
  void accept_connections();
  void serve(int fd, int connection);
  bool read_request(int fd, std::string& buffer, SeenRequest& request);
  bool act(int fd, const Answer& answer);

  const Handler handler_;
  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  // Guarded by mutex_:
  std::vector<SeenRequest> requests_;
  std::map<int, int> open_;  ///< Descriptor by connection.
  bool stopping_ = false;
  std::list<std::jthread> servers_;
  std::jthread acceptor_;
};

namespace fixture {

inline std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

inline bool receive_more(int fd, std::string& buffer) {
  std::array<char, 65536> bytes{};
  const auto count = ::recv(fd, bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  buffer.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

inline bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace fixture

inline std::string SeenRequest::header(std::string_view name) const {
  for (const auto& header_line : header_lines) {
    const auto colon = header_line.find(':');
    if (fixture::lower_case(header_line.substr(0, colon)) != name) continue;
    const auto begin = header_line.find_first_not_of(' ', colon + 1);
    return begin == std::string::npos ? std::string() : header_line.substr(begin);
  }
  return {};
}

inline HttpFixture::HttpFixture(Handler handler)
    : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = static_cast<sockaddr*>(static_cast<void*>(&address));
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 1024) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("no listening socket for the test server");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_connections(); });
}

inline HttpFixture::~HttpFixture() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [connection, fd] : open_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  servers_.clear();
  ::close(listener_);
}

inline std::string HttpFixture::url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/hook";
}

inline bool HttpFixture::wait_for(std::size_t count) {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, std::chrono::seconds(30),
                           [&] { return requests_.size() >= count; });
}

inline std::vector<SeenRequest> HttpFixture::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

inline void HttpFixture::accept_connections() {
  for (int connection = 1;; ++connection) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 && errno == EMFILE) {  // A test took all descriptors away for a while.
      std::this_thread::yield();
      continue;
    }
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(fd);
      return;
    }
    open_[connection] = fd;
    servers_.emplace_back([this, fd, connection] { serve(fd, connection); });
  }
}

inline void HttpFixture::serve(int fd, int connection) {
  std::string buffer;
  SeenRequest request;
  request.connection = connection;
  while (read_request(fd, buffer, request)) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    arrived_.notify_all();
    if (!act(fd, handler_(request))) break;
  }
  const std::lock_guard lock(mutex_);
  open_.erase(connection);
  ::close(fd);
}

inline bool HttpFixture::read_request(int fd, std::string& buffer, SeenRequest& request) {
  auto end = std::string::npos;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!fixture::receive_more(fd, buffer)) return false;
  }
  request.header_lines.clear();
  std::size_t line_begin = 0;
  while (line_begin <= end) {
    const auto line_end = std::min(buffer.find("\r\n", line_begin), end);
    request.header_lines.push_back(buffer.substr(line_begin, line_end - line_begin));
    line_begin = line_end + 2;
  }
  request.line = request.header_lines.front();
  request.header_lines.erase(request.header_lines.begin());
  buffer.erase(0, end + 4);
  const auto length = std::stoul("0" + request.header("content-length"));
  while (buffer.size() < length) {
    if (!fixture::receive_more(fd, buffer)) return false;
  }
  request.body = buffer.substr(0, length);
  buffer.erase(0, length);
  return true;
}

inline bool HttpFixture::act(int fd, const Answer& answer) {
  switch (answer.kind) {
    case Answer::Kind::kReply:
      return fixture::send_all(fd, "HTTP/1.1 " + std::to_string(answer.status) + " Told so\r\n" +
                                       answer.headers +
                                       "Content-Length: " + std::to_string(answer.body.size()) +
                                       "\r\n\r\n" + answer.body);
    case Answer::Kind::kRaw:
      fixture::send_all(fd, answer.body);
      return false;
    case Answer::Kind::kHang: {
      std::string ignored;
      while (fixture::receive_more(fd, ignored)) {
      }
      return false;
    }
    case Answer::Kind::kReset: {
      const linger at_once{.l_onoff = 1, .l_linger = 0};  // close() then sends a reset.
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      return false;
    }
  }
  return false;
}

}  // namespace pikachu::sink::webhook
