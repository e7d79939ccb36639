#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "mysql/information_schema.h"
#include "mysql/stream_opener.h"
#include "source/binlog_source.h"
#include "tests/support/server_process.h"

namespace pikachu::test {

/// A row change that owns what it says.
struct LiveRow {
  std::string id;  ///< Of the change: change::append_event_id.
  change::Operation operation = change::Operation::kInsert;
  std::string table;
  std::map<std::string, std::string> before;  ///< By column; "NULL"; absent columns are left out.
  std::map<std::string, std::string> after;
  std::string query;
  std::int64_t commit_time_us = 0;
};

/// The row changes of a real server, through the whole reader but not the pipeline.
///
/// A test writes to the database d, and where it wants to see what has come it puts a mark into
/// d.marks, which it made with kMarks.
///
/// Threads: one owner.
class LiveSource {
 public:
  static constexpr const char* kMarks = "CREATE TABLE d.marks (id INT PRIMARY KEY)";

  /// Streams every table of the database d, from `resume` or from now on.
  explicit LiveSource(const ServerProcess& server,
                      std::optional<change::Position> resume = std::nullopt,
                      const source::SourceOptions& options = {}, std::uint32_t server_id = 4711)
      : connection_(connection_to(server, server_id)),
        opener_(connection_, telemetry::Logger()),
        schemas_(connection_, telemetry::Logger()),
        source_(
            options, std::move(resume),
            [](std::string_view database, std::string_view) { return database == "d"; }, opener_,
            schemas_, telemetry::Logger(), health_, registry_) {}

  /// Reads until the stream is open, so that what is written from now on comes.
  void begin() {
    read([](const change::RowChange*) { return true; }, true);
  }

  /// The rows before the one that was put into d.marks with this id. Ends the test as failed where
  /// the source ends, or nothing comes for a minute.
  std::vector<LiveRow> read_to_mark(int mark) {
    std::vector<LiveRow> rows;
    read(
        [&](const change::RowChange* change) {
          if (change->table->table == "marks") {
            return change->after[0].number.as_signed == mark;
          }
          rows.push_back(own(*change));
          return false;
        },
        false);
    return rows;
  }

  /// The position of the last commit that came.
  const std::optional<change::Position>& position() const { return position_; }
  /// Why the source ended, if it did.
  const std::optional<base::Error>& failure() const { return failure_; }
  std::string metrics() const { return telemetry::to_prometheus_text(registry_); }

 private:
  static mysql::ConnectionOptions connection_to(const ServerProcess& server,
                                                std::uint32_t server_id) {
    mysql::ConnectionOptions options;
    options.host = server.host();
    options.port = server.port();
    options.user = server.user();
    options.password = server.password();
    options.server_id = server_id;
    // A source that resumes is the same instance as the one before it.
    options.instance = "live";
    options.heartbeat = std::chrono::milliseconds(500);
    return options;
  }

  static std::string text_of(const change::Value& value) {
    switch (value.kind) {
      case change::ValueKind::kNull:
        return "NULL";
      case change::ValueKind::kSigned:
        return std::to_string(value.number.as_signed);
      case change::ValueKind::kUnsigned:
        return std::to_string(value.number.as_unsigned);
      default:
        return std::string(value.bytes);
    }
  }

  static std::map<std::string, std::string> image(const change::TableSchema& table,
                                                  std::span<const change::Value> values) {
    std::map<std::string, std::string> texts;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].kind == change::ValueKind::kAbsent) continue;
      texts[table.columns[i].name] = text_of(values[i]);
    }
    return texts;
  }

  static LiveRow own(const change::RowChange& change) {
    LiveRow row;
    change::append_event_id(change, row.id);
    row.operation = change.operation;
    row.table = change.table->table;
    row.before = image(*change.table, change.before);
    row.after = image(*change.table, change.after);
    row.query = change.query;
    row.commit_time_us = change.transaction->commit_time_us;
    return row;
  }

  template <typename Taken>
  void read(const Taken& is_last, bool ends_at_commit) {
    std::stop_source stop;
    std::mutex mutex;
    std::condition_variable_any ended;
    std::jthread watch([&](const std::stop_token& done) {
      std::unique_lock lock(mutex);
      if (!ended.wait_for(lock, done, std::chrono::minutes(1),
                          [&] { return done.stop_requested(); }))
        stop.request_stop();
    });
    bool last = false;
    while (true) {
      auto event = source_.next(stop.get_token());
      if (!event) {
        failure_ = event.error();
        ADD_FAILURE() << "the source ended: " << event.error().message;
        break;
      }
      if (auto* commit = std::get_if<pipeline::Commit>(&*event)) {
        position_ = std::move(commit->position);
        if (last || ends_at_commit) break;
      } else if (const auto* row = std::get_if<const change::RowChange*>(&*event)) {
        if (is_last(*row)) last = true;
      }
    }
  }

  mysql::ConnectionOptions connection_;
  telemetry::Registry registry_;
  telemetry::HealthBoard health_;
  mysql::BinlogStreamOpener opener_;
  mysql::InformationSchema schemas_;
  source::BinlogSource source_;
  std::optional<change::Position> position_;
  std::optional<base::Error> failure_;
};

}  // namespace pikachu::test
