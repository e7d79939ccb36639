// `pikachu decode` on the recorded binlogs of tests/corpus: what it writes is what their servers
// say, and the same whether names stand in the binlog or follow from its statements.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "decode/byte_source.h"
#include "tests/support/pikachu_process.h"

namespace pikachu::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// One server's scenario: its recordings differ in binlog_row_metadata only. Those of other
/// settings (row images, checksums, compression, …) are left out.
struct Scenario {
  std::string name;
  std::vector<fs::path> recordings;
};

std::vector<Scenario> all_scenarios() {
  std::vector<Scenario> scenarios;
  const fs::path corpus = fs::path(PIKACHU_SOURCE_DIR) / "tests/corpus";
  const std::set<std::string> amounts{"full", "minimal", "no_log"};
  for (const auto& server : fs::directory_iterator(corpus)) {
    if (!server.is_directory() || server.path().filename() == "statements") continue;
    for (const auto& folder : fs::directory_iterator(server)) {
      Scenario scenario{server.path().filename().string() + "_" + folder.path().filename().string(),
                        {}};
      std::ranges::replace_if(
          scenario.name, [](char c) { return c == '-' || c == '.'; }, '_');
      for (const auto& recording : fs::directory_iterator(folder)) {
        if (!amounts.contains(recording.path().filename().string())) continue;
        scenario.recordings.push_back(recording.path());
      }
      if (scenario.recordings.empty()) continue;
      std::ranges::sort(scenario.recordings);
      scenarios.push_back(std::move(scenario));
    }
  }
  std::ranges::sort(scenarios, {}, &Scenario::name);
  return scenarios;
}

void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

FinishedProgram decode(const fs::path& recording) {
  std::vector<std::string> arguments{"decode"};
  for (const auto& file : fs::directory_iterator(recording)) {
    if (file.path().filename().string().starts_with("master-bin.")) {
      arguments.push_back(file.path().string());
    }
  }
  std::sort(arguments.begin() + 1, arguments.end());
  return run_pikachu(arguments);
}

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> lines;
  std::size_t begin = 0;
  for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    lines.push_back(json::parse(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return lines;
}

/// What a line says about its row, without where and when it was written; where `with_values` is
/// false, only which columns it has.
std::string row_of(json line, bool with_values) {
  for (const char* const member : {"id", "timestamp", "position"}) line.erase(member);
  if (with_values) return line.dump();
  line.erase("primary_id");
  for (const char* const member : {"data", "old_data", "new_data"}) {
    if (!line.contains(member)) continue;
    for (auto& value : line[member]) value = nullptr;
  }
  return line.dump();
}

class DecodedCorpus : public ::testing::TestWithParam<Scenario> {};

TEST_P(DecodedCorpus, NamesFollowFromStatementsWhereTheBinlogHasNone) {
  // Their values are other ones each time: UUID(), and the times of system versions.
  const bool with_values = !GetParam().name.ends_with("misc_events") &&
                           !GetParam().name.ends_with("gencols_ma") &&
                           !GetParam().name.ends_with("mariadb_types");
  std::vector<std::string> first;
  for (const fs::path& recording : GetParam().recordings) {
    SCOPED_TRACE(recording.filename());
    const FinishedProgram finished = decode(recording);

    std::vector<std::string> rows;
    for (const json& line : lines_of(finished.output)) {
      EXPECT_FALSE(line.contains("unnamed")) << line.dump().substr(0, 200);
      rows.push_back(row_of(line, with_values));
    }
    EXPECT_GT(rows.size(), 0U) << finished.errors;
    if (first.empty()) first = rows;
    EXPECT_EQ(rows.size(), first.size());
    const auto differs = std::ranges::mismatch(rows, first);
    if (differs.in1 != rows.end() && differs.in2 != first.end()) {
      ADD_FAILURE() << differs.in1->substr(0, 500) << "\ninstead of\n"
                    << differs.in2->substr(0, 500);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, DecodedCorpus, ::testing::ValuesIn(all_scenarios()),
                         [](const auto& tested) { return tested.param.name; });

std::string read_compressed(const fs::path& path) {
  auto source = decode::open_byte_source(path.string());
  EXPECT_TRUE(source) << path;
  std::string text;
  std::array<std::uint8_t, 65'536> piece{};
  while (source) {
    const auto size = (*source)->read(piece);
    EXPECT_TRUE(size) << path;
    if (!size || *size == 0) break;
    text.append(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*size));
  }
  return text;
}

/// The bytes that base64 stands for, in hexadecimal digits.
std::string hex_of_base64(std::string_view base64) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : base64) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) break;
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    const auto byte = bits >> static_cast<unsigned>(count) & 0xffU;
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 0xfU];
  }
  return hex;
}

bool equals(const json& value, const json& expected) {
  if (value.is_null() || expected.is_null()) return value.is_null() && expected.is_null();
  if (!value.is_string()) return value.dump() == expected.value("text", "");
  const auto text = value.get<std::string>();
  if (expected.contains("text") && expected["text"] == text) return true;
  std::string hex = expected.value("hex", "-");
  std::ranges::transform(hex, hex.begin(), [](unsigned char c) { return std::tolower(c); });
  return hex_of_base64(text) == hex;
}

// Of all scenarios those that only insert, and whose values are shown in JSON as SELECT shows them.
TEST(DecodedCorpusValues, AreThoseOfTheServersSelect) {
  const std::set<std::string> simple = {"bit",     "charsets_ma",       "charsets_my",  "decimal",
                                        "enumset", "compressed_col_ma", "inet_uuid_ma", "strings"};
  std::size_t compared = 0;
  for (const Scenario& scenario : all_scenarios()) {
    const fs::path& recording = scenario.recordings.front();
    if (!simple.contains(recording.parent_path().filename().string())) continue;
    SCOPED_TRACE(scenario.name);
    std::map<std::string, std::vector<json>> rows;
    for (json& line : lines_of(decode(recording).output)) {
      ASSERT_EQ(line["event"], "insert");
      rows[line["table"].get<std::string>()].push_back(std::move(line["data"]));
    }

    for (const json& expected :
         lines_of(read_compressed(recording / "expected_final_rows.ndjson.zst"))) {
      auto& candidates = rows[expected["table"].get<std::string>()];
      const auto found = std::ranges::find_if(candidates, [&](const json& row) {
        return std::ranges::all_of(expected["row"].items(), [&](const auto& column) {
          return row.contains(column.key()) && equals(row[column.key()], column.value());
        });
      });
      ASSERT_NE(found, candidates.end()) << expected.dump().substr(0, 500);
      candidates.erase(found);
      ++compared;
    }
    for (const auto& [table, left] : rows) EXPECT_TRUE(left.empty()) << table;
  }
  EXPECT_GT(compared, 150U);
}

}  // namespace
}  // namespace pikachu::test
