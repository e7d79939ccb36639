#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "source/binlog_source.h"
#include "tests/unit/source/event_builder.h"

namespace pikachu::source {

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

inline const base::Error kLost{ErrorCode::kUnavailable, "connection lost"};
using Seen = std::vector<std::int64_t>;

}  // namespace pikachu::source
