// XA transactions that are prepared and not resolved: more of them than descriptors are allowed,
// and far more rows than stay in memory.
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/child_process.h"
#include "tests/support/sanitized.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/source/event_builder.h"

namespace pikachu::test {
namespace {

using source::testing::EventBuilder;
using source::testing::EventBytes;

constexpr int kTransactions = 1600;
constexpr std::size_t kRows = 13'000;  // of 5 bytes: 104 MB, of which 32 MiB stay in memory
constexpr std::uint8_t kXaPrepare = 38;

std::string xid(int number) {
  std::string text = "X'0000',X'',1";
  const std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < 4; ++i) {
    text[5 - i] = digits[static_cast<std::size_t>(number >> 4 * i & 0xf)];
  }
  return text;
}

std::string program_path() {
  const char* const program = std::getenv("PIKACHU_BINARY");
  return program == nullptr ? "" : program;
}

// All are prepared; then one of each 200 is committed, and the others are rolled back.
void write_file(const std::string& path) {
  EventBuilder make(EventBuilder::Server::kMysql);
  make.log_pos_is_zero = true;  // so that one event can stand at many places
  std::ofstream out(path, std::ios::binary);
  const auto put = [&out](const EventBytes& event) {
    out.write(reinterpret_cast<const char*>(event.data()),
              static_cast<std::streamsize>(event.size()));
  };
  put({0xfe, 'b', 'i', 'n'});
  put(make.format_description());
  const auto map = make.table_map(5, "users");
  const auto more = make.insert(5, std::vector<std::uint32_t>(kRows, 0));
  for (int i = 0; i < kTransactions; ++i) {
    put(make.query("XA START " + xid(i)));
    put(map);
    put(make.insert(5, {static_cast<std::uint32_t>(i)}, false));
    put(more);
    put(make.query("XA END " + xid(i)));
    put(make.event_of_type(kXaPrepare, 0,
                           {0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
                            static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}));
  }
  for (int i = 0; i < kTransactions; ++i) {
    put(make.query((i % 200 == 199 ? "XA COMMIT " : "XA ROLLBACK ") + xid(i)));
  }
}

TEST(ManyPrepared, AreMoreThanTheUsualNumberOfDescriptors) {
  const std::string program = program_path();
  ASSERT_NE(program, "") << "PIKACHU_BINARY is not set: run this by ctest";
  const TemporaryDirectory directory;
  const std::string file = (directory.path() / "b.000001").string();
  write_file(file);
  ChildProcess::Options options;
  // More than 1,000 of them wait in files.
  options.command = {"/bin/bash",
                     "-c",
                     "set -o pipefail; ulimit -Sn 256; \"$0\" decode -spill-dir \"$2\" \"$1\" | "
                     "sed 's/.*\"id\":\\([0-9]*\\)},.*/\\1/' | uniq -c | tr -s ' '",
                     program,
                     file,
                     directory.path().string()};
  ChildProcess process(options);

  const auto status = process.wait(std::chrono::seconds(300));
  process.wait_for_end_of_output(std::chrono::seconds(10));

  EXPECT_EQ(process.errors(), "");
  EXPECT_EQ(status.value_or(-1), 0);
  std::string expected;
  for (int i = 199; i < kTransactions; i += 200) {
    expected += " 1 " + std::to_string(i) + "\n " + std::to_string(kRows) + " 0\n";
  }
  EXPECT_EQ(process.output(), expected);
}

TEST(ManyPrepared, BeyondTheHardLimitSayWhichLimitToRaise) {
  if (kDescriptorsAreNeeded != nullptr) GTEST_SKIP() << kDescriptorsAreNeeded;
  const std::string program = program_path();
  ASSERT_NE(program, "") << "PIKACHU_BINARY is not set: run this by ctest";
  const TemporaryDirectory directory;
  const std::string file = (directory.path() / "b.000001").string();
  write_file(file);
  ChildProcess::Options options;
  options.command = {"/bin/bash", "-c", "ulimit -n 256; \"$0\" decode \"$1\"", program, file};
  ChildProcess process(options);

  const auto status = process.wait(std::chrono::seconds(60));
  process.wait_for_end_of_output(std::chrono::seconds(10));

  EXPECT_EQ(status.value_or(-1), 1);
  EXPECT_NE(process.errors().find("Too many open files; raise the hard limit of open files"),
            std::string::npos)
      << process.errors();
}

}  // namespace
}  // namespace pikachu::test
