// What schema::Catalog makes of the statements in real servers' binlogs, beside what those servers'
// information_schema says after each of them.

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "binlog/charset.h"
#include "mysql/information_schema.h"
#include "schema/catalog.h"
#include "tests/support/binlog_file.h"
#include "tests/support/scenario.h"
#include "tests/support/server_process.h"

namespace pikachu::schema {
namespace {

using binlog::EventType;
using test::ServerProcess;

// "@{95}" as the byte that it stands for.
std::string with_bytes(std::string_view text) {
  std::string result;
  constexpr std::size_t kMarkSize = 5;
  while (!text.empty()) {
    if (text.starts_with("@{") && text.size() >= kMarkSize && text[4] == '}') {
      unsigned byte = 0;
      std::from_chars(text.data() + 2, text.data() + 4, byte, 16);
      result += static_cast<char>(byte);
      text.remove_prefix(kMarkSize);
      continue;
    }
    result += text.front();
    text.remove_prefix(1);
  }
  return result;
}

// The file's statements, without the ';' that ends each one's last line.
std::vector<std::string> read_statements() {
  std::ifstream in(PIKACHU_SOURCE_DIR "/tests/integration/schema_oracle.sql", std::ios::binary);
  std::vector<std::string> statements;
  std::string statement;
  for (std::string line; std::getline(in, line);) {
    if (statement.empty() && (line.empty() || line.starts_with("--"))) continue;
    statement += line;
    if (!line.ends_with(';')) {
      statement += '\n';
      continue;
    }
    statement.pop_back();
    statements.push_back(with_bytes(statement));
    statement.clear();
  }
  return statements;
}

// One line for each column, and one for the key: what a difference looks like.
std::vector<std::string> described(const change::TableSchema& schema) {
  std::vector<std::string> lines;
  for (const change::Column& column : schema.columns) {
    std::string line = column.name + ": " + column.sql_type;
    line += ", collation " + std::to_string(column.collation_id);
    if (column.is_unsigned) line += ", unsigned";
    if (column.fractional_digits != 0) {
      line += ", " + std::to_string(column.fractional_digits) + " digits";
    }
    if (column.hint != change::ColumnHint::kNone) {
      line += ", hint " + std::to_string(static_cast<int>(column.hint));
    }
    for (const std::string& label : column.labels) line += " [" + label + "]";
    lines.push_back(line);
  }
  std::string key = "primary key:";
  for (const std::size_t index : schema.primary_key) key += " " + std::to_string(index);
  lines.push_back(key);
  return lines;
}

// A server with a binlog that is read from its data directory, statement by statement.
class Oracle {
 public:
  explicit Oracle(ServerProcess& server)
      : server_(server),
        catalog_(server.is_mariadb() ? change::Flavor::kMariadb : change::Flavor::kMysql),
        reader_(options_of(server), telemetry::Logger()) {}

  /// Starts behind what the binlog holds now.
  void start() {
    const bool renamed = server_.kind() == "mysql-9.7";
    const auto status = server_.query(renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS");
    ASSERT_TRUE(status) << status.error().message;
    file_ = server_.data_directory() / status->at(0).at(0).value_or("");
    auto connection = server_.connect();
    ASSERT_TRUE(connection) << connection.error().message;
    // The statements' own session changes its character set.
    observer_.emplace(std::move(*connection));
    ASSERT_TRUE(observer_->query("SET SESSION group_concat_max_len = 1000000"));
    read_new_events([](binlog::Bytes) {});
  }

  /// Runs a statement; false if the server refuses it.
  bool run(const std::string& statement) { return server_.execute(statement).has_value(); }

  /// Applies what the server logged since the last call. Returns what it applied.
  std::vector<std::string> apply_logged() {
    std::vector<std::string> applied;
    read_new_events([this, &applied](binlog::Bytes event) {
      std::string scratch;
      const auto query = binlog::parse_query(event, scratch);
      ASSERT_TRUE(query) << query.error().message;
      const auto header = binlog::read_event_header(event);
      const bool temporary = (header->flags & binlog::EventHeader::kFlagThreadSpecific) != 0;
      const auto done = catalog_.apply(statement_of(*query, temporary));
      applied.emplace_back(query->sql);
      EXPECT_TRUE(done) << done.error().message;
    });
    return applied;
  }

  /// Compares every table that there is, and looks for those that were. One that neither the server
  /// nor the catalog shows otherwise than when it was compared last is not compared again.
  void compare() {
    const auto tables = observer_->query(kTables);
    ASSERT_TRUE(tables) << tables.error().message;
    std::map<TableName, std::string> present;
    for (const auto& row : *tables) {
      const TableName name{row.at(0).value_or(""), row.at(1).value_or("")};
      const auto found = catalog_.find(name.first, name.second);
      std::string state = row.at(2).value_or("");
      for (const std::string& line : found ? described(*found) : std::vector<std::string>()) {
        state += line;
      }
      const bool is_as_before = seen_.contains(name) && seen_[name] == state;
      if (!is_as_before) compare_table(name, found);
      present[name] = std::move(state);
    }
    for (const auto& [name, state] : seen_) {
      if (present.contains(name)) continue;
      EXPECT_FALSE(catalog_.find(name.first, name.second))
          << name.first << "." << name.second << " is gone";
    }
    seen_.swap(present);
    for (auto& [name, state] : present) seen_.try_emplace(name);
  }

  std::size_t compared() const { return compared_; }

 private:
  using TableName = std::pair<std::string, std::string>;

  // Database, table, and what its columns show. Names are compared byte by byte, which
  // information_schema does not do of itself.
  static constexpr std::string_view kTables =
      "SELECT MAX(t.table_schema), MAX(t.table_name), GROUP_CONCAT(CONCAT_WS('|', "
      "t.table_type, "
      "c.ordinal_position, c.column_name, c.column_type, IFNULL(c.collation_name, ''), "
      "c.column_key) ORDER BY c.ordinal_position) FROM information_schema.tables t JOIN "
      "information_schema.columns c ON CAST(c.table_schema AS BINARY) = CAST(t.table_schema AS "
      "BINARY) AND CAST(c.table_name AS BINARY) = CAST(t.table_name AS BINARY) WHERE t.table_type "
      "<> 'VIEW' AND c.table_schema NOT IN ('mysql', 'sys', 'performance_schema', "
      "'information_schema') AND t.table_schema LIKE 'o%' GROUP BY CAST(t.table_schema AS BINARY), "
      "CAST(t.table_name AS BINARY)";

  void compare_table(const TableName& name, const std::optional<change::TableSchema>& found) {
    SCOPED_TRACE(name.first + "." + name.second);
    const auto expected = reader_.read(name.first, name.second, {});
    ASSERT_TRUE(expected) << expected.error().message;
    ASSERT_TRUE(*expected);
    if (is_shown_otherwise(name.second)) return;
    ASSERT_TRUE(found) << "not known";
    EXPECT_EQ(described(*found), described(**expected));
    compare_shown(name.first, name.second, **expected);
    ++compared_;
  }

  static mysql::ConnectionOptions options_of(const ServerProcess& server) {
    mysql::ConnectionOptions options;
    options.host = server.host();
    options.port = server.port();
    options.user = server.user();
    options.password = server.password();
    return options;
  }

  // The same from what SHOW CREATE TABLE says, as dumps have it.
  void compare_shown(const std::string& database, const std::string& table,
                     const change::TableSchema& expected) {
    const auto shown =
        observer_->query("SHOW CREATE TABLE " + quoted(database) + "." + quoted(table));
    ASSERT_TRUE(shown) << shown.error().message;
    Catalog loaded(server_.is_mariadb() ? change::Flavor::kMariadb : change::Flavor::kMysql);
    const std::string text = shown->at(0).at(1).value_or("");
    const auto done = loaded.load_sql("USE " + quoted(database) + ";\n" + text + ";\n");
    EXPECT_TRUE(done) << done.error().message;
    const auto found = loaded.find(database, table);
    ASSERT_TRUE(found) << text;
    EXPECT_EQ(described(*found), described(expected)) << text;
  }

  static std::string quoted(const std::string& name) {
    std::string text = "`";
    for (const char c : name) text += c == '`' ? "``" : std::string(1, c);
    return text + "`";
  }

  // What information_schema says is not what there is.
  bool is_shown_otherwise(const std::string& table) const {
    // No server shows characters beyond U+FFFF; MySQL 5.6 cuts labels at NUL, and shows line feeds
    // as they are.
    if (table == "odd_labels") return true;
    // MySQL 9.7 shows no collation for ENUM and SET of the character set binary.
    return table == "as_binary" && server_.kind() == "mysql-9.7";
  }

  template <typename Visitor>
  void read_new_events(const Visitor& visit) {
    const auto binlog = test::RecordedBinlog::read(file_);
    ASSERT_TRUE(binlog) << binlog.error().message;
    for (std::size_t i = events_; i < binlog->events.size(); ++i) {
      const binlog::Bytes event = binlog->events[i].bytes;
      const auto type = static_cast<EventType>(event[4]);
      if (type == EventType::kMariadbGtid) {
        const auto gtid = binlog::parse_gtid(event);
        ASSERT_TRUE(gtid) << gtid.error().message;
        counts_ = !gtid->start_alter && !gtid->rollback_alter;
      }
      if (type == EventType::kQuery && counts_) visit(event);
    }
    events_ = binlog->events.size();
  }

  ServerProcess& server_;
  Catalog catalog_;
  mysql::InformationSchema reader_;
  std::optional<test::SqlConnection> observer_;
  std::filesystem::path file_;
  std::size_t events_ = 0;
  std::size_t compared_ = 0;
  bool counts_ = true;                     // Not the first half of a two-phase ALTER.
  std::map<TableName, std::string> seen_;  // With what they showed.
};

class CatalogBeside : public testing::TestWithParam<std::string_view> {};

TEST_P(CatalogBeside, KnowsWhatInformationSchemaSaysAfterEachStatement) {
  const auto server = test::shared_server(GetParam());
  if (test::is_missing(server)) GTEST_SKIP() << server.error().message;
  ASSERT_TRUE(server) << server.error().message;
  Oracle oracle(**server);
  ASSERT_NO_FATAL_FAILURE(oracle.start());
  const auto statements = read_statements();
  std::size_t accepted = 0;

  for (const std::string& statement : statements) {
    if (!oracle.run(statement)) continue;
    ++accepted;
    const auto logged = oracle.apply_logged();
    SCOPED_TRACE(statement +
                 (logged.empty() ? "\nlogged nothing" : "\nlogged as " + logged.back()));
    if (!logged.empty()) oracle.compare();
  }

  std::cout << GetParam() << ": " << accepted << " of " << statements.size()
            << " statements accepted, " << oracle.compared() << " tables compared\n";
  constexpr std::size_t kAcceptedMin = 150;
  EXPECT_GE(accepted, kAcceptedMin);
}

INSTANTIATE_TEST_SUITE_P(Servers, CatalogBeside, testing::ValuesIn(test::kServerKinds),
                         [](const auto& kind) { return test::test_name(kind.param); });

}  // namespace
}  // namespace pikachu::schema
