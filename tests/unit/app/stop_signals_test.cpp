#include "app/stop_signals.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace pikachu::app {
namespace {

// Writes a byte where files must not have any: status 0 if that is an error like any other.
[[noreturn]] void write_beyond_the_limit() {
  const StopSignals signals;
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_FSIZE, &none);
  const int file = ::open("/tmp", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  const bool refused = ::write(file, "x", 1) == -1 && errno == EFBIG;
  ::_exit(refused ? EXIT_SUCCESS : EXIT_FAILURE);
}

TEST(StopSignals, LimitOnTheSizeOfFilesIsAnErrorOfTheWriteAndNoEnd) {
  EXPECT_EXIT(write_beyond_the_limit(), ::testing::ExitedWithCode(EXIT_SUCCESS), "");
}

}  // namespace
}  // namespace pikachu::app
