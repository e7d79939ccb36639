#include "source/binlog_source.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/source/event_builder.h"

namespace pikachu::source {
namespace {

using base::ErrorCode;
using testing::EventBuilder;
using testing::EventBytes;

/// A stream that gives out prepared events and then fails.
class ScriptedStream final : public EventStream {
 public:
  ScriptedStream(std::vector<EventBytes> events, base::Error end)
      : events_(std::move(events)), end_(std::move(end)) {}

  base::Result<std::span<const std::uint8_t>> next(const std::stop_token&) override {
    if (next_ == events_.size()) return tl::unexpected(end_);
    return std::span<const std::uint8_t>(events_[next_++]);
  }

 private:
  std::vector<EventBytes> events_;
  base::Error end_;
  std::size_t next_ = 0;
};

/// Opens the streams that a test has prepared, one after the other, and notes where from.
class ScriptedOpener final : public EventStreamOpener {
 public:
  base::Result<OpenedStream> open(const std::optional<change::Position>& resume, const StartFrom&,
                                  const std::stop_token&) override {
    resumed_at.push_back(resume ? std::optional(resume->offset) : std::nullopt);
    if (streams.empty()) return base::fail(ErrorCode::kInvalid, "the script has ended");
    auto made = std::move(streams.front());
    streams.pop_front();
    if (!made) return made;
    const auto server = made->start.server;
    if (resume) made->start = *resume;
    if (!server.empty()) made->start.server = server;
    return made;
  }

  std::deque<base::Result<OpenedStream>> streams;
  std::vector<std::optional<std::uint64_t>> resumed_at;
};

class FlakySchemas final : public SchemaReader {
 public:
  int failures = 0;
  base::Result<std::optional<change::TableSchema>> read(const std::string&, const std::string&,
                                                        const std::stop_token&) override {
    if (failures-- > 0) return base::fail(ErrorCode::kUnavailable, "not now");
    return std::optional<change::TableSchema>();
  }
};

class BinlogSourceTest : public ::testing::Test {
 protected:
  BinlogSourceTest() {
    options_.reconnect_first = std::chrono::milliseconds(1);
    options_.reconnect_cap = std::chrono::milliseconds(1);
    options_.moved_pause = std::chrono::milliseconds(0);
  }

  /// A stream that begins at `offset` with the events that `write` adds, and ends with `end`.
  template <typename Write>
  void stream(std::uint64_t offset, Write write, base::Error end) {
    EventBuilder builder(EventBuilder::Server::kMysql);
    std::vector<EventBytes> events{builder.artificial_rotate("binlog.000001", offset)};
    auto description = builder.format_description();
    if (offset > 4) {
      // A description that is repeated for a start in mid-file has no log_pos, and counts nothing.
      for (std::size_t i = 13; i < 17; ++i) description[i] = 0;
      EventBuilder::seal(description);
      builder.artificial_rotate("binlog.000001", offset);
    }
    events.push_back(std::move(description));
    write(builder, events);
    last_end_ = builder.end();
    OpenedStream opened;
    opened.start.file = "binlog.000001";
    opened.start.offset = offset;
    opened.checksum_negotiated = false;
    opened.skip_before_unix_seconds = skip_before_;
    opened.start.server = server_;
    opened.events = std::make_unique<ScriptedStream>(std::move(events), std::move(end));
    opener_.streams.emplace_back(std::move(opened));
  }

  static void insert(EventBuilder& builder, std::vector<EventBytes>& events, std::uint32_t id) {
    events.push_back(builder.query("BEGIN"));
    events.push_back(builder.table_map(5, "users"));
    events.push_back(builder.insert(5, {id}));
    events.push_back(builder.xid());
  }

  static void prepare(EventBuilder& builder, std::vector<EventBytes>& events, std::uint32_t id) {
    const std::string xid(EventBuilder::kXaId);
    events.push_back(builder.query("XA START " + xid));
    events.push_back(builder.table_map(5, "users"));
    events.push_back(builder.insert(5, {id}));
    events.push_back(builder.query("XA END " + xid));
    events.push_back(builder.xa_prepare());
  }
  static EventBytes xa_commit(EventBuilder& builder) {
    return builder.query("XA COMMIT " + std::string(EventBuilder::kXaId));
  }

  /// Runs until the source fails; returns the ids of the rows, and 0 for each commit.
  std::vector<std::int64_t> run() {
    BinlogSource source(
        options_, resume_, [](auto, auto) { return true; }, opener_, schemas_, {}, health_,
        registry_);
    std::vector<std::int64_t> seen;
    while (true) {
      const auto event = source.next(stop_.get_token());
      if (!event) {
        error_ = event.error();
        return seen;
      }
      if (const auto* commit = std::get_if<pipeline::Commit>(&*event)) {
        committed_ = commit->position;
        committed_through_ = commit->through;
        seen.push_back(0);
      } else if (const auto* passed = std::get_if<pipeline::Passed>(&*event)) {
        passed_.push_back(passed->position.offset);
      } else if (const auto* prepared = std::get_if<pipeline::Prepared>(&*event)) {
        *prepared->through = ++noted_;
      } else {
        const auto& row = *std::get<const change::RowChange*>(*event);
        seen.push_back(row.after[0].number.as_signed);
      }
    }
  }

  SourceOptions options_;
  std::optional<change::Position> resume_;
  ScriptedOpener opener_;
  FlakySchemas schemas_;
  telemetry::HealthBoard health_;
  telemetry::Registry registry_;
  std::stop_source stop_;
  base::Error error_;
  change::Position committed_;
  std::optional<std::uint64_t> committed_through_;
  std::uint64_t noted_ = 0;            ///< With the transaction that was prepared last.
  std::vector<std::uint64_t> passed_;  ///< Offsets.
  std::optional<std::int64_t> skip_before_;
  std::string server_;  ///< Of the streams that are made.
  std::uint64_t last_end_ = 0;
};

const base::Error kLost{ErrorCode::kUnavailable, "connection lost"};
using Seen = std::vector<std::int64_t>;

TEST_F(BinlogSourceTest, FirstPositionIsReportedBeforeAnyRow) {
  stream(
      4, [](auto& builder, auto& events) { insert(builder, events, 1); }, kLost);

  EXPECT_EQ(run(), (Seen{0, 1, 0}));
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

TEST_F(BinlogSourceTest, CommitsStayBeforeWhatIsPreparedAndReconnectsDoNot) {
  std::uint64_t prepared_at = 0;
  std::uint64_t read_to = 0;
  stream(
      4,
      [&](auto& builder, auto& events) {
        insert(builder, events, 1);
        prepared_at = builder.end();
        prepare(builder, events, 2);
        insert(builder, events, 3);
        read_to = builder.end();
      },
      kLost);
  std::uint64_t held_until = 0;
  stream(
      read_to,
      [&](auto& builder, auto& events) {
        insert(builder, events, 4);
        held_until = builder.end();
      },
      kLost);

  EXPECT_EQ(run(), (Seen{0, 1, 0, 0, 3, 0, 4, 0}));

  EXPECT_EQ(committed_.offset, prepared_at);
  EXPECT_EQ(opener_.resumed_at,
            (std::vector<std::optional<std::uint64_t>>{std::nullopt, read_to, held_until}));
}

TEST_F(BinlogSourceTest, EarlyCommitHasWhatWasNotedWithTheTransactionThatItIsBefore) {
  std::uint64_t prepared_at = 0;
  stream(
      4,
      [&](auto& builder, auto& events) {
        prepare(builder, events, 2);
        insert(builder, events, 3);
        prepared_at = builder.end();
        prepare(builder, events, 4);  // In the place of the first.
        insert(builder, events, 5);
      },
      kLost);

  run();

  EXPECT_EQ(committed_.offset, prepared_at);
  EXPECT_EQ(committed_through_, 2U);
}

TEST_F(BinlogSourceTest, CommitOfWhatWasPreparedReleasesThePosition) {
  stream(
      4,
      [&](auto& builder, auto& events) {
        prepare(builder, events, 2);
        insert(builder, events, 3);
        events.push_back(xa_commit(builder));
      },
      kLost);

  EXPECT_EQ(run(), (Seen{0, 0, 3, 0, 2, 0}));

  EXPECT_EQ(committed_.offset, last_end_);
}

TEST_F(BinlogSourceTest, TellsHowFarItHasReadWhereThatCannotBeResumed) {
  std::uint64_t prepared_until = 0;
  stream(
      4,
      [&](auto& builder, auto& events) {
        prepare(builder, events, 2);
        prepared_until = builder.end();
        insert(builder, events, 3);
      },
      kLost);

  run();

  EXPECT_EQ(passed_, (std::vector<std::uint64_t>{prepared_until, last_end_}));
}

TEST_F(BinlogSourceTest, TellsHowFarItHasReadWhileItLooksForTheTimeToStartFrom) {
  skip_before_ = 1'700'000'000 + 1;
  stream(
      4, [](auto& builder, auto& events) { insert(builder, events, 1); }, kLost);

  EXPECT_EQ(run(), Seen{});

  ASSERT_FALSE(passed_.empty());
  EXPECT_EQ(passed_.back(), last_end_);
}

TEST_F(BinlogSourceTest, AnotherServerIsAskedAgainForWhatIsPrepared) {
  server_ = "server-1";
  std::uint64_t prepared_at = 0;
  std::uint64_t read_to = 0;
  stream(
      4,
      [&](auto& builder, auto& events) {
        insert(builder, events, 1);
        prepared_at = builder.end();
        prepare(builder, events, 2);
        insert(builder, events, 3);
        read_to = builder.end();
      },
      kLost);
  server_ = "server-2";
  stream(
      read_to, [](auto&, auto&) {}, kLost);
  stream(
      prepared_at,
      [&](auto& builder, auto& events) {
        prepare(builder, events, 2);
        insert(builder, events, 3);
        events.push_back(xa_commit(builder));
      },
      kLost);

  EXPECT_EQ(run(), (Seen{0, 1, 0, 0, 3, 0, 0, 0, 3, 0, 2, 0}));

  ASSERT_GE(opener_.resumed_at.size(), 3U);
  EXPECT_EQ(opener_.resumed_at[1], read_to);
  EXPECT_EQ(opener_.resumed_at[2], prepared_at);
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
