#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/transaction_assembler.h"
#include "tests/unit/source/event_builder.h"

namespace pikachu::source::testing {

using Step = TransactionAssembler::Step;

/// Knows no table, and notes what it is told.
class NotingSchemas final : public SchemaReader {
 public:
  base::Result<std::optional<change::TableSchema>> read(const std::string&, const std::string&,
                                                        const std::stop_token&) override {
    return std::optional<change::TableSchema>();
  }
  void definition_changed(const DefinitionStatement& statement) override {
    std::string text(statement.query.sql);
    if (statement.temporary) text += " (temporary)";
    const auto error = statement.query.error_code;
    if (error != 0) text += " (error " + std::to_string(error) + ")";
    definitions.push_back(std::move(text));
  }

  std::vector<std::string> definitions;
};

/// Feeds events of one server to an assembler and notes every row as "table.id@gtid/row".
class Feed {
 public:
  static SourceOptions asking_for_queries(SourceOptions options) {
    options.with_queries = true;
    return options;
  }
  explicit Feed(EventBuilder::Server server, bool by_gtid = false,
                std::optional<std::int64_t> skip_before = std::nullopt,
                const SourceOptions& options = {})
      : events(server),
        assembler(
            asking_for_queries(options),
            [](std::string_view, std::string_view table) { return table != "unwanted"; }, schemas,
            [this](const Notice& notice) { notices.push_back(notice); }) {
    OpenedStream opened;
    const bool mysql = server == EventBuilder::Server::kMysql;
    opened.start.server = "server-1";
    opened.start.flavor = mysql ? change::Flavor::kMysql : change::Flavor::kMariadb;
    opened.start.gtids = change::GtidSet(opened.start.flavor);
    opened.start.file = "binlog.000001";
    opened.start.offset = 4;
    opened.by_gtid = by_gtid;
    opened.checksum_negotiated = false;
    opened.skip_before_unix_seconds = skip_before;
    assembler.restart(opened);
    take(events.artificial_rotate("binlog.000001", 4));
    take(events.format_description());
  }

  /// The step, or nothing if there was an error (kept in `error`).
  std::optional<Step> take(const EventBytes& event) {
    auto step = assembler.take(event, {});
    if (!step) {
      error = step.error();
      return std::nullopt;
    }
    if (*step == Step::kCommitted) collect();
    return *step;
  }

  /// The stream broke off, and goes on where it stood, of `server`.
  void reconnect(const std::string& server = "server-1") {
    OpenedStream again;
    again.start = assembler.position();
    again.start.server = server;
    again.checksum_negotiated = false;
    assembler.restart(again);
    take(events.artificial_rotate(again.start.file, again.start.offset));
    take(events.format_description());
  }

  EventBuilder events;
  NotingSchemas schemas;
  std::vector<Notice> notices;
  TransactionAssembler assembler;
  std::vector<std::string> rows;
  std::vector<std::string> queries;  ///< Of each of them.
  std::vector<std::string> columns;  ///< Of each of them, the first column's name.
  std::vector<std::string> places;   ///< Of the event of each of them.
  base::Error error;

 private:
  void collect() {
    while (true) {
      auto row = assembler.next_row();
      if (!row) {
        error = row.error();
        return;
      }
      if (*row == nullptr) return;
      const auto& change = **row;
      rows.push_back(change.table->table + "." + std::to_string(change.after[0].number.as_signed) +
                     "@" + change.transaction->gtid + "/" + std::to_string(change.row));
      queries.emplace_back(change.query);
      columns.push_back(change.table->columns[0].name);
      places.push_back(std::string(change.file) + ":" + std::to_string(change.offset));
    }
  }
};

using Rows = std::vector<std::string>;
inline constexpr auto kMysql = EventBuilder::Server::kMysql;
inline constexpr auto kMariadb = EventBuilder::Server::kMariadb;
inline const std::string kUuid = "00112233-4455-6677-8899-aabbccddeeff";

}  // namespace pikachu::source::testing
