// MariaDB's system-versioned tables have one key, wherever the names of their columns come from:
// the event (FULL), the statements before it, a dump, or information_schema.
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "mysql/information_schema.h"
#include "tests/support/pikachu_process.h"
#include "tests/support/scenario.h"
#include "tests/support/server_process.h"

namespace pikachu::test {
namespace {

using Strings = std::vector<std::string>;
/// By table: the names of the key's columns, in order.
using Keys = std::map<std::string, Strings>;

const Strings kTables{
    "CREATE TABLE shop.hidden (id INT PRIMARY KEY, a INT) WITH SYSTEM VERSIONING",
    "CREATE TABLE shop.two (id INT, a INT, PRIMARY KEY (a, id)) WITH SYSTEM VERSIONING",
    ("CREATE TABLE shop.parts (id INT PRIMARY KEY, a INT) WITH SYSTEM VERSIONING PARTITION BY "
     "SYSTEM_TIME (PARTITION p0 HISTORY, PARTITION p1 CURRENT)"),
    ("CREATE TABLE shop.shown (id INT PRIMARY KEY, a INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW "
     "START, e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH "
     "SYSTEM VERSIONING"),
    "CREATE TABLE shop.keyless (id INT, a INT) WITH SYSTEM VERSIONING",
    "CREATE TABLE shop.plain (id INT PRIMARY KEY, a INT)"};

const Keys kKeys{{"hidden", {"id", "row_end"}},
                 {"two", {"a", "id", "row_end"}},
                 {"parts", {"id", "row_end"}},
                 {"shown", {"id", "e"}},
                 {"keyless", {}},
                 {"plain", {"id"}}};

class VersionedTables : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    auto server = shared_server(GetParam());
    if (is_missing(server)) GTEST_SKIP() << GetParam() << ": " << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = *server;
    execute({"DROP DATABASE IF EXISTS shop"});
    file_ = next_file();
    execute({"CREATE DATABASE shop"});
    execute(kTables);
  }
  void TearDown() override {
    if (server_ != nullptr) execute({"SET GLOBAL binlog_row_metadata = DEFAULT"});
  }

  void execute(const Strings& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::string next_file() {
    execute({"FLUSH BINARY LOGS"});
    const auto logs = server_->query("SHOW BINARY LOGS");
    EXPECT_TRUE(logs) << logs.error().message;
    return (server_->data_directory() / *logs->back().at(0)).string();
  }
  void change_rows(const std::string& metadata) {
    execute({"SET GLOBAL binlog_row_metadata = " + metadata});
    for (const auto& [table, key] : kKeys) {
      const std::string name = "shop." + table;
      execute({"INSERT INTO " + name + " (id, a) VALUES (1, 1)", "UPDATE " + name + " SET a = 2",
               "DELETE FROM " + name});
    }
  }

  /// The keys of all rows in the file; of a table whose rows differ in it, what does not fit.
  static Keys keys_of(const Strings& arguments) {
    Strings command{"decode"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const FinishedProgram finished = run_pikachu(command);
    EXPECT_EQ(finished.errors, "");
    Keys keys;
    std::istringstream lines(finished.output);
    for (std::string line; std::getline(lines, line);) {
      const auto row = nlohmann::ordered_json::parse(line);
      const auto& id = row["primary_id"];
      Strings names;
      if (id.is_object()) {
        for (const auto& [name, value] : id.items()) names.push_back(name);
      } else if (!id.is_null()) {
        names.emplace_back("id");
      }
      const auto [known, added] = keys.emplace(row["table"].get<std::string>(), names);
      EXPECT_EQ(known->second, names) << line;
    }
    return keys;
  }

  ServerProcess* server_ = nullptr;
  std::string file_;
};

TEST_P(VersionedTables, HaveOneKeyWhateverTheEventsSay) {
  for (const std::string metadata : {"FULL", "MINIMAL", "NO_LOG"}) {
    SCOPED_TRACE(metadata);
    change_rows(metadata);
  }
  next_file();

  EXPECT_EQ(keys_of({file_}), kKeys);
}

TEST_P(VersionedTables, HaveThatKeyInDefinitionsOfDumpsToo) {
  std::string definitions = "USE shop;\n";
  for (const auto& [table, key] : kKeys) {
    const auto shown = server_->query("SHOW CREATE TABLE shop." + table);
    ASSERT_TRUE(shown) << shown.error().message;
    definitions += *shown->at(0).at(1) + ";\n";
  }
  const std::string rows = next_file();
  change_rows("NO_LOG");
  const TemporaryDirectory directory;

  EXPECT_EQ(keys_of({"-schema", directory.write("schema.sql", definitions), rows}), kKeys);
}

TEST_P(VersionedTables, HaveThatKeyInInformationSchemaToo) {
  mysql::ConnectionOptions options;
  options.host = server_->host();
  options.port = server_->port();
  options.user = server_->user();
  options.password = server_->password();
  mysql::InformationSchema reader(options, telemetry::Logger());

  Keys keys;
  for (const auto& [table, key] : kKeys) {
    const auto schema = reader.read("shop", table, {});
    ASSERT_TRUE(schema && *schema) << table;
    Strings names;
    for (const std::size_t index : (*schema)->primary_key) {
      names.push_back((*schema)->columns.at(index).name);
    }
    keys[table] = names;
  }

  EXPECT_EQ(keys, kKeys);
}

INSTANTIATE_TEST_SUITE_P(Servers, VersionedTables,
                         ::testing::Values("mariadb-10.11", "mariadb-11.8"),
                         [](const auto& tested) { return test_name(tested.param); });

}  // namespace
}  // namespace pikachu::test
