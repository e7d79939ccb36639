#include "tests/support/tcp_relay.h"

#include <array>
#include <cstddef>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pikachu::test {
namespace {

sockaddr_in local(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
sockaddr* as_generic(sockaddr_in& address) {
  return reinterpret_cast<sockaddr*>(&address);
}
// NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)

}  // namespace

TcpRelay::TcpRelay(std::uint16_t target_port) : target_port_(target_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = local(0);
  socklen_t size = sizeof address;
  ::bind(listener_, as_generic(address), size);
  ::listen(listener_, 64);
  ::getsockname(listener_, as_generic(address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

TcpRelay::~TcpRelay() {
  thread_.request_stop();
  wake_.signal();
  thread_.join();
  for (const int socket : sockets_) ::close(socket);
  ::close(listener_);
}

void TcpRelay::freeze() {
  frozen_ = true;
  wake_.signal();
}

void TcpRelay::run(const std::stop_token& stop) {
  while (!frozen_ && !stop.stop_requested()) {
    std::vector<pollfd> waits{{wake_.fd(), POLLIN, 0}, {listener_, POLLIN, 0}};
    constexpr std::size_t kOthers = 2;
    for (const int socket : sockets_) waits.push_back({socket, POLLIN, 0});
    if (::poll(waits.data(), waits.size(), -1) < 0 || waits[0].revents != 0) continue;
    std::vector<int> left;
    for (std::size_t i = 0; i < sockets_.size(); i += 2) {
      const int a = sockets_[i];
      const int b = sockets_[i + 1];
      const bool lives = (waits[kOthers + i].revents == 0 || pass_on(a, b)) &&
                         (waits[kOthers + i + 1].revents == 0 || pass_on(b, a));
      if (lives) {
        left.insert(left.end(), {a, b});
      } else {
        ::close(a);
        ::close(b);
      }
    }
    sockets_ = std::move(left);
    if (waits[1].revents != 0) connect(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
  }
}

void TcpRelay::connect(int client) {
  if (client < 0) return;
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = local(target_port_);
  if (::connect(server, as_generic(address), sizeof address) != 0) {
    ::close(server);
    ::close(client);
    return;
  }
  sockets_.insert(sockets_.end(), {client, server});
}

bool TcpRelay::pass_on(int from, int to) {
  std::array<char, 65'536> bytes{};
  const auto size = ::recv(from, bytes.data(), bytes.size(), 0);
  if (size <= 0) return false;
  for (ssize_t sent = 0; sent < size;) {
    const auto done =
        ::send(to, bytes.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
    if (done <= 0) return false;
    sent += done;
  }
  return true;
}

}  // namespace pikachu::test
