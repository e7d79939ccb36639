#include "config/known_keys.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "config/config.h"
#include "config/document.h"
#include "config/shape.h"
#include "tests/unit/config/config_text.h"

namespace pikachu::config {
namespace {

using Paths = std::set<std::string, std::less<>>;

std::string file_text(std::string_view name) {
  std::ifstream stream(std::string(PIKACHU_SOURCE_DIR) + "/" + std::string(name));
  std::stringstream text;
  text << stream.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

/// The keys that the reference documents: the first cell, in backquotes, of each row of its tables.
Paths documented_keys() {
  Paths keys;
  std::istringstream lines(file_text("docs/reference/config.md"));
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kBegin = "| `";
    if (line.rfind(kBegin, 0) != 0) continue;
    const std::string key =
        line.substr(kBegin.size(), line.find('`', kBegin.size()) - kBegin.size());
    EXPECT_TRUE(keys.insert(key).second) << key << " is documented twice";
  }
  return keys;
}

void collect_paths(const Node& node, const std::string& path, Paths& paths) {
  for (const Member& member : node.members) {
    const std::string member_path = path.empty() ? member.key : path + "." + member.key;
    paths.insert(member_path);
    const KnownKey* key = find_known_key(member_path);
    if (key != nullptr && key->kind == KeyKind::kHeaders) continue;
    collect_paths(member.value, member_path, paths);
    for (const Node& item : member.value.items) collect_paths(item, member_path + "[]", paths);
  }
}

/// config.yaml with every key that is commented out ("#key: …", no blank after the '#') switched
/// on.
std::string example_with_everything_on() {
  std::istringstream lines(file_text("config.yaml"));
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t hash = line.find_first_not_of(' ');
    const bool is_key = hash != std::string::npos && line[hash] == '#' && hash + 1 < line.size() &&
                        line[hash + 1] != ' ';
    if (is_key) line.erase(hash, 1);
    out += line + "\n";
  }
  return out;
}

TEST(KnownKeys, AreTheDocumentedOnes) {
  Paths known;
  for (const KnownKey& key : known_keys()) known.insert(std::string(key.path));

  EXPECT_EQ(documented_keys(), known);
}

TEST(KnownKeys, ComeOnceAndAfterTheirSection) {
  Paths sections = {""};
  Paths seen;
  for (const KnownKey& key : known_keys()) {
    SCOPED_TRACE(key.path);
    EXPECT_TRUE(seen.emplace(key.path).second);
    EXPECT_TRUE(sections.contains(section_of(key.path)));
    if (key.kind == KeyKind::kSection) sections.emplace(key.path);
    if (key.kind == KeyKind::kSections) sections.insert(std::string(key.path) + "[]");
    EXPECT_LE(key.min, key.max);
    const bool has_range = key.kind == KeyKind::kInteger || key.kind == KeyKind::kDuration ||
                           key.kind == KeyKind::kSize;
    EXPECT_EQ(has_range, key.max > 0);
    const bool needs_detail =
        key.is_required || key.kind == KeyKind::kChoice || key.kind == KeyKind::kObsolete;
    EXPECT_TRUE(!needs_detail || !key.detail.empty());
  }
}

TEST(KnownKeys, AreAllInTheExample) {
  ::setenv("PIKACHU_TOKEN", "t", 1);
  const TemporaryDirectory directory;
  Report report;
  const std::size_t file = report.add_file("config.yaml");
  auto document =
      read_document(directory.write("config.yaml", example_with_everything_on()), file, report);
  ASSERT_TRUE(document);
  check_shape(*document, report);
  for (const Finding& finding : report.findings()) ADD_FAILURE() << finding.to_string();

  Paths expected;
  for (const KnownKey& key : known_keys()) {
    if (section_of(key.path) == "monitor" || key.path == "monitor") continue;
    if (key.kind != KeyKind::kObsolete && key.kind != KeyKind::kLater) {
      expected.insert(std::string(key.path));
    }
  }
  Paths present;
  collect_paths(*document, "", present);
  EXPECT_EQ(present, expected);
}

TEST(Example, LoadsWithoutAWord) {
  for (const char* name :
       {"PIKACHU_DB_HOST", "PIKACHU_DB_PORT", "PIKACHU_DB_USER", "PIKACHU_DB_PASSWORD",
        "PIKACHU_DB_NAME", "PIKACHU_HTTP_PORT", "PIKACHU_CALLBACK", "PIKACHU_STATE_DIR"}) {
    ::unsetenv(name);
  }
  const LoadResult result = load(std::string(PIKACHU_SOURCE_DIR) + "/config.yaml", "");

  for (const Finding& finding : result.findings) ADD_FAILURE() << finding.to_string();
  ASSERT_TRUE(result.config);
  EXPECT_EQ(result.config->connection.host, "127.0.0.1");
  EXPECT_EQ(result.config->connection.port, 3306);
  EXPECT_EQ(result.config->connection.user, "pikachu");
  EXPECT_EQ(result.config->connection.password, "pikachu");
  EXPECT_EQ(result.config->database, "test_db");
  EXPECT_EQ(result.config->connection.server_id, 1001U);
  EXPECT_TRUE(result.config->admin.enabled);
  EXPECT_EQ(result.config->admin.port, 8080);
  EXPECT_EQ(result.config->state_dir, "./data");
  ASSERT_EQ(result.config->webhook.endpoints.size(), 1U);
  EXPECT_EQ(result.config->webhook.endpoints[0].task_id, "user_monitor");
  EXPECT_EQ(result.config->webhook.endpoints[0].url, "http://127.0.0.1:9000/webhook");
}

TEST(NearestKey, IsASiblingBeforeAKeyElsewhere) {
  EXPECT_EQ(nearest_key("database.hots"), "host");
  EXPECT_EQ(nearest_key("databse"), "database");
  EXPECT_EQ(nearest_key("server.user"), "database.user");
  EXPECT_EQ(nearest_key("tasks[].table"), "table_name");
  EXPECT_EQ(nearest_key("zebra"), "");
  EXPECT_EQ(nearest_key(""), "");
}

}  // namespace
}  // namespace pikachu::config
