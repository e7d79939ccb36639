// The recorded binlogs again, with some columns that nobody asks for: those are absent, and all
// others are as they are when everything is decoded.

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/corpus/corpus_case.h"
#include "tests/corpus/decoded_stream.h"

namespace pikachu::corpus {
namespace {

using nlohmann::json;

// Comparing takes longer than decoding: so many rows of each file, and none of megabytes.
constexpr std::size_t kComparedRows = 200;
constexpr std::size_t kComparedBytes = 1'000'000;

/// By table: which columns were skipped.
using Skipped = std::set<std::pair<std::string, std::string>>;

json without(json row, const Skipped& skipped) {
  const std::string table = row["table"];
  for (const char* image : {"data", "old_data", "new_data"}) {
    if (!row.contains(image)) continue;
    std::erase_if(row[image].get_ref<json::object_t&>(), [&](const auto& column) {
      return skipped.contains({table, column.first});
    });
  }
  return row;
}

std::vector<std::string> rows_of(DecodedStream& stream, const std::vector<ByteList>& events) {
  stream.take_all(events);
  return stream.rows();
}

class SkippedColumns : public testing::TestWithParam<CorpusCase> {};

TEST_P(SkippedColumns, AreAbsentAndChangeNoOther) {
  for (const std::string& binlog : read_binlogs(GetParam())) {
    const auto events = cut_events(ByteList(binlog.begin(), binlog.end()));
    DecodedStream whole;
    const auto all = rows_of(whole, events);
    for (const std::size_t kept : {std::size_t{0}, std::size_t{1}}) {
      Skipped skipped;
      DecodedStream partly([&](const change::TableSchema& table, std::size_t column) {
        const std::string& name = table.columns[column].name;
        const bool is_wanted = name.size() % 2 == kept;
        if (!is_wanted) skipped.emplace(table.table, name);
        return is_wanted;
      });
      const auto some = rows_of(partly, events);
      // Changes of a JSON value without the value before them end the stream only if it is asked
      // for.
      ASSERT_GE(some.size(), all.size()) << partly.error().message;
      for (std::size_t i = 0; i < std::min(all.size(), kComparedRows); ++i) {
        if (all[i].size() > kComparedBytes) continue;
        ASSERT_EQ(json::parse(some[i]), without(json::parse(all[i]), skipped));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, SkippedColumns, testing::ValuesIn(all_cases()),
                         [](const auto& of) { return of.param.test_name(); });

}  // namespace
}  // namespace pikachu::corpus
