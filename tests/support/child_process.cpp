#include "tests/support/child_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 forgot to say that these are C.
extern "C" {
#include <sys/pidfd.h>
}

namespace pikachu::test {
namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (auto& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!added.contains(std::string(text.substr(0, text.find('='))))) result.emplace_back(text);
  }
  for (const auto& [name, value] : added) result.emplace_back(name).append("=").append(value);
  return result;
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  return ends;
}

}  // namespace

ChildProcess::ChildProcess(const Options& options) {
  // All that allocates is done before the fork: another thread may hold the allocator's lock.
  std::vector<std::string> command = options.command;
  std::vector<std::string> environment = merged_environment(options.environment);
  const std::vector<char*> arguments = pointers(command);
  const std::vector<char*> variables = pointers(environment);
  const auto output = make_pipe();
  const auto errors = make_pipe();

  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(output[1], STDOUT_FILENO);
    ::dup2(errors[1], STDERR_FILENO);
    if (options.directory.empty() || ::chdir(options.directory.c_str()) == 0) {
      ::execve(arguments[0], arguments.data(), variables.data());
    }
    ::_exit(127);
  }
  ::close(output[1]);
  ::close(errors[1]);
  pid_fd_ = ::pidfd_open(pid_, 0);
  if (pid_fd_ < 0) throw std::system_error(errno, std::generic_category(), "pidfd_open");
  collector_ = std::jthread([this, output, errors] { collect(output[0], errors[0]); });
}

ChildProcess::~ChildProcess() {
  send_signal(SIGKILL);
  wait(std::chrono::minutes(1));
  collector_.join();
  ::close(pid_fd_);
}

void ChildProcess::send_signal(int number) const {
  // By descriptor: the number may be somebody else's once the child has been waited for.
  ::pidfd_send_signal(pid_fd_, number, nullptr, 0);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds timeout) {
  pollfd ended{pid_fd_, POLLIN, 0};
  if (::poll(&ended, 1, static_cast<int>(timeout.count())) != 1) return std::nullopt;
  const std::lock_guard lock(wait_mutex_);
  if (!status_) {
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) return std::nullopt;
    status_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }
  return status_;
}

bool ChildProcess::wait_for_end_of_output(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return grown_.wait_for(lock, timeout, [&] { return closed_; });
}

std::string ChildProcess::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

std::string ChildProcess::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

bool ChildProcess::wait_for_errors(std::string_view text, std::chrono::milliseconds timeout,
                                   std::size_t from) const {
  std::unique_lock lock(mutex_);
  const auto found = [&] { return errors_.find(text, from) != std::string::npos; };
  grown_.wait_for(lock, timeout, [&] { return closed_ || found(); });
  return found();
}

void ChildProcess::collect(int output, int errors) {
  std::array<pollfd, 2> pipes{pollfd{output, POLLIN, 0}, pollfd{errors, POLLIN, 0}};
  std::array<char, 65536> buffer{};
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    if (::poll(pipes.data(), pipes.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes.at(i).revents == 0) continue;
      const ssize_t count = ::read(pipes.at(i).fd, buffer.data(), buffer.size());
      if (count <= 0) {
        ::close(pipes.at(i).fd);
        pipes.at(i).fd = -1;
        continue;
      }
      const std::lock_guard lock(mutex_);
      (i == 0 ? output_ : errors_).append(buffer.data(), static_cast<std::size_t>(count));
      grown_.notify_all();
    }
  }
  const std::lock_guard lock(mutex_);
  closed_ = true;
  grown_.notify_all();
}

}  // namespace pikachu::test
