#include "source/binlog_source.h"

#include <gtest/gtest.h>

#include "tests/unit/source/binlog_source_fixture.h"

namespace pikachu::source {
namespace {

TEST_F(BinlogSourceTest, FirstPositionIsReportedBeforeAnyRow) {
  stream(
      4, [](auto& builder, auto& events) { insert(builder, events, 1); }, kLost);

  EXPECT_EQ(run(), (Seen{0, 1, 0}));
}

TEST_F(BinlogSourceTest, CountsAsConnectedOnlyWhenWhereItBeginsHasBeenTaken) {
  stream(
      4, [](auto& builder, auto& events) { insert(builder, events, 1); }, kLost);
  BinlogSource source(
      options_, resume_, [](auto, auto) { return true; }, opener_, schemas_, {}, health_,
      registry_);

  const auto start = source.next(stop_.get_token());

  ASSERT_TRUE(start && std::holds_alternative<pipeline::Commit>(*start));
  EXPECT_FALSE(health_.snapshot().stream_connected);
  ASSERT_TRUE(source.next(stop_.get_token()));
  EXPECT_TRUE(health_.snapshot().stream_connected);
}

TEST_F(BinlogSourceTest, LostConnectionGoesOnBehindTheLastWholeTransaction) {
  std::uint64_t whole = 0;
  stream(
      4,
      [&](auto& builder, auto& events) {
        insert(builder, events, 1);
        whole = builder.end();
        events.push_back(builder.query("BEGIN"));
        events.push_back(builder.table_map(5, "users"));
        events.push_back(builder.insert(5, {2}));
      },
      kLost);
  stream(
      whole, [](auto& builder, auto& events) { insert(builder, events, 2); }, kLost);

  EXPECT_EQ(run(), (Seen{0, 1, 0, 2, 0}));

  ASSERT_GE(opener_.resumed_at.size(), 2U);
  EXPECT_EQ(opener_.resumed_at[0], std::nullopt);
  EXPECT_EQ(opener_.resumed_at[1], whole);
  EXPECT_EQ(committed_.offset, last_end_);
}

TEST_F(BinlogSourceTest, UnreachableServerIsTriedAgain) {
  opener_.streams.emplace_back(base::fail(ErrorCode::kUnavailable, "connection refused"));
  opener_.streams.emplace_back(base::fail(ErrorCode::kUnavailable, "connection refused"));
  stream(
      4, [](auto& builder, auto& events) { insert(builder, events, 1); }, kLost);

  EXPECT_EQ(run(), (Seen{0, 1, 0}));
}

TEST_F(BinlogSourceTest, WhatNoRetryMendsEndsIt) {
  stream(4, [](auto&, auto&) {}, {ErrorCode::kInvalid, "binlog.000001 was purged"});

  run();

  EXPECT_EQ(error_.code, ErrorCode::kInvalid);
  EXPECT_EQ(error_.message, "binlog.000001 was purged");
  EXPECT_EQ(opener_.resumed_at.size(), 1U);
}

TEST_F(BinlogSourceTest, SavedPositionIsWhereItBegins) {
  resume_ = change::Position{};
  resume_->file = "binlog.000001";
  resume_->offset = 777;
  stream(
      777, [](auto& builder, auto& events) { insert(builder, events, 5); }, kLost);

  EXPECT_EQ(run(), (Seen{5, 0}));

  EXPECT_EQ(opener_.resumed_at[0], 777U);
}

TEST_F(BinlogSourceTest, TimeToStartFromIsAskedForAgainUntilItIsReached) {
  skip_before_ = 1'700'000'000 + 1;
  stream(
      4, [](auto& builder, auto& events) { insert(builder, events, 1); }, kLost);
  stream(
      4,
      [](auto& builder, auto& events) {
        insert(builder, events, 1);
        builder.timestamp += 1;
        insert(builder, events, 2);
      },
      kLost);

  EXPECT_EQ(run(), (Seen{2, 0}));

  ASSERT_GE(opener_.resumed_at.size(), 3U);
  EXPECT_EQ(opener_.resumed_at[1], std::nullopt);
  EXPECT_EQ(opener_.resumed_at[2], committed_.offset);
}

TEST_F(BinlogSourceTest, PositionsThatMoveWithoutRowsAreToldNowAndThenAndNoneIsReadTwice) {
  options_.moved_pause = std::chrono::hours(1);
  std::uint64_t read_to = 0;
  stream(
      4,
      [&](auto& builder, auto& events) {
        insert(builder, events, 1);
        events.push_back(builder.query("CREATE TABLE a (i INT)"));
        events.push_back(builder.query("CREATE TABLE b (i INT)"));
        read_to = builder.end();
      },
      kLost);

  EXPECT_EQ(run(), (Seen{0, 1, 0}));

  ASSERT_EQ(opener_.resumed_at.size(), 2U);
  EXPECT_EQ(opener_.resumed_at[1], read_to);
}

TEST_F(BinlogSourceTest, TellsHowFarItHasReadWhileItLooksForTheTimeToStartFrom) {
  skip_before_ = 1'700'000'000 + 1;
  stream(
      4, [](auto& builder, auto& events) { insert(builder, events, 1); }, kLost);

  EXPECT_EQ(run(), Seen{});

  ASSERT_FALSE(passed_.empty());
  EXPECT_EQ(passed_.back(), last_end_);
}

TEST_F(BinlogSourceTest, StopEndsItWhileItWaitsToReconnect) {
  options_.reconnect_first = std::chrono::hours(1);
  options_.reconnect_cap = std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) opener_.streams.emplace_back(tl::unexpected(kLost));
  std::jthread stopper([this] { stop_.request_stop(); });

  run();

  EXPECT_EQ(error_.code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace pikachu::source
