#include "decode/output.h"

#include <array>
#include <csignal>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/decode/binlog_bytes.h"

namespace pikachu::decode {
namespace {

using base::ErrorCode;

TEST(Output, LinesArriveInOrderWhateverTheirSize) {
  const testing::TestDirectory directory;
  const int file = ::open(directory.path("out").c_str(), O_CREAT | O_WRONLY, 0600);
  std::string expected;
  {
    Output output(file);
    for (std::size_t i = 0; i < 2'000; ++i) {
      const std::string line(i * 7 % 1'000 + (i == 777 ? 2 * Output::kKeptBytes : 0), 'x');
      expected += line + "\n";
      output.text() += line;
      ASSERT_TRUE(output.end_line());
    }
    ASSERT_TRUE(output.flush());
  }
  ::close(file);

  EXPECT_TRUE(directory.read("out") == expected);
}

TEST(Output, NothingIsWrittenBeforeAPieceIsFull) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK), 0);
  Output output(ends[1]);
  output.text() = "a";
  ASSERT_TRUE(output.end_line());
  std::array<char, 8> bytes{};

  EXPECT_EQ(::read(ends[0], bytes.data(), bytes.size()), -1);
  ASSERT_TRUE(output.flush());
  EXPECT_EQ(::read(ends[0], bytes.data(), bytes.size()), 2);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Output, FullDiskIsNamedAndStays) {
  const int full = ::open("/dev/full", O_WRONLY);
  if (full < 0) GTEST_SKIP() << "there is no /dev/full";
  Output output(full);
  output.text() = "a";

  const auto first = output.flush();
  const auto second = output.flush();

  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(first.error().message.find("No space left on device"), std::string::npos);
  EXPECT_FALSE(second);
  ::close(full);
}

TEST(Output, ReaderThatHasGoneIsNoFailure) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::close(ends[0]);
  Output output(ends[1]);
  output.text() = "a";

  const auto flushed = output.flush();

  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, ErrorCode::kCancelled);
  ::close(ends[1]);
}

}  // namespace
}  // namespace pikachu::decode
