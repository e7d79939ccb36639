#include "source/stream_offset.h"

#include <gtest/gtest.h>

namespace pikachu::source {
namespace {

using binlog::EventHeader;
using binlog::EventType;

EventHeader event(std::uint32_t size, std::uint64_t end) {
  EventHeader header;
  header.timestamp = 1'700'000'000;
  header.type = EventType::kWriteRowsV2;
  header.event_size = size;
  header.log_pos = static_cast<std::uint32_t>(end);
  return header;
}

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;
constexpr std::uint32_t kEventBytes = 1U << 30U;

TEST(StreamOffset, CountsPast4GibWithAndWithoutLogPos) {
  for (const bool has_log_pos : {true, false}) {
    StreamOffset offset;
    offset.move_to("binlog.000001", 4);
    for (std::uint64_t i = 1; i <= 9; ++i) {
      offset.pass(event(kEventBytes, has_log_pos ? i * kGiB + 4 : 0));
    }

    EXPECT_EQ(offset.event_start(), 8 * kGiB + 4);
    EXPECT_EQ(offset.end(), 9 * kGiB + 4);
    EXPECT_EQ(offset.to_string(), "binlog.000001:8589934596");
  }
}

TEST(StreamOffset, EventsThatWereNotSentMoveItForwards) {
  StreamOffset offset;
  offset.move_to("binlog.000001", 4 * kGiB - 100);

  offset.pass(event(50, 4 * kGiB + 20));

  EXPECT_EQ(offset.event_start(), 4 * kGiB - 30);
  EXPECT_EQ(offset.end(), 4 * kGiB + 20);
}

// As where a client goes on by GTID behind a transaction of 3 GiB.
TEST(StreamOffset, EventsOfMoreThan2GibThatWereNotSentMoveItForwards) {
  StreamOffset offset;
  offset.move_to("binlog.000001", 4);

  offset.pass(event(50, 3 * kGiB));

  EXPECT_EQ(offset.end(), 3 * kGiB);
}

TEST(StreamOffset, LogPosBehindTheCountIsNoReasonToGoBack) {
  StreamOffset offset;
  offset.move_to("binlog.000001", 5 * kGiB);

  offset.pass(event(50, 5 * kGiB - 1000));

  EXPECT_EQ(offset.end(), 5 * kGiB + 50);
}

TEST(StreamOffset, WhatStandsInNoFileCountsNothing) {
  StreamOffset offset;
  offset.move_to("binlog.000001", 1000);
  EventHeader heartbeat = event(40, 1000);
  heartbeat.type = EventType::kHeartbeat;
  EventHeader artificial = event(40, 0);
  artificial.flags = EventHeader::kFlagArtificial;
  EventHeader repeated = event(120, 0);
  repeated.type = EventType::kFormatDescription;

  for (const auto& header : {heartbeat, artificial, repeated}) offset.pass(header);

  EXPECT_EQ(offset.end(), 1000U);
}

TEST(StreamOffset, GoesBackToAMark) {
  StreamOffset offset;
  offset.move_to("binlog.000001", 1000);
  const auto mark = offset.mark();
  offset.pass(event(50, 1050));

  offset.go_back(mark);
  offset.pass(event(50, 1050));

  EXPECT_EQ(offset.end(), 1050U);
}

}  // namespace
}  // namespace pikachu::source
