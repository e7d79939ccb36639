#include "telemetry/health.h"

#include <thread>

#include <gtest/gtest.h>

namespace pikachu::telemetry {
namespace {

using std::chrono::milliseconds;

void set_all_running(HealthBoard& board) {
  board.set_monitor_running(true);
  board.set_dispatcher_running(true);
  board.set_stream_connected(true);
}

// Waits, without a fixed sleep, until the clock has moved on by more than `time`.
void pass(milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time + milliseconds(1);
  while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
}

TEST(HealthBoard, IsDownWithAReasonAtFirst) {
  const HealthBoard board;
  const auto snapshot = board.snapshot();
  EXPECT_FALSE(snapshot.up());
  EXPECT_EQ(snapshot.problem, "the reader is not running");
  EXPECT_FALSE(snapshot.stream_silence);
  EXPECT_FALSE(snapshot.last_event_time);
  EXPECT_EQ(snapshot.queued, 0U);
}

TEST(HealthBoard, IsDownWhileNoMoreCanWaitOnDisk) {
  HealthBoard board;
  set_all_running(board);
  Waiting waiting{7, 3'500, "the disk is full"};
  board.set_waiting([&] { return waiting; });
  EXPECT_FALSE(board.snapshot().up());
  EXPECT_EQ(board.snapshot().problem, "the disk is full");
  EXPECT_EQ(board.snapshot().waiting.changes, 7U);

  waiting.problem.clear();
  EXPECT_TRUE(board.snapshot().up());
}

TEST(HealthBoard, IsUpWhenAllRunsAndTheStreamIsConnected) {
  HealthBoard board;
  set_all_running(board);
  const auto snapshot = board.snapshot();
  EXPECT_TRUE(snapshot.up());
  EXPECT_EQ(snapshot.problem, "");
}

TEST(HealthBoard, SaysWhyTheStreamIsNotConnected) {
  HealthBoard board;
  set_all_running(board);
  board.set_stream_connected(false, "cannot connect to db1:3306: connection refused");
  EXPECT_FALSE(board.snapshot().up());
  EXPECT_EQ(board.snapshot().problem, "cannot connect to db1:3306: connection refused");

  board.set_stream_connected(true);
  EXPECT_EQ(board.snapshot().problem, "");
}

TEST(HealthBoard, NamesThePartThatDoesNotRun) {
  HealthBoard board;
  set_all_running(board);
  board.set_dispatcher_running(false);
  EXPECT_FALSE(board.snapshot().up());
  EXPECT_EQ(board.snapshot().problem, "the delivery loops are not running");
}

TEST(HealthBoard, IsStaleOnceSilentPastTheDeadlineAndWellAgainWhenHeard) {
  HealthBoard board;
  set_all_running(board);
  board.set_stream_deadline(milliseconds(5));
  pass(milliseconds(6));
  const auto silent = board.snapshot();
  EXPECT_TRUE(silent.stream_stale);
  EXPECT_FALSE(silent.up());
  EXPECT_NE(silent.problem.find("deadline of 5 ms"), std::string::npos) << silent.problem;

  board.set_stream_deadline(std::chrono::minutes(1));
  board.stream_heard();
  EXPECT_TRUE(board.snapshot().up());
}

TEST(HealthBoard, ReaderThatWaitsForRoomIsNoFaultOfTheStream) {
  HealthBoard board;
  board.set_stream_deadline(std::chrono::milliseconds(1));
  board.stream_heard();
  while (!board.snapshot().stream_stale) std::this_thread::yield();

  board.set_reader_waiting(true);
  const bool stale_while_waiting = board.snapshot().stream_stale;
  board.set_reader_waiting(false);

  EXPECT_FALSE(stale_while_waiting);
}

TEST(HealthBoard, ReconnectingAfterALongSilenceIsNotStale) {
  HealthBoard board;
  set_all_running(board);
  board.set_stream_connected(false, "gone");
  pass(milliseconds(60));
  board.set_stream_deadline(milliseconds(50));
  board.set_stream_connected(true);
  EXPECT_FALSE(board.snapshot().stream_stale);
}

TEST(HealthBoard, ReportsQueuePositionAndLastEvent) {
  HealthBoard board;
  board.set_queued([] { return std::uint64_t{7}; });
  board.set_position("bin.000001:4");
  const auto before = std::chrono::system_clock::now() - milliseconds(1);
  board.row_change_read();
  const auto snapshot = board.snapshot();
  EXPECT_EQ(snapshot.queued, 7U);
  EXPECT_EQ(snapshot.position, "bin.000001:4");
  ASSERT_TRUE(snapshot.last_event_time);
  EXPECT_GE(*snapshot.last_event_time, before);
}

TEST(HealthBoard, MayBeWrittenAndReadByManyThreads) {
  HealthBoard board;
  set_all_running(board);
  const std::jthread writer([&] {
    for (int i = 0; i < 2'000; ++i) {
      board.stream_heard();
      board.row_change_read();
      board.set_position(std::to_string(i));
      board.set_queued([i] { return static_cast<std::uint64_t>(i); });
    }
  });
  for (int i = 0; i < 2'000; ++i) EXPECT_TRUE(board.snapshot().up());
}

}  // namespace
}  // namespace pikachu::telemetry
