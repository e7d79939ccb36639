#include "receive/http_server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pikachu::receive {
namespace {

constexpr std::size_t kBufferBytes = 64U << 10U;

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 413:
      return "Content Too Large";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

std::string system_message(int error) {
  return std::system_category().message(error);
}

struct HostAndPort {
  std::string host;
  std::string port;
};

bool is_port(std::string_view text) {
  std::uint16_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end;
}

base::Result<HostAndPort> split(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || !is_port(std::string_view(address).substr(colon + 1))) {
    return base::fail(base::ErrorCode::kInvalid,
                      "-listen: \"" + address +
                          "\" is not HOST:PORT with a port from 0 to 65535; write it like "
                          "127.0.0.1:9000");
  }
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return HostAndPort{host, address.substr(colon + 1)};
}

struct AddressDeleter {
  void operator()(addrinfo* addresses) const noexcept { ::freeaddrinfo(addresses); }
};

std::string printable_address(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const generic = static_cast<sockaddr*>(static_cast<void*>(&storage));
  ::getsockname(socket, generic, &size);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  ::getnameinfo(generic, size, host.data(), host.size(), port.data(), port.size(),
                NI_NUMERICHOST | NI_NUMERICSERV);
  const std::string name = host.data();
  return (storage.ss_family == AF_INET6 ? "[" + name + "]" : name) + ":" + port.data();
}

void add_to_epoll(int epoll, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

struct HttpServer::Connection {
  Connection(int descriptor, std::uint64_t ordinal) : fd(descriptor), number(ordinal) {}
  ~Connection() { ::close(fd); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const int fd;
  const std::uint64_t number;
  RequestParser parser;
  std::string input;   ///< Read, but behind a request that waits for its answer.
  std::string output;  ///< Not sent yet.
  std::uint32_t events = EPOLLIN;
  bool is_waiting = false;  ///< For the delay of its answer.
  bool is_closing = false;  ///< Once its output is sent.
  bool is_gone = false;     ///< The peer cannot be talked to any more.
};

base::Result<std::unique_ptr<HttpServer>> HttpServer::listen(const std::string& address) {
  const auto parts = split(address);
  if (!parts) return tl::unexpected<base::Error>(parts.error());
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const char* const host = parts->host.empty() ? nullptr : parts->host.c_str();
  if (const int error = ::getaddrinfo(host, parts->port.c_str(), &hints, &found); error != 0) {
    // EAI_AGAIN: the name could not be looked up now, which says nothing about the name.
    return base::fail(
        error == EAI_AGAIN ? base::ErrorCode::kUnavailable : base::ErrorCode::kInvalid,
        "cannot listen on " + address + ": " + ::gai_strerror(error) +
            "; write -listen like 127.0.0.1:9000");
  }
  const std::unique_ptr<addrinfo, AddressDeleter> addresses(found);

  const int listener = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int one = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (::bind(listener, found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(listener, SOMAXCONN) != 0) {
    const int error = errno;
    ::close(listener);
    return base::fail(base::ErrorCode::kUnavailable, "cannot listen on " + address + ": " +
                                                         system_message(error) +
                                                         "; choose another with -listen HOST:PORT");
  }
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) {
    const int error = errno;
    ::close(listener);
    return base::fail(base::ErrorCode::kUnavailable, "epoll_create1: " + system_message(error));
  }
  return std::unique_ptr<HttpServer>(new HttpServer(listener, epoll, printable_address(listener)));
}

HttpServer::HttpServer(int listener, int epoll, std::string address)
    : listener_(listener), epoll_(epoll), address_(std::move(address)), buffer_(kBufferBytes) {
  add_to_epoll(epoll_, listener_, EPOLLIN);
}

HttpServer::~HttpServer() {
  ::close(epoll_);
  ::close(listener_);
}

void HttpServer::run(RequestHandler& handler, std::span<const int> stop_fds) {
  for (const int fd : stop_fds) add_to_epoll(epoll_, fd, EPOLLIN);
  std::array<epoll_event, 256> events{};
  is_done_ = false;
  while (!is_done_) {
    const int count =
        ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < count && !is_done_; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      const int fd = event.data.fd;
      if (fd == listener_) {
        accept_connections();
      } else if (std::find(stop_fds.begin(), stop_fds.end(), fd) != stop_fds.end()) {
        is_done_ = true;
      } else if (auto& connection = connections_[static_cast<std::size_t>(fd)]) {
        serve(*connection, event.events, handler);
      }
    }
    if (!is_done_) ring_alarms(handler);
    handler.idle();
  }
  for (const int fd : stop_fds) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

int HttpServer::wait_ms() const {
  if (alarms_.empty()) return -1;
  const auto left = alarms_.top().due - std::chrono::steady_clock::now();
  const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left_ms, 0, 60'000));
}

void HttpServer::accept_connections() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      // Out of descriptors: the listener would be reported again and again until one is free.
      if (errno == EMFILE || errno == ENFILE) set_accepting(false);
      return;
    }
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const auto index = static_cast<std::size_t>(fd);
    if (index >= connections_.size()) connections_.resize(index + 64);
    connections_[index] = std::make_unique<Connection>(fd, ++last_connection_);
    add_to_epoll(epoll_, fd, EPOLLIN);
  }
}

void HttpServer::set_accepting(bool accepting) {
  if (is_accepting_ == accepting) return;
  is_accepting_ = accepting;
  epoll_event event{};
  event.events = accepting ? EPOLLIN : 0U;
  event.data.fd = listener_;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, listener_, &event);
}

void HttpServer::serve(Connection& connection, std::uint32_t events, RequestHandler& handler) {
  if ((events & EPOLLIN) != 0) {
    read(connection, handler);
  } else if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    connection.is_gone = true;
  }
  flush(connection);
}

void HttpServer::read(Connection& connection, RequestHandler& handler) {
  const auto count = ::recv(connection.fd, buffer_.data(), buffer_.size(), 0);
  if (count > 0) {
    process(connection, {buffer_.data(), static_cast<std::size_t>(count)}, handler);
  } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
    connection.is_gone = true;
  }
}

void HttpServer::process(Connection& connection, std::string_view bytes, RequestHandler& handler) {
  auto& parser = connection.parser;
  while (!bytes.empty() && !connection.is_waiting && !connection.is_closing && !is_done_) {
    bytes.remove_prefix(parser.feed(bytes));
    if (parser.has_failed()) {
      connection.is_closing = true;
      respond(connection, parser.failure().status, parser.failure().reason + "\n");
    } else if (parser.is_complete()) {
      const auto request = parser.take();
      if (!request.keep_alive) connection.is_closing = true;
      const auto response = handler.handle(request);
      if (response.delay > std::chrono::milliseconds{0}) {
        connection.is_waiting = true;
        alarms_.push({std::chrono::steady_clock::now() + response.delay, connection.fd,
                      connection.number, response.status, response.is_last});
      } else {
        respond(connection, response.status, {});
        is_done_ = response.is_last;
      }
    } else if (parser.take_expectation()) {
      connection.output += "HTTP/1.1 100 Continue\r\n\r\n";
    }
  }
  if (connection.is_waiting) connection.input.append(bytes);
}

void HttpServer::respond(Connection& connection, int status, std::string_view text) {
  auto& output = connection.output;
  output.append("HTTP/1.1 ").append(std::to_string(status)).append(" ");
  output.append(reason_phrase(status)).append("\r\n");
  if (connection.is_closing) output.append("Connection: close\r\n");
  if (status != 204 && status != 304) {
    output.append("Content-Length: ").append(std::to_string(text.size())).append("\r\n");
  }
  output.append("\r\n").append(text);
}

void HttpServer::ring_alarms(RequestHandler& handler) {
  const auto now = std::chrono::steady_clock::now();
  while (!alarms_.empty() && alarms_.top().due <= now && !is_done_) {
    const auto alarm = alarms_.top();
    alarms_.pop();
    const auto& entry = connections_[static_cast<std::size_t>(alarm.fd)];
    if (!entry || entry->number != alarm.connection) continue;  // It is gone.
    auto& connection = *entry;
    connection.is_waiting = false;
    respond(connection, alarm.status, {});
    is_done_ = alarm.is_last;
    const auto input = std::exchange(connection.input, {});
    process(connection, input, handler);
    flush(connection);
  }
}

void HttpServer::flush(Connection& connection) {
  auto& output = connection.output;
  while (!output.empty() && !connection.is_gone) {
    const auto count = ::send(connection.fd, output.data(), output.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      output.erase(0, static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      connection.is_gone = true;
    }
  }
  const bool is_finished =
      connection.is_closing && !connection.is_waiting && connection.output.empty();
  if (connection.is_gone || is_finished) {
    drop(connection);
    return;
  }
  std::uint32_t events = 0;
  if (!output.empty()) {
    events = EPOLLOUT;  // A peer that does not read is not read from.
  } else if (!connection.is_waiting) {
    events = EPOLLIN;
  }
  if (events == connection.events) return;
  connection.events = events;
  epoll_event event{};
  event.events = events;
  event.data.fd = connection.fd;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void HttpServer::drop(const Connection& connection) {
  // Unread input would turn the close into a reset, and that could overtake the answer.
  if (!connection.is_gone) ::shutdown(connection.fd, SHUT_WR);
  while (!connection.is_gone && ::recv(connection.fd, buffer_.data(), buffer_.size(), 0) > 0) {
  }
  connections_[static_cast<std::size_t>(connection.fd)].reset();
  set_accepting(true);
}

}  // namespace pikachu::receive
