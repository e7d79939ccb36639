// The process dies at one point of a change's way: docs/testing.md has the table of points.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/integration/crash_scenario.h"

namespace pikachu::test {
namespace {

using CrashPoint = CrashScenario;

TEST_F(CrashPoint, RowThatIsReadAndNotSubmittedIsReadAgain) {
  deliver_first();

  run_until_killed("pipeline.row_read:700");

  expect_all_after_restart();
}

TEST_F(CrashPoint, ChangeThatIsQueuedAndNotSentIsSentAfterTheRestart) {
  deliver_first();

  run_until_killed("webhook.sending:700");

  expect_all_after_restart();
}

TEST_F(CrashPoint, RequestWithoutAnAnswerIsSentAgain) {
  constexpr std::size_t kMostInFlight = 64;
  deliver_first();
  right_.set(Mode::kHangs);
  begin_run_with("");
  ASSERT_TRUE(wait_until([&] { return receiver_.hanging("/right") >= 10; })) << pikachu_->log();

  pikachu_->kill();
  left_behind_ = read_state();
  right_.set(Mode::kTakes);

  expect_all_after_restart();
  EXPECT_GE(right_.repeated().size(), 10U);
  EXPECT_LE(right_.repeated().size(), kMostInFlight);
}

TEST_F(CrashPoint, AnswerThatIsNotNotedCostsARepetition) {
  deliver_first();

  run_until_killed("webhook.answered:700");

  expect_all_after_restart();
  EXPECT_GE(left_.repeated().size() + right_.repeated().size(), 1U);
}

TEST_F(CrashPoint, SettledChangesBeforeTheNextCheckpointAreRepeated) {
  deliver_first();

  run_until_killed("webhook.settled:300>position.saving:1");

  expect_all_after_restart();
  EXPECT_GE(left_.repeated().size() + right_.repeated().size(), 1U);
}

TEST_F(CrashPoint, SavedPositionIsNotGoneBehind) {
  deliver_first();

  run_until_killed("webhook.settled:300>position.saved:1");

  expect_all_after_restart();
}

/// The reader stands still at a fault point until the test lets it go.
class HeldUp : public CrashScenario {
 protected:
  void start_held_up_at(const std::string& point) {
    ASSERT_EQ(::mkfifo(gate().c_str(), 0600), 0);
    pikachu_->start({}, {{"PIKACHU_FAULT", point + ":stall"}, {"PIKACHU_FAULT_GATE", gate()}});
  }
  void wait_until_held_up() { ASSERT_TRUE(pikachu_->wait_for_log("fault at ")) << pikachu_->log(); }
  /// In the middle of a transaction whose rows so far are delivered.
  void hold_up_in_a_transaction() {
    constexpr std::size_t kBefore = kRows / 2;
    deliver_first();
    const auto known = left_.changes();
    start_held_up_at("pipeline.row_read:" + std::to_string(kBefore + 1));
    count_up(1);
    wait_until_held_up();
    ASSERT_TRUE(wait_until([&] { return left_.changes() == known + kBefore; })) << pikachu_->log();
  }
  void let_it_go() {
    const int pipe = ::open(gate().c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_GE(pipe, 0);
    ::close(pipe);
  }
  std::string gate() const { return pikachu_->directory() / "gate"; }
};

TEST_F(HeldUp, IsReadyOnlyWhenWhereTheStreamBeginsIsSaved) {
  start_held_up_at("position.saving:1");
  wait_until_held_up();

  const auto ready = http_get(port_, "/health/ready");

  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->status, 503);
  EXPECT_NE(ready->body.find("saving where the stream begins"), std::string::npos) << ready->body;
  let_it_go();
  EXPECT_TRUE(pikachu_->wait_for_status(port_, "/health/ready", 200)) << pikachu_->log();
}

TEST_F(HeldUp, StopWaitsForTheReaderAndRepeatsNothing) {
  constexpr std::chrono::seconds kLongerThanALookUp{2};
  pikachu_->write_config(config("shutdown_timeout: 1m\n"));
  hold_up_in_a_transaction();

  pikachu_->send_signal(SIGTERM);
  ASSERT_EQ(pikachu_->wait(kLongerThanALookUp), std::nullopt) << pikachu_->log();
  let_it_go();
  ASSERT_EQ(pikachu_->wait(kPatience), 0) << pikachu_->log();

  expect_all_after_restart();
  EXPECT_TRUE(left_.repeated().empty());
}

TEST_F(HeldUp, StopEndsWithoutTheReaderWhenItsTimeIsOver) {
  pikachu_->write_config(config("shutdown_timeout: 2s\n"));
  hold_up_in_a_transaction();

  ASSERT_EQ(pikachu_->terminate(), 0) << pikachu_->log();

  ASSERT_TRUE(pikachu_->wait_for_log("The reader does not end")) << pikachu_->log();
  left_behind_ = read_state();
  expect_all_after_restart();
}

/// The endpoint of the right task is dead in the second run: its changes go to disk.
class CrashWhileWaiting : public CrashScenario {
 protected:
  void SetUp() override {
    CrashScenario::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    pikachu_->write_config(config(kSmallQueues));
    deliver_first();
    right_.set(Mode::kIsDead);
    waits_on_disk_ = true;
  }
  /// What has not been sent is not sent twice, whether it waits on disk or is read again.
  void expect_right_once() {
    right_.set(Mode::kTakes);
    expect_all_after_restart();
    EXPECT_TRUE(right_.repeated().empty());
  }
};

TEST_F(CrashWhileWaiting, GroupBeforeItsCommitIsReadAgain) {
  run_until_killed("waiting.adding:2");

  expect_right_once();
}

TEST_F(CrashWhileWaiting, GroupThatIsWrittenAndNotSyncedArrivesOnce) {
  run_until_killed("waiting.adding:2>disk.sync_log:1");

  expect_right_once();
}

TEST_F(CrashWhileWaiting, GroupBehindItsCommitAndBeforeTheCheckpointIsNotQueuedTwice) {
  run_until_killed("waiting.written:2");

  EXPECT_FALSE(left_behind_.waiting.empty());
  expect_right_once();
}

TEST_F(CrashWhileWaiting, GroupBehindTheCheckpointComesFromDisk) {
  run_until_killed("waiting.written:2>position.saved:1");

  EXPECT_FALSE(left_behind_.waiting.empty());
  expect_right_once();
}

TEST_F(CrashWhileWaiting, RemovalThatIsNotCommittedCostsARepetition) {
  begin_run_with("waiting.removing:1");
  // Where the machine is slow the left task has waited, and been removed, already.
  ASSERT_TRUE(wait_until([&] { return waiting_for_right() > 300; }) || !pikachu_->running())
      << pikachu_->log();
  right_.set(Mode::kTakes);
  expect_killed();

  EXPECT_FALSE(left_behind_.waiting.empty());
  expect_all_after_restart();
  EXPECT_GE(left_.repeated().size() + right_.repeated().size(), 1U);
}

TEST_F(CrashWhileWaiting, RemovedRecordsDoNotComeAgain) {
  begin_run_with("waiting.removing:1>waiting.written:1");
  // Where the machine is slow the left task has waited, and been removed, already.
  ASSERT_TRUE(wait_until([&] { return waiting_for_right() > 300; }) || !pikachu_->running())
      << pikachu_->log();
  right_.set(Mode::kTakes);
  expect_killed();

  expect_all_after_restart();
}

/// The right endpoint takes requests and never answers, so that what is in flight is written down.
class CrashWhileHolding : public CrashScenario {
 protected:
  void run_until_killed_holding(const std::string& fault) {
    deliver_first();
    right_.set(Mode::kHangs);
    run_until_killed(fault);
    right_.set(Mode::kTakes);
  }
};

TEST_F(CrashWhileHolding, HeldChangesBeforeTheirCommitAreReadAgain) {
  run_until_killed_holding("waiting.adding:1");

  EXPECT_TRUE(left_behind_.waiting.empty());
  expect_all_after_restart();
}

TEST_F(CrashWhileHolding, HeldChangesBehindTheirCommitComeFromDisk) {
  run_until_killed_holding("waiting.written:1");

  EXPECT_FALSE(left_behind_.waiting.empty());
  expect_all_after_restart();
}

/// The right endpoint refuses one change for good.
class CrashAtDeadLetter : public CrashScenario {
 protected:
  void expect_one_letter_after(const std::string& fault, std::size_t letters_left) {
    deliver_first();
    right_.set(Mode::kRefuses);
    run_until_killed(fault);
    EXPECT_EQ(left_behind_.letters.size(), letters_left);

    expect_all_after_restart();

    ASSERT_EQ(right_.refused().size(), 1U);
    EXPECT_EQ(read_state().letters,
              (std::multiset<std::string>{"right " + *right_.refused().begin()}));
  }
};

TEST_F(CrashAtDeadLetter, LetterBeforeItsCommitIsTriedAgain) {
  expect_one_letter_after("letter.adding:1", 0);
}

TEST_F(CrashAtDeadLetter, LetterThatIsTornIsTriedAgain) {
  expect_one_letter_after("letter.adding:1>disk.write_log:2:tear", 0);
}

TEST_F(CrashAtDeadLetter, LetterBehindItsCommitIsThereOnce) {
  expect_one_letter_after("letter.added:1", 1);
}

}  // namespace
}  // namespace pikachu::test
