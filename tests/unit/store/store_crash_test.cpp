// What is left when the process or the disk gives out: children do the damage, for real.
#include <array>
#include <csignal>
#include <filesystem>
#include <functional>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"
#include "tests/unit/store/temporary_directory.h"

namespace pikachu::store {
namespace {

change::Position position_at(std::uint64_t offset) {
  change::Position position;
  position.server = "1";
  position.file = "mysql-bin.000001";
  position.offset = offset;
  return position;
}

pipeline::DeadLetter letter_of(std::uint64_t number) {
  pipeline::DeadLetter letter;
  letter.task_id = "t1";
  letter.id = std::to_string(number);
  letter.body.assign(300, 'x');
  letter.reason = "HTTP 422";
  letter.attempts = 1;
  letter.last_status = 422;
  return letter;
}

// A child that runs `work` and reports numbers through a pipe.
class Child {
 public:
  explicit Child(const std::function<int(int)>& work) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      ::_exit(work(ends[1]));
    }
    ::close(ends[1]);
    reports_ = ends[0];
  }
  ~Child() { ::close(reports_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next number, or nothing at the end.
  bool read(std::uint64_t& number) const {
    return ::read(reports_, &number, sizeof number) == static_cast<ssize_t>(sizeof number);
  }
  void kill() const { ::kill(pid_, SIGKILL); }
  int wait() const {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return status;
  }

 private:
  int pid_ = 0;
  int reports_ = -1;
};

void report(int pipe, std::uint64_t number) {
  if (::write(pipe, &number, sizeof number) < 0) ::_exit(9);
}

// Saves positions and dead letters for ever, and reports each number once it was said to be saved.
int save_for_ever(const std::string& dir, std::uint64_t first, int pipe) {
  auto store = Store::open(dir);
  if (!store) return 1;
  for (std::uint64_t number = first;; ++number) {
    if (!(*store)->add(letter_of(number))) return 2;
    if (!(*store)->save({position_at(number), 0, std::nullopt})) return 3;
    report(pipe, number);
  }
}

TEST(StoreCrash, KilledProcessLeavesTheLastReportedPositionOrALaterOne) {
  const TemporaryDirectory dir;
  std::uint64_t number = 0;
  for (int round = 0; round < 8; ++round) {
    SCOPED_TRACE(testing::Message() << "round " << round);
    const Child child([&](int pipe) { return save_for_ever(dir.path(), number + 1, pipe); });
    // Killed while it works on one of the next: where exactly is left to chance.
    for (int i = 0; i <= round * 3; ++i) ASSERT_TRUE(child.read(number));
    child.kill();
    ASSERT_TRUE(WIFSIGNALED(child.wait()));
    while (child.read(number)) {
    }

    auto store = Store::open(dir.path());
    ASSERT_TRUE(store) << store.error().message;
    const auto loaded = (*store)->load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    ASSERT_TRUE(loaded->has_value());
    // One more may have been saved and not reported.
    EXPECT_GE((*loaded)->position.offset, number);
    EXPECT_LE((*loaded)->position.offset, number + 1);
    EXPECT_GE((*store)->count("t1").value(), number);
    EXPECT_LE((*store)->count("t1").value(), number + 2);
    number = (*loaded)->position.offset;
  }
}

// Exit status: 0 if a save failed as it should and the store went on working; else what went wrong.
int fill_the_disk(const std::string& dir, int pipe) {
  // A file of this process may not grow past the limit: the write fails, as on a full disk.
  static_cast<void>(::signal(SIGXFSZ, SIG_IGN));
  auto store = Store::open(dir);
  if (!store) return 1;
  const ::rlimit limit{200'000, 200'000};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
  auto letter = letter_of(0);
  letter.body.assign(20'000, 'x');
  for (std::uint64_t number = 1; number < 100; ++number) {
    letter.id = std::to_string(number);
    const auto added = (*store)->add(letter);
    if (added) {
      report(pipe, number);
      continue;
    }
    if (added.error().code != base::ErrorCode::kUnavailable) return 4;
    if (added.error().message.find(dir) == std::string::npos) return 5;
    if (added.error().message.find("disk") == std::string::npos) return 6;
    // What was said to be durable is there, and can still be read.
    const auto count = (*store)->count("t1");
    return count && *count == number - 1 ? 0 : 7;
  }
  return 3;
}

TEST(StoreCrash, FullDiskFailsTheCallNamesTheFileAndLosesNothing) {
  const TemporaryDirectory dir;
  const Child child([&](int pipe) { return fill_the_disk(dir.path(), pipe); });
  std::uint64_t number = 0;
  while (child.read(number)) {
  }
  const int status = child.wait();
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  ASSERT_GE(number, 1U);

  auto store = Store::open(dir.path());
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->count("t1").value(), number);
  EXPECT_TRUE((*store)->add(letter_of(1'000)));
}

TEST(StoreCrash, FullDiskAtTheFirstStartLeavesNoFileBehindThatLooksWhole) {
  const TemporaryDirectory dir;
  const Child child([&](int) {
    static_cast<void>(::signal(SIGXFSZ, SIG_IGN));
    const ::rlimit limit{1'000, 1'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto store = Store::open(dir.path());
    return !store && store.error().code == base::ErrorCode::kUnavailable ? 0 : 1;
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(dir / "pikachu.db"));
  EXPECT_TRUE(Store::open(dir.path()));
}

TEST(StoreCrash, LockIsGivenBackWhenItsHolderIsKilled) {
  const TemporaryDirectory dir;
  const Child child([&](int pipe) { return save_for_ever(dir.path(), 1, pipe); });
  std::uint64_t number = 0;
  ASSERT_TRUE(child.read(number));
  EXPECT_FALSE(Store::open(dir.path()));
  child.kill();
  child.wait();
  EXPECT_TRUE(Store::open(dir.path()));
}

}  // namespace
}  // namespace pikachu::store
