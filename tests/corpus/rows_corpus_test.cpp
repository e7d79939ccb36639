#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

#include <gtest/gtest.h>

#include "binlog/rows_event.h"
#include "binlog/table_map.h"
#include "tests/corpus/corpus_case.h"
#include "tests/corpus/replayed_tables.h"

namespace pikachu::corpus {
namespace {

using binlog::Bytes;
using binlog::EventHeader;
using binlog::EventType;
using binlog::FormatDescription;
using binlog::QueryKind;

// Their tables change shape on the way: replaying them takes a DDL interpreter.
const std::set<std::string> kNeedDdl{"admin", "ddl", "ddl_ma_only"};
// Some rows were changed by statements: their changes are not in the binlog.
const std::set<std::string> kNeedStatements{"misc_events"};
// Columns got their defaults without being in any row image: by ALTER TABLE … ADD COLUMN … DEFAULT,
// by binlog_row_image=MINIMAL.
const std::set<std::string> kHaveDefaults{"comp_ma", "rowimage"};
// System-versioned tables hold history rows, which SELECT does not show, in columns that
// information_schema does not show.
const std::set<std::string> kHaveHistory{"gencols_ma"};
// What a full table map does not say: which binary columns are UUID or INET, and how many digits
// the dates of MariaDB 5.3's format have.
const std::set<std::string> kNeedKnownColumns{"inet_uuid_ma", "temporal_old_ma", "strings"};

/// Decodes the events of one case and applies what was committed.
class Replay {
 public:
  explicit Replay(const CorpusCase& corpus_case)
      : known_(read_final_schema(corpus_case)),
        use_known_(corpus_case.metadata != "full" ||
                   kNeedKnownColumns.contains(corpus_case.scenario)) {
    // information_schema shows characters beyond the Basic Multilingual Plane as '?'; this is what
    // the one label of the recorded tables that has one really is.
    for (change::TableSchema& table : known_) {
      for (change::Column& column : table.columns) {
        std::ranges::replace(column.labels, std::string("?"), std::string("\xF0\x9F\x98\x80"));
      }
    }
  }

  base::Result<void> visit(const EventHeader& header, Bytes event,
                           const FormatDescription& format) {
    if (binlog::is_rows_event(header.type)) return visit_rows(event, format);
    switch (header.type) {
      case EventType::kTableMap:
        return visit_table_map(event, format);
      case EventType::kQuery:
      case EventType::kMariadbQueryCompressed:
        return visit_query(event);
      case EventType::kXid:
        commit(pending_);
        return {};
      case EventType::kXaPrepare: {
        const auto prepared = binlog::parse_xa_prepare(event);
        if (!prepared) return tl::unexpected(prepared.error());
        if (prepared->one_phase) {
          commit(pending_);
        } else {
          prepared_[prepared->xid] = std::exchange(pending_, {});
        }
        return {};
      }
      default:
        return {};
    }
  }

  /// Decodes only: changes are not applied.
  void forget_changes() { applies_changes_ = false; }

  ReplayedTables& tables() { return tables_; }
  std::size_t decoded_rows() const { return decoded_rows_; }
  const std::vector<change::TableSchema>& final_schema() const { return known_; }

 private:
  base::Result<void> visit_table_map(Bytes event, const FormatDescription& format) {
    auto map = binlog::parse_table_map(event, format);
    if (!map) return base::propagate(std::move(map));
    const auto known = std::ranges::find(known_, map->table, &change::TableSchema::table);
    const change::TableSchema* columns = use_known_ && known != known_.end() ? &*known : nullptr;
    auto layout = binlog::make_table_layout(*map, format.flavor, columns);
    // Tables that were dropped on the way have no columns to go by; their rows are counted.
    const bool is_unknown = use_known_ && known == known_.end();
    if (!layout && !is_unknown) return base::propagate(std::move(layout));
    layouts_[map->table_id] =
        layout ? std::move(*layout) : binlog::make_nameless_layout(*map, format.flavor);
    nameless_[map->table_id] = !layout;
    return {};
  }

  base::Result<void> visit_rows(Bytes event, const FormatDescription& format) {
    const auto id = binlog::read_table_id(event, format);
    if (!id) return tl::unexpected(id.error());
    const binlog::TableLayout& layout = layouts_.at(*id);
    if (auto opened = reader_.open(event, format, layout); !opened) return opened;
    const auto count = reader_.count_remaining();
    if (!count) return tl::unexpected(count.error());
    if (nameless_.at(*id)) return {};
    if (auto opened = reader_.open(event, format, layout); !opened) return opened;
    std::uint64_t rows = 0;
    while (true) {
      auto more = reader_.next();
      if (!more) return base::propagate(std::move(more));
      if (!*more) break;
      ++rows;
      pending_.push_back(
          own(reader_.operation(), *layout.schema, reader_.before(), reader_.after()));
    }
    EXPECT_EQ(rows, *count) << "rows decoded and rows counted differ";
    decoded_rows_ += rows;
    return {};
  }

  base::Result<void> visit_query(Bytes event) {
    const auto query = binlog::parse_query(event, scratch_);
    if (!query) return tl::unexpected(query.error());
    const auto meaning = binlog::classify_query(query->sql, query->sql_mode);
    switch (meaning.kind) {
      case QueryKind::kBegin:
      case QueryKind::kRollback:
        pending_.clear();
        savepoints_.clear();
        break;
      case QueryKind::kCommit:
      case QueryKind::kDdl:
        commit(pending_);
        break;
      case QueryKind::kSavepoint:
        savepoints_[meaning.name] = pending_.size();
        break;
      case QueryKind::kRollbackToSavepoint:
        pending_.resize(savepoints_.at(meaning.name));
        break;
      case QueryKind::kXaCommit:
        if (const auto prepared = prepared_.find(meaning.name); prepared != prepared_.end()) {
          commit(prepared->second);
        }
        break;
      case QueryKind::kXaRollback:
        prepared_.erase(meaning.name);
        break;
      default:
        break;
    }
    return {};
  }

  void commit(std::vector<OwnedChange>& changes) {
    for (const OwnedChange& change : changes) {
      if (applies_changes_) tables_.apply(change);
    }
    changes.clear();
    savepoints_.clear();
  }

  std::vector<change::TableSchema> known_;
  bool use_known_;
  std::map<std::uint64_t, binlog::TableLayout> layouts_;
  std::map<std::uint64_t, bool> nameless_;
  binlog::RowsReader reader_;
  std::vector<OwnedChange> pending_;
  std::map<std::string, std::size_t> savepoints_;
  std::map<std::string, std::vector<OwnedChange>> prepared_;
  ReplayedTables tables_;
  std::string scratch_;
  std::size_t decoded_rows_ = 0;
  bool applies_changes_ = true;
};

base::Result<void> replay_all(const CorpusCase& corpus_case, Replay& replay) {
  for (const std::string& binlog : read_binlogs(corpus_case)) {
    auto visited = visit_events(
        binlog, [&replay](const EventHeader& header, Bytes event, const FormatDescription& format) {
          return replay.visit(header, event, format);
        });
    if (!visited) return visited;
  }
  return {};
}

std::vector<CorpusCase> replayable_cases() {
  std::vector<CorpusCase> cases = all_cases();
  std::erase_if(cases, [](const CorpusCase& corpus_case) {
    const std::string& scenario = corpus_case.scenario;
    // With names in the binlog these two need nothing else.
    const bool needs_names = scenario == "comp_ma" || scenario == "gencols_ma";
    return kNeedDdl.contains(scenario) || kNeedStatements.contains(scenario) ||
           scenario == "json_partial" || (needs_names && corpus_case.metadata != "full");
  });
  return cases;
}

class RowsCorpus : public testing::TestWithParam<CorpusCase> {};

TEST_P(RowsCorpus, EndsInTheRowsThatTheServerShows) {
  Replay replay(GetParam());

  const auto replayed = replay_all(GetParam(), replay);

  ASSERT_TRUE(replayed) << replayed.error().message;
  std::istringstream lines(read_file(GetParam().directory / "expected_final_rows.ndjson.zst"));
  const Missing missing =
      kHaveDefaults.contains(GetParam().scenario) ? Missing::kAllowed : Missing::kDiffers;
  std::size_t compared = 0;
  for (std::string line; std::getline(lines, line); ++compared) {
    const auto expected = nlohmann::json::parse(line);
    const auto table = expected.at("table").get<std::string>();
    EXPECT_EQ(replay.tables().take("sc_" + GetParam().scenario + "." + table, expected.at("row"),
                                   missing),
              "")
        << table << ", line " << compared + 1;
  }
  EXPECT_GT(compared, 0U);
  EXPECT_GE(replay.decoded_rows(), compared);
  if (kHaveHistory.contains(GetParam().scenario)) return;
  for (const change::TableSchema& table : replay.final_schema()) {
    EXPECT_EQ(replay.tables().left("sc_" + GetParam().scenario + "." + table.table), 0U)
        << table.table << " has rows too many";
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, RowsCorpus, testing::ValuesIn(replayable_cases()),
                         [](const auto& tested) { return tested.param.test_name(); });

class RowsCorpusShape : public testing::TestWithParam<CorpusCase> {};

// Of the cases that are not replayed: that every row is read and counted, whatever its names.
TEST_P(RowsCorpusShape, DecodesEveryRowOfAFullBinlog) {
  Replay replay(GetParam());

  replay.forget_changes();
  const auto decoded = replay_all(GetParam(), replay);

  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_GT(replay.decoded_rows(), 0U);
}

std::vector<CorpusCase> shape_cases() {
  std::vector<CorpusCase> cases = all_cases();
  std::erase_if(cases, [](const CorpusCase& corpus_case) {
    return corpus_case.metadata != "full" || (!kNeedDdl.contains(corpus_case.scenario) &&
                                              !kNeedStatements.contains(corpus_case.scenario));
  });
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Recorded, RowsCorpusShape, testing::ValuesIn(shape_cases()),
                         [](const auto& tested) { return tested.param.test_name(); });

// The last but one update was made with binlog_row_image=MINIMAL: the value that it changed is not
// in the binlog. All that it and the last one do is to set the member "a" of row 11.
TEST(RowsCorpusPartialUpdates, MakeTheServersRowsUpToTheOneWithoutItsValueBefore) {
  int cases = 0;
  for (const CorpusCase& corpus_case : all_cases()) {
    if (corpus_case.scenario != "json_partial") continue;
    SCOPED_TRACE(corpus_case.test_name());
    ++cases;
    Replay replay(corpus_case);

    const auto replayed = replay_all(corpus_case, replay);

    ASSERT_FALSE(replayed);
    EXPECT_EQ(replayed.error().code, base::ErrorCode::kUnsupported);
    EXPECT_NE(replayed.error().message.find("binlog_row_image=FULL"), std::string::npos)
        << replayed.error().message;
    std::istringstream lines(read_file(corpus_case.directory / "expected_final_rows.ndjson.zst"));
    for (std::string line; std::getline(lines, line);) {
      if (const auto member = line.find("\\\"a\\\": 5"); member != std::string::npos) {
        line.replace(member, 8, "\\\"a\\\": 999");
      }
      const auto expected = nlohmann::json::parse(line);
      EXPECT_EQ(replay.tables().take("sc_json_partial.t_jp", expected.at("row"), Missing::kDiffers),
                "");
    }
    EXPECT_EQ(replay.tables().left("sc_json_partial.t_jp"), 0U);
  }
  EXPECT_GT(cases, 0);
}

}  // namespace
}  // namespace pikachu::corpus
