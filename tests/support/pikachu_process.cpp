#include "tests/support/pikachu_process.h"

#include <csignal>
#include <cstdlib>
#include <random>

#include <arpa/inet.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pikachu::test {
namespace {

std::string binary() {
  const char* const named = std::getenv("PIKACHU_BINARY");
  return named != nullptr ? named : PIKACHU_BINARY;
}

}  // namespace

// Below the range that the kernel draws clients' ports from: one of those could be taken by any
// connection before the program under test listens on it, or connect to itself.
std::uint16_t free_port() {
  constexpr std::uint16_t kFirst = 10'000;
  constexpr std::uint16_t kLast = 32'000;
  std::random_device random;
  std::uniform_int_distribution<std::uint16_t> draw(kFirst, kLast);
  while (true) {
    const std::uint16_t port = draw(random);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
    const bool bound = ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(listener);
    if (bound) return port;
  }
}

std::optional<HttpAnswer> http_get(std::uint16_t port, const std::string& path) {
  httplib::Client client("127.0.0.1", port);
  client.set_connection_timeout(std::chrono::seconds(5));
  client.set_read_timeout(std::chrono::seconds(10));
  const auto result = client.Get(path);
  if (!result) return std::nullopt;
  return HttpAnswer{result->status, result->get_header_value("Content-Type"), result->body};
}

FinishedProgram run_pikachu(const std::vector<std::string>& arguments,
                            std::chrono::milliseconds timeout,
                            const std::filesystem::path& directory) {
  ChildProcess::Options options;
  options.command = {binary()};
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  options.directory = directory.string();
  ChildProcess process(options);
  auto status = process.wait(timeout);
  if (!status) {
    process.send_signal(SIGKILL);
    status = process.wait(std::chrono::minutes(1));
  }
  process.wait_for_end_of_output(std::chrono::seconds(10));
  return {status.value_or(-SIGKILL), process.output(), process.errors()};
}

PikachuProcess::PikachuProcess(std::string_view config) {
  write_config(config);
}

void PikachuProcess::write_config(std::string_view config) {
  directory_.write("config.yaml", config);
}

void PikachuProcess::start(const std::vector<std::string>& arguments,
                           const std::map<std::string, std::string>& environment) {
  ChildProcess::Options options;
  options.command = {binary(), "-config", "config.yaml"};
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  options.directory = directory_.path().string();
  options.environment = environment;
  process_ = std::make_unique<ChildProcess>(options);
}

bool PikachuProcess::running() {
  return process_ != nullptr && !process_->wait(std::chrono::milliseconds(0));
}

void PikachuProcess::kill() {
  process_->send_signal(SIGKILL);
  wait(std::chrono::minutes(1));
}

std::optional<int> PikachuProcess::terminate(std::chrono::milliseconds timeout) {
  process_->send_signal(SIGTERM);
  return wait(timeout);
}

void PikachuProcess::send_signal(int number) {
  process_->send_signal(number);
}

std::optional<int> PikachuProcess::wait(std::chrono::milliseconds timeout) {
  const auto status = process_->wait(timeout);
  // Its last lines may still be in the pipe.
  if (status) process_->wait_for_end_of_output(std::chrono::seconds(10));
  return status;
}

std::string PikachuProcess::log() const {
  return process_ ? process_->errors() : "";
}

bool PikachuProcess::wait_for_log(std::string_view text, std::chrono::milliseconds timeout) const {
  return process_->wait_for_errors(text, timeout);
}

bool PikachuProcess::wait_for_status(std::uint16_t port, const std::string& path, int status,
                                     std::chrono::milliseconds timeout) {
  return wait_for_answer(
      port, path, [status](const auto& answer) { return answer.status == status; }, timeout);
}

bool PikachuProcess::wait_for_transactions(std::uint16_t port, std::size_t count,
                                           std::chrono::milliseconds timeout) {
  const auto line = "\npikachu_pipeline_transactions_total " + std::to_string(count) + "\n";
  return wait_for_answer(
      port, "/metrics",
      [&line](const auto& answer) { return answer.body.find(line) != std::string::npos; }, timeout);
}

bool PikachuProcess::wait_for_answer(std::uint16_t port, const std::string& path,
                                     const std::function<bool(const HttpAnswer&)>& holds,
                                     std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto answer = http_get(port, path);
    if (answer && holds(*answer)) return true;
    // Its end would end the waiting as well.
    if (process_->wait(std::chrono::milliseconds(20))) return false;
  }
  return false;
}

}  // namespace pikachu::test
