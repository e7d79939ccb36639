#include "tests/support/receiver.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <optional>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pikachu::test {
namespace {

using Clock = std::chrono::steady_clock;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// A chunked body at the start of `text`: how many bytes it takes, or nothing if it is not complete.
std::optional<std::size_t> read_chunks(std::string_view text, std::string& body) {
  std::size_t at = 0;
  for (;;) {
    const auto line_end = text.find("\r\n", at);
    if (line_end == std::string_view::npos) return std::nullopt;
    const std::size_t size =
        std::stoul("0" + std::string(text.substr(at, line_end - at)), nullptr, 16);
    at = line_end + 2;
    if (text.size() < at + size + 2) return std::nullopt;
    body.append(text.substr(at, size));
    at += size + 2;
    if (size == 0) return at;
  }
}

ReceivedRequest read_head(std::string_view head) {
  ReceivedRequest request;
  auto line_end = head.find("\r\n");
  const auto line = head.substr(0, line_end);
  const auto space = line.find(' ');
  request.method = line.substr(0, space);
  request.path = line.substr(space + 1, line.rfind(' ') - space - 1);
  while (line_end != std::string_view::npos) {
    head.remove_prefix(line_end + 2);
    line_end = head.find("\r\n");
    const auto header = head.substr(0, line_end);
    const auto colon = header.find(':');
    if (colon == std::string_view::npos) continue;
    request.headers[lower_case(std::string(header.substr(0, colon)))] =
        trimmed(header.substr(colon + 1));
  }
  return request;
}

}  // namespace

struct WebhookReceiver::Connection {
  int fd = -1;
  std::size_t ordinal = 0;
  std::string input;
  std::string output;
  bool asked_to_continue = false;
  bool close_after_output = false;
  bool closed = false;
  // The request that waits for its answer, if any: nothing more is read from the connection before.
  std::optional<std::string> pending_path;
  ReceiverAnswer pending_answer;
  std::optional<Clock::time_point> answer_at;  // empty: it hangs
};

std::string ReceivedRequest::header(std::string_view name) const {
  const auto found = headers.find(std::string(name));
  return found == headers.end() ? "" : found->second;
}

WebhookReceiver::WebhookReceiver() {
  open_port();
  server_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

WebhookReceiver::~WebhookReceiver() {
  server_.request_stop();
  wake_.signal();
  server_.join();
  for (const auto& connection : connections_) {
    if (!connection->closed) ::close(connection->fd);
  }
  if (listener_ >= 0) ::close(listener_);
}

void WebhookReceiver::open_port() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "opening the receiver's port");
  }
  port_ = ntohs(address.sin_port);
}

std::string WebhookReceiver::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void WebhookReceiver::answer(const std::string& path, const ReceiverAnswer& answer) {
  this->answer(path, [answer](const ReceivedRequest&) { return answer; });
}

void WebhookReceiver::answer(const std::string& path, Responder responder) {
  const std::lock_guard lock(mutex_);
  responders_[path] = std::move(responder);
}

void WebhookReceiver::answer_next(const std::string& path,
                                  const std::vector<ReceiverAnswer>& answers) {
  const std::lock_guard lock(mutex_);
  auto& next = next_answers_[path];
  next.insert(next.end(), answers.begin(), answers.end());
}

void WebhookReceiver::release(const std::string& path, const ReceiverAnswer& answer) {
  const std::lock_guard lock(mutex_);
  for (const auto& connection : connections_) {
    if (connection->pending_path != path || connection->answer_at) continue;
    connection->pending_answer = answer;
    connection->answer_at = Clock::now() + answer.delay;
  }
  wake_.signal();
}

void WebhookReceiver::go_down() {
  const std::lock_guard lock(mutex_);
  down_ = true;
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
  for (const auto& connection : connections_) ::shutdown(connection->fd, SHUT_RDWR);
  wake_.signal();
}

void WebhookReceiver::come_back() {
  const std::lock_guard lock(mutex_);
  if (!down_) return;
  open_port();
  down_ = false;
  wake_.signal();
}

WebhookReceiver::Requests WebhookReceiver::requests(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  if (path.empty()) return requests_;
  Requests result;
  std::copy_if(requests_.begin(), requests_.end(), std::back_inserter(result),
               [&](const ReceivedRequest& request) { return request.path == path; });
  return result;
}

std::size_t WebhookReceiver::count(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      requests_.begin(), requests_.end(),
      [&](const ReceivedRequest& request) { return path.empty() || request.path == path; }));
}

void WebhookReceiver::clear() {
  const std::lock_guard lock(mutex_);
  requests_.clear();
}

std::size_t WebhookReceiver::open_connections() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

std::size_t WebhookReceiver::hanging(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(), [&](const auto& connection) {
        return connection->pending_path == path && !connection->answer_at;
      }));
}

bool WebhookReceiver::wait_for(const std::function<bool(const Requests&)>& done,
                               std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, timeout, [&] { return done(requests_); });
}

bool WebhookReceiver::wait_for_count(std::string_view path, std::size_t count,
                                     std::chrono::milliseconds timeout) const {
  return wait_for(
      [&](const Requests& requests) {
        const auto matching = std::count_if(
            requests.begin(), requests.end(),
            [&](const ReceivedRequest& request) { return path.empty() || request.path == path; });
        return static_cast<std::size_t>(matching) >= count;
      },
      timeout);
}

void WebhookReceiver::serve(const std::stop_token& stop) {
  std::vector<pollfd> waits;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    waits = {{wake_.fd(), POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& connection : connections_) {
      // Of a connection that waits for its answer only the end is of interest.
      const int events = POLLRDHUP | (connection->pending_path ? 0 : POLLIN);
      waits.push_back({connection->fd,
                       static_cast<short>(connection->output.empty() ? events : events | POLLOUT),
                       0});
    }
    const int timeout = next_timer_ms();
    lock.unlock();
    ::poll(waits.data(), waits.size(), timeout);
    wake_.clear();
    lock.lock();

    for (std::size_t i = 2; i < waits.size(); ++i) {
      Connection& connection = *connections_[i - 2];
      if ((waits[i].revents & POLLOUT) != 0) write_to(connection);
      if ((waits[i].revents & ~POLLOUT) != 0 && !connection.closed) read_from(connection);
    }
    if ((waits[1].revents & POLLIN) != 0 && listener_ >= 0) accept_connections();
    run_timers();
    std::erase_if(connections_, [](const auto& connection) { return connection->closed; });
  }
}

void WebhookReceiver::accept_connections() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    connection->ordinal = ++connections_seen_;
    connections_.push_back(std::move(connection));
  }
}

void WebhookReceiver::read_from(Connection& connection) {
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t count = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (count <= 0) {
      ::close(connection.fd);
      connection.closed = true;
      return;
    }
    connection.input.append(buffer.data(), static_cast<std::size_t>(count));
  }
  parse(connection);
}

void WebhookReceiver::parse(Connection& connection) {
  while (!connection.closed && !connection.pending_path && parse_request(connection)) {
  }
}

bool WebhookReceiver::parse_request(Connection& connection) {
  const auto head_end = connection.input.find("\r\n\r\n");
  if (head_end == std::string::npos) return false;
  const std::string_view input = connection.input;
  ReceivedRequest request = read_head(input.substr(0, head_end));
  const auto rest = input.substr(head_end + 4);
  if (lower_case(request.header("expect")) == "100-continue" && !connection.asked_to_continue) {
    connection.asked_to_continue = true;
    connection.output += "HTTP/1.1 100 Continue\r\n\r\n";
    write_to(connection);
  }
  std::size_t body_size = 0;
  if (lower_case(request.header("transfer-encoding")) == "chunked") {
    const auto taken = read_chunks(rest, request.body);
    if (!taken) return false;
    body_size = *taken;
  } else {
    body_size = std::stoul("0" + request.header("content-length"));
    if (rest.size() < body_size) return false;
    request.body = rest.substr(0, body_size);
  }
  connection.input.erase(0, head_end + 4 + body_size);
  connection.asked_to_continue = false;
  connection.close_after_output = lower_case(request.header("connection")) == "close";
  take(connection, std::move(request));
  return true;
}

void WebhookReceiver::take(Connection& connection, ReceivedRequest request) {
  request.connection = connection.ordinal;
  request.arrived = Clock::now();
  ReceiverAnswer answer;
  auto& next = next_answers_[request.path];
  if (!next.empty()) {
    answer = std::move(next.front());
    next.pop_front();
  } else if (const auto found = responders_.find(request.path); found != responders_.end()) {
    answer = found->second(request);
  }
  connection.pending_path = request.path;
  connection.answer_at.reset();
  if (answer.action != ReceiverAnswer::Action::kHang) {
    connection.answer_at = request.arrived + answer.delay;
  }
  const bool at_once = connection.answer_at && answer.delay.count() == 0;
  connection.pending_answer = std::move(answer);
  requests_.push_back(std::move(request));
  arrived_.notify_all();
  if (at_once) reply(connection, connection.pending_answer);
}

void WebhookReceiver::reply(Connection& connection, const ReceiverAnswer& answer) {
  connection.pending_path.reset();
  connection.answer_at.reset();
  using Action = ReceiverAnswer::Action;
  if (answer.action == Action::kClose || answer.action == Action::kReset) {
    const linger at_once{answer.action == Action::kReset ? 1 : 0, 0};
    ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(connection.fd);
    connection.closed = true;
    return;
  }
  connection.output += "HTTP/1.1 " + std::to_string(answer.status) + " Answer\r\n";
  for (const auto& [name, value] : answer.headers) {
    connection.output += name;
    connection.output += ": " + value + "\r\n";
  }
  const auto promised = answer.body.size() + (answer.action == Action::kCut ? 1 : 0);
  connection.output += "Content-Length: " + std::to_string(promised) + "\r\n\r\n";
  connection.output += answer.body;
  if (answer.action == Action::kAnswerAndClose || answer.action == Action::kCut) {
    connection.close_after_output = true;
  }
  write_to(connection);
}

void WebhookReceiver::write_to(Connection& connection) {
  while (!connection.output.empty() && !connection.closed) {
    const ssize_t count =
        ::send(connection.fd, connection.output.data(), connection.output.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      ::close(connection.fd);
      connection.closed = true;
      return;
    }
    connection.output.erase(0, static_cast<std::size_t>(count));
  }
  if (connection.close_after_output && !connection.pending_path && !connection.closed) {
    ::shutdown(connection.fd, SHUT_WR);
  }
}

void WebhookReceiver::run_timers() {
  const auto now = Clock::now();
  for (const auto& connection : connections_) {
    if (connection->closed || !connection->answer_at || *connection->answer_at > now) continue;
    reply(*connection, connection->pending_answer);
    parse(*connection);
  }
}

int WebhookReceiver::next_timer_ms() const {
  std::optional<Clock::time_point> first;
  for (const auto& connection : connections_) {
    if (connection->answer_at && (!first || *connection->answer_at < *first)) {
      first = connection->answer_at;
    }
  }
  if (!first) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*first - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

}  // namespace pikachu::test
