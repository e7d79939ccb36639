#include "tests/support/stall_meter.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace pikachu::test {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kPause{20};
constexpr std::size_t kBytes = 8'192;

}  // namespace

StallMeter::StallMeter() : thread_([this](const std::stop_token& stop) { run(stop); }) {
}

milliseconds StallMeter::take_longest() {
  const std::lock_guard lock(mutex_);
  const auto under_way = std::chrono::duration_cast<milliseconds>(Clock::now() - due_);
  return std::max(std::exchange(longest_, milliseconds(0)), under_way);
}

void StallMeter::run(const std::stop_token& stop) {
  const auto path = (directory_.path() / "stall").string();
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): the mode is open's third argument.
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const std::array<char, kBytes> bytes{};
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      const auto late = std::chrono::duration_cast<milliseconds>(Clock::now() - due_);
      longest_ = std::max(longest_, late);
      due_ = Clock::now() + kPause;
      wake_.wait_until(lock, stop, due_, [] { return false; });
    }
    // Where it can't be written, what is measured is the processors alone.
    if (::pwrite(fd, bytes.data(), bytes.size(), 0) > 0) ::fdatasync(fd);
  }
  ::close(fd);
}

}  // namespace pikachu::test
