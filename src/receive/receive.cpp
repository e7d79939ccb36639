#include "receive/receive.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <iostream>

#include <sys/signalfd.h>
#include <unistd.h>

#include "base/wake_event.h"
#include "receive/http_server.h"
#include "receive/webhook_line.h"

namespace pikachu::receive {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

/// SIGINT and SIGTERM as a descriptor, for the thread and the time that it lives in.
class TerminationSignals {
 public:
  TerminationSignals() {
    sigset_t signals{};
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
    fd_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~TerminationSignals() {
    // One that has arrived is taken, or it would strike once it is unblocked.
    signalfd_siginfo taken{};
    while (::read(fd_, &taken, sizeof taken) > 0) {
    }
    ::close(fd_);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  TerminationSignals(const TerminationSignals&) = delete;
  TerminationSignals& operator=(const TerminationSignals&) = delete;

  int fd() const { return fd_; }

 private:
  sigset_t before_{};
  int fd_;
};

/// Prints, counts and answers as it was told.
class Receiver final : public RequestHandler {
 public:
  Receiver(const ReceiveOptions& options, std::ostream& out) : options_(options), out_(out) {}

  Response handle(const Request& request) override {
    ++received_;
    if (!options_.quiet) out_ << webhook_line(request, std::chrono::system_clock::now());
    const auto turn = std::min<std::uint64_t>(received_, options_.statuses.size()) - 1;
    Response response{.status = options_.statuses[turn], .delay = options_.delay};
    if (options_.fail_every != 0 && received_ % options_.fail_every == 0) response.status = 503;
    response.is_last = options_.count && received_ >= *options_.count;
    return response;
  }

  void idle() override { out_.flush(); }

  std::uint64_t received() const { return received_; }

 private:
  const ReceiveOptions& options_;
  std::ostream& out_;
  std::uint64_t received_ = 0;
};

}  // namespace

int run_receive(const ReceiveOptions& options, std::ostream& out, std::ostream& messages,
                const std::stop_token& stop) {
  const auto server = HttpServer::listen(options.listen);
  if (!server) {
    messages << "pikachu receive: " << server.error().message << std::endl;
    return server.error().code == base::ErrorCode::kInvalid ? kWrongUsage : kFailed;
  }
  const TerminationSignals signals;
  const base::WakeEvent stopped;
  const std::stop_callback on_stop(stop, [&stopped] { stopped.signal(); });
  messages << "pikachu receive: listening on http://" << (*server)->address() << std::endl;

  Receiver receiver(options, out);
  const std::array<int, 2> stop_fds{signals.fd(), stopped.fd()};
  (*server)->run(receiver, stop_fds);
  if (options.quiet) out << receiver.received() << " webhooks received\n";
  out.flush();
  return 0;
}

int run_receive(const ReceiveOptions& options, std::ostream& out) {
  return run_receive(options, out, std::cerr);
}

}  // namespace pikachu::receive
