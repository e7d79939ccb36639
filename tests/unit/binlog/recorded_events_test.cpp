#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "binlog/events.h"
#include "binlog/table_map.h"
#include "binlog/transaction_payload.h"
#include "tests/support/binlog_file.h"

namespace pikachu::binlog {
namespace {

// What the events of a file come to; data/README.md says what was recorded.
struct Summary {
  std::map<QueryKind, int> queries;
  std::vector<std::string> gtids;
  int table_maps = 0;
  int xids = 0;
  int nested = 0;
  int start_alters = 0;
};

template <typename T>
base::Result<void> drop_value(base::Result<T> result) {
  if (!result) return base::propagate(std::move(result));
  return {};
}

base::Result<void> read_event(Bytes event, const FormatDescription& format, Summary& summary);

base::Result<void> read_payload(Bytes event, const FormatDescription& format, Summary& summary) {
  PayloadReader payload;
  if (auto opened = payload.open(event); !opened) return opened;
  while (true) {
    auto nested = payload.next();
    if (!nested) return base::propagate(std::move(nested));
    if (!nested->has_value()) return {};
    ++summary.nested;
    if (auto read = read_event(**nested, format, summary); !read) return read;
  }
}

base::Result<void> read_query(Bytes event, Summary& summary) {
  std::string scratch;
  auto query = parse_query(event, scratch);
  if (!query) return base::propagate(std::move(query));
  EXPECT_FALSE(query->sql.empty());
  EXPECT_TRUE(query->client_collation.has_value());
  ++summary.queries[classify_query(query->sql, query->sql_mode).kind];
  return {};
}

base::Result<void> read_gtid(Bytes event, Summary& summary) {
  auto gtid = parse_gtid(event);
  if (!gtid) return base::propagate(std::move(gtid));
  summary.gtids.push_back(gtid->gtid);
  if (gtid->start_alter) ++summary.start_alters;
  return {};
}

base::Result<void> read_event(Bytes event, const FormatDescription& format, Summary& summary) {
  const auto type = static_cast<EventType>(event[4]);
  EXPECT_NE(name_of(type), "") << "type " << int{event[4]};
  switch (type) {
    case EventType::kRotate:
      return drop_value(parse_rotate(event));
    case EventType::kGtid:
    case EventType::kGtidTagged:
    case EventType::kAnonymousGtid:
    case EventType::kMariadbGtid:
      return read_gtid(event, summary);
    case EventType::kPreviousGtids:
      return drop_value(parse_previous_gtids(event));
    case EventType::kMariadbGtidList:
      return drop_value(parse_gtid_list(event));
    case EventType::kQuery:
    case EventType::kMariadbQueryCompressed:
      return read_query(event, summary);
    case EventType::kXid:
      ++summary.xids;
      return drop_value(parse_xid(event));
    case EventType::kXaPrepare:
      return drop_value(parse_xa_prepare(event));
    case EventType::kTransactionPayload:
      return read_payload(event, format, summary);
    case EventType::kTableMap: {
      ++summary.table_maps;
      auto map = parse_table_map(event, format);
      if (map) {
        EXPECT_EQ(read_table_id(event, format), map->table_id);
      }
      return drop_value(std::move(map));
    }
    default:
      return {};
  }
}

base::Result<Summary> summarise(const std::filesystem::path& path) {
  auto file = test::RecordedBinlog::read(path);
  if (!file) return base::propagate(std::move(file));
  Summary summary;
  for (const test::BinlogFile::RawEvent& event : file->events) {
    if (auto read = read_event(event.bytes, file->format, summary); !read) {
      return base::propagate(std::move(read), "event at " + std::to_string(event.offset));
    }
  }
  return summary;
}

std::filesystem::path data_folder() {
  return PIKACHU_SOURCE_DIR "/tests/unit/binlog/data";
}

TEST(RecordedEvents, AreParsedWithoutErrorInEveryFile) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data_folder())) {
    if (entry.path().extension() != ".binlog") continue;
    SCOPED_TRACE(entry.path().filename());
    ++files;
    const auto summary = summarise(entry.path());
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_GT(summary->gtids.size(), 0U);
    EXPECT_GT(summary->table_maps, 0);
  }
  EXPECT_EQ(files, 22U);
}

TEST(RecordedEvents, OfMysqlTransactionsHaveTheirKinds) {
  auto summary = summarise(data_folder() / "mysql-9.7.4_trx_full.binlog");
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->queries[QueryKind::kSavepoint], 1);
  EXPECT_EQ(summary->queries[QueryKind::kXaStart], 3);
  EXPECT_EQ(summary->queries[QueryKind::kXaEnd], 3);
  EXPECT_EQ(summary->queries[QueryKind::kXaCommit], 1);
  EXPECT_EQ(summary->queries[QueryKind::kXaRollback], 1);
  EXPECT_EQ(summary->queries[QueryKind::kCreateTableInTransaction], 1);
  EXPECT_EQ(summary->queries[QueryKind::kRowChangeStatement], 0);
}

TEST(RecordedEvents, OfMariadbTransactionsHaveTheirKinds) {
  auto summary = summarise(data_folder() / "mariadb-10.11.19_trx_full.binlog");
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->queries[QueryKind::kRollback], 1);
  EXPECT_EQ(summary->queries[QueryKind::kXaStart], 0);
  EXPECT_EQ(summary->queries[QueryKind::kXaCommit], 1);
  EXPECT_EQ(summary->queries[QueryKind::kRowChangeStatement], 0);
  EXPECT_EQ(summary->gtids.size(), 32U);
  EXPECT_EQ(summary->gtids.front(), "0-101-941");
}

TEST(RecordedEvents, OfStatementFormatAreKnownAsChangesWithoutRows) {
  auto summary = summarise(data_folder() / "mysql-9.7.4_misc_events_full.binlog");
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->queries[QueryKind::kRowChangeStatement], 7);
}

TEST(RecordedEvents, OfTwoPhaseAlterTellItsStart) {
  auto summary = summarise(data_folder() / "mariadb-10.11.19_ddl_ma_only_no_log.binlog");
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->start_alters, 1);
  EXPECT_EQ(summary->queries[QueryKind::kDdl], 10);
  EXPECT_NE(std::ranges::find(summary->gtids, "0-101-5000000000"), summary->gtids.end());
  EXPECT_TRUE(std::ranges::any_of(
      summary->gtids, [](const std::string& gtid) { return gtid.starts_with("7-999-"); }));
}

TEST(RecordedEvents, InPayloadsCountAsThoseOutside) {
  auto summary = summarise(data_folder() / "mysql-9.7.4_comp_full.binlog");
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_GT(summary->nested, 20);
  EXPECT_EQ(summary->xids, 5);
  EXPECT_EQ(summary->queries[QueryKind::kBegin], 5);
}

}  // namespace
}  // namespace pikachu::binlog
