// The disk fails, or the process dies in the middle of a write: docs/testing.md has the table.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/utc_time.h"
#include "tests/integration/crash_scenario.h"

namespace pikachu::test {
namespace {

/// The endpoint of the right task is dead in the second run: its changes go to disk.
class CrashDisk : public CrashScenario {
 protected:
  void SetUp() override {
    CrashScenario::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    pikachu_->write_config(config(kSmallQueues));
    deliver_first();
    right_.set(Mode::kIsDead);
    waits_on_disk_ = true;
  }
  void expect_all_from_right_once() {
    right_.set(Mode::kTakes);
    expect_all();
    EXPECT_TRUE(right_.repeated().empty());
  }
  bool wait_for_log(std::string_view text) { return pikachu_->wait_for_log(text, kPatience); }
};

constexpr std::string_view kCannotWrite = "Waiting changes can't be written to disk";
constexpr std::string_view kWritesAgain = "Waiting changes can be written to disk again.";

/// The n-th write behind the point, torn in its middle: each of SQLite's is a header or a page.
class TornWrite : public CrashDisk, public ::testing::WithParamInterface<int> {};

TEST_P(TornWrite, GroupIsReadAgain) {
  run_until_killed("waiting.adding:2>disk.write_log:" + std::to_string(GetParam()) + ":tear");
  right_.set(Mode::kTakes);

  expect_all_after_restart();
  EXPECT_TRUE(right_.repeated().empty());
}

TEST_P(TornWrite, CheckpointIsTheOneBefore) {
  // A position is a page or two.
  const auto write = std::to_string(std::min(GetParam(), 2));
  run_until_killed("position.saving:2>disk.write_log:" + write + ":tear");
  right_.set(Mode::kTakes);

  expect_all_after_restart();
  EXPECT_TRUE(right_.repeated().empty());
}

INSTANTIATE_TEST_SUITE_P(Writes, TornWrite, ::testing::Values(1, 2, 7));

/// SQLite's own log is copied into its database, and is of no more use then: at the latest when the
/// process stops.
class TornCopy : public CrashDisk, public ::testing::WithParamInterface<const char*> {};

TEST_P(TornCopy, StateIsAsBefore) {
  begin_run_with(std::string("waiting.adding:2>") + GetParam());
  const auto all = kTransactions * kRows;
  ASSERT_TRUE(wait_until([&] { return waiting_for_right() >= all; })) << pikachu_->log();
  pikachu_->send_signal(SIGTERM);
  expect_killed();
  EXPECT_EQ(left_behind_.waiting_for("right"), all);
  right_.set(Mode::kTakes);

  expect_all_after_restart();
  EXPECT_TRUE(right_.repeated().empty());
}

INSTANTIATE_TEST_SUITE_P(Points, TornCopy,
                         ::testing::Values("disk.write_database:1:tear",
                                           "disk.write_database:5:tear", "disk.sync_database:1"));

TEST_F(CrashDisk, FullDiskKeepsChangesInMemoryUntilThereIsRoom) {
  // All changes are there before the start: no statement has to end while the disk is full.
  count_up(kTransactions);
  start("waiting.adding:1>disk.write_log:1-8:fail");
  ASSERT_TRUE(wait_for_log(kCannotWrite)) << pikachu_->log();
  EXPECT_TRUE(wait_until([&] {
    auto now = health();
    return now["status"] == "DOWN" &&
           now["problem"].get<std::string>().find("can't be written to disk") != std::string::npos;
  })) << health().dump();
  EXPECT_TRUE(wait_for_log(kWritesAgain)) << pikachu_->log();
  EXPECT_TRUE(wait_until([&] { return health()["status"] == "UP"; })) << health().dump();

  expect_all_from_right_once();
}

TEST_F(CrashDisk, FullDiskAndFullMemoryMakeTheReaderWait) {
  constexpr std::size_t kMoreThanMemoryHolds = 10'000 / kRows;
  // As above: memory has to be full before the disk has room again.
  count_up(kTransactions + kMoreThanMemoryHolds);
  start("waiting.adding:1>disk.write_log:1-8:fail");
  EXPECT_TRUE(wait_until([&] {
    const auto metrics = http_get(port_, "/metrics");
    return metrics &&
           metrics->body.find("\npikachu_backlog_reader_blocked 1\n") != std::string::npos;
  })) << pikachu_->log();
  EXPECT_TRUE(wait_for_log(kWritesAgain)) << pikachu_->log();

  expect_all_from_right_once();
}

TEST_F(CrashDisk, KilledWhileTheDiskIsFullItReadsAgain) {
  waits_on_disk_ = false;
  begin_run_with("waiting.adding:1>disk.write_log:1-1000000:fail");
  ASSERT_TRUE(wait_for_log(kCannotWrite)) << pikachu_->log();
  pikachu_->kill();
  left_behind_ = read_state();
  right_.set(Mode::kTakes);

  expect_all_after_restart();
  EXPECT_TRUE(right_.repeated().empty());
}

TEST_F(CrashDisk, StoppedWhileTheDiskIsFullItReadsAgain) {
  pikachu_->write_config(config(std::string(kSmallQueues) + "shutdown_timeout: 1s\n"));
  waits_on_disk_ = false;
  begin_run_with("waiting.adding:1>disk.write_log:1-1000000:fail");
  ASSERT_TRUE(wait_for_log(kCannotWrite)) << pikachu_->log();
  EXPECT_TRUE(pikachu_->terminate().has_value()) << pikachu_->log();
  left_behind_ = read_state();
  right_.set(Mode::kTakes);

  expect_all_after_restart();
  EXPECT_TRUE(right_.repeated().empty());
}

TEST_F(CrashDisk, GroupThatFailsToSyncIsWrittenAnew) {
  begin_run_with("waiting.adding:2>disk.sync_log:1-2:fail");
  ASSERT_TRUE(wait_for_log(kCannotWrite)) << pikachu_->log();
  EXPECT_TRUE(wait_for_log(kWritesAgain)) << pikachu_->log();

  expect_all_from_right_once();
}

TEST_F(CrashDisk, KilledBehindAFailedSyncItLosesNothing) {
  run_until_killed("waiting.adding:2>disk.sync_log:1:fail>waiting.adding:1");
  right_.set(Mode::kTakes);

  expect_all_after_restart();
  EXPECT_TRUE(right_.repeated().empty());
}

TEST_F(CrashDisk, PositionThatFailsToSyncIsSavedAnew) {
  begin_run_with("position.saving:2>disk.sync_log:1-2:fail");
  ASSERT_TRUE(wait_for_log("The position cannot be saved.")) << pikachu_->log();
  EXPECT_TRUE(wait_for_log("Saving the position works again.")) << pikachu_->log();

  expect_all_from_right_once();
}

TEST_F(CrashDisk, KilledBehindAPositionThatFailedToSyncItLosesNothing) {
  run_until_killed("position.saving:2>disk.sync_log:1:fail>position.saving:1");
  right_.set(Mode::kTakes);

  expect_all_after_restart();
  EXPECT_TRUE(right_.repeated().empty());
}

TEST_F(CrashDisk, LostStateIsGoneOnFromTheOldestChangeThatWasOwed) {
  begin_run_with("");
  ASSERT_TRUE(wait_until([&] {
    return gauge_of_right("pikachu_backlog_oldest_commit_seconds") > 0;
  })) << pikachu_->log();
  const auto oldest = gauge_of_right("pikachu_backlog_oldest_commit_seconds");
  pikachu_->kill();
  std::filesystem::remove_all(pikachu_->directory() / "data");
  right_.set(Mode::kTakes);
  const auto time = std::chrono::system_clock::time_point(std::chrono::seconds(oldest));
  pikachu_->write_config(config(kSmallQueues, base::to_utc(time, 0)));
  left_behind_ = {};

  expect_all_after_restart();
}

TEST_F(CrashDisk, LostStateIsNotPassedOverInSilence) {
  begin_run_with("");
  ASSERT_TRUE(wait_until([&] { return left_.changes() >= expected() / 2; })) << pikachu_->log();
  pikachu_->kill();
  std::filesystem::remove_all(pikachu_->directory() / "data");
  right_.set(Mode::kTakes);

  start();

  EXPECT_TRUE(wait_for_log("No position is saved")) << pikachu_->log();
  EXPECT_TRUE(wait_for_log("resumed=no")) << pikachu_->log();
}

}  // namespace
}  // namespace pikachu::test
