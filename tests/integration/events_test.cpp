// What real servers write besides plain inserts and updates, and what becomes of it.

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/integration/live_source.h"
#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

/// A server of the test's own with the database d; the test is skipped where there is none.
class Events : public ::testing::Test {
 protected:
  void start(std::string_view kind, const std::vector<std::string>& options = {}) {
    auto server = ServerProcess::start(kind, options);
    if (!server && server.error().code == base::ErrorCode::kUnavailable) {
      GTEST_SKIP() << server.error().message;
    }
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    run({"CREATE DATABASE d", "USE d", LiveSource::kMarks});
  }

  void run(const std::vector<std::string>& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }

  void mark(int id) { run({"INSERT INTO d.marks VALUES (" + std::to_string(id) + ")"}); }

  std::unique_ptr<ServerProcess> server_;
};

/// Random documents, and expressions that change a part of one.
class RandomJson {
 public:
  explicit RandomJson(std::uint64_t seed) : random_(seed) {}

  std::string document() { return "CAST('" + value(3) + "' AS JSON)"; }

  /// An expression over the column j that a server may log as changes of its parts.
  std::string change() {
    std::string expression = "j";
    for (int i = pick(1, 3); i > 0; --i) {
      static const std::vector<std::string> kFunctions{"JSON_SET", "JSON_REPLACE", "JSON_REMOVE"};
      const auto& function = kFunctions[static_cast<std::size_t>(pick(0, 2))];
      expression = function + "(" + expression + ", '" + path() + "'";
      if (function != "JSON_REMOVE") expression += ", " + argument();
      expression += ")";
    }
    return expression;
  }

 private:
  int pick(int from, int to) { return std::uniform_int_distribution(from, to)(random_); }

  std::string key() {
    static const std::vector<std::string> kKeys{"a", "b", "long key", "\u00e9", "q\\\\\"t", "x.y"};
    return kKeys[static_cast<std::size_t>(pick(0, 5))];
  }

  std::string path() {
    std::string text = "$";
    for (int i = pick(1, 3); i > 0; --i) {
      switch (pick(0, 3)) {
        case 0:
          text += ".\"" + key() + "\"";
          break;
        case 1:
          text += ".a";
          break;
        case 2:
          text += "[" + std::to_string(pick(0, 4)) + "]";
          break;
        default:
          text += pick(0, 1) == 0 ? "[last]" : "[last-1]";
      }
    }
    return text;
  }

  std::string argument() {
    switch (pick(0, 6)) {
      case 0:
        return "NULL";
      case 1:
        return "CAST('2024-02-29 12:00:00.5' AS DATETIME(3))";
      case 2:
        return "CAST(-1.50 AS DECIMAL(5,2))";
      case 3:
        return "REPEAT('long ', " + std::to_string(pick(0, 20'000)) + ")";
      case 4:
        return document();
      default:
        return "'text " + std::to_string(pick(0, 99)) + "'";
    }
  }

  std::string value(int depth) {
    const int kind = pick(0, depth > 0 ? 6 : 4);
    if (kind == 0) return std::to_string(pick(-40'000, 40'000));
    if (kind == 1) return std::to_string(pick(-9, 9)) + ".25";
    if (kind == 2) return "\"some text that takes room\"";
    if (kind == 3) return pick(0, 1) == 0 ? "true" : "null";
    if (kind == 4) return "3000000000";
    std::string text = kind == 5 ? "[" : "{";
    for (int i = pick(0, 4); i > 0; --i) {
      if (text.size() > 1) text += ", ";
      if (kind == 6) text += "\"" + key() + "\": ";
      text += value(depth - 1);
    }
    return text + (kind == 5 ? "]" : "}");
  }

  std::mt19937_64 random_;
};

TEST_F(Events, PartialJsonUpdatesArriveAsTheWholeValueThatTheServerShows) {
  start("mysql-9.7", {"--binlog-row-value-options=PARTIAL_JSON"});
  if (IsSkipped()) return;
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomJson random(seed);
  run({"SET NAMES utf8mb4", "CREATE TABLE t (id INT PRIMARY KEY, n INT, i JSON, j JSON)"});
  constexpr int kRows = 8;
  constexpr int kUpdates = 400;
  for (int id = 0; id < kRows; ++id) {
    run({"INSERT INTO t VALUES (" + std::to_string(id) + ", -1, '[]', " + random.document() + ")"});
  }
  LiveSource source(*server_);
  source.begin();

  std::vector<std::string> expected;
  for (int n = 0; n < kUpdates; ++n) {
    const std::string where = " WHERE id = " + std::to_string(n % kRows);
    const std::string set = n % 40 == 39 ? random.document() : random.change();
    run({"UPDATE t SET n = " + std::to_string(n) + ", j = " + set + where});
    expected.push_back(server_->value("SELECT COALESCE(CAST(j AS CHAR), 'NULL') FROM t" + where));
    if (expected.back() == "NULL") {
      run({"UPDATE t SET j = " + random.document() + where});
      expected.push_back(server_->value("SELECT CAST(j AS CHAR) FROM t" + where));
    }
  }
  mark(1);
  const auto rows = source.read_to_mark(1);

  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].after.at("j"), expected[i]) << "change " << i;
  }
  const auto logged = server_->query("SHOW BINLOG EVENTS");
  ASSERT_TRUE(logged) << logged.error().message;
  const auto partial = std::ranges::count_if(
      *logged, [](const auto& event) { return event[2] == "Update_rows_partial"; });
  EXPECT_GT(partial, kUpdates / 10) << "the server logged too few changes of parts";
}

}  // namespace
}  // namespace pikachu::test
