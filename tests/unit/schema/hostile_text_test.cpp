#include <array>
#include <chrono>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/schema/described_table.h"

namespace pikachu::schema {
namespace {

constexpr std::array kFlavors{change::Flavor::kMysql, change::Flavor::kMariadb};

// The statements of the comparison with real servers.
std::vector<std::string> real_statements() {
  std::ifstream in(PIKACHU_SOURCE_DIR "/tests/integration/schema_oracle.sql");
  std::vector<std::string> statements;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && !line.starts_with("--")) statements.push_back(line);
  }
  return statements;
}

// A table that most ALTER statements of the comparison may meet.
void make_tables(Catalog& catalog) {
  for (const char* sql :
       {"CREATE DATABASE d", "CREATE TABLE a1 (id INT PRIMARY KEY, a INT, b CHAR(1), j JSON)",
        "CREATE TABLE t1 (a TEXT, b VARCHAR(5), PRIMARY KEY (b))"}) {
    ASSERT_TRUE(catalog.apply(in_d(sql)));
  }
}

// Whatever the text was: tables that are known can be shown.
void look_at(const Catalog& catalog) {
  for (const char* table : {"a1", "t1", "a2", "t2"}) {
    const auto found = catalog.find("d", table);
    if (!found) continue;
    EXPECT_FALSE(found->columns.empty() && !found->primary_key.empty());
    for (const std::size_t index : found->primary_key) EXPECT_LT(index, found->columns.size());
  }
}

void apply_anywhere(const std::string& sql, std::uint64_t sql_mode) {
  for (const change::Flavor flavor : kFlavors) {
    Catalog catalog(flavor);
    make_tables(catalog);
    Statement statement = in_d(sql);
    statement.sql_mode = sql_mode;
    const auto applied = catalog.apply(statement);
    if (!applied) {
      EXPECT_FALSE(applied.error().message.empty());
    }
    look_at(catalog);
  }
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string mutated(std::string text, const std::string& other) {
    for (std::size_t times = below(4) + 1; times > 0 && !text.empty(); --times) {
      const std::size_t at = below(text.size());
      switch (below(6)) {
        case 0:
          text.erase(at, below(8) + 1);
          break;
        case 1:
          text.insert(at, text.substr(below(text.size()), below(30)));
          break;
        case 2:
          text[at] = static_cast<char>(random_());
          break;
        case 3:
          text.insert(at, 1, "(),;.'`\"=@/*-#!\\ "[below(17)]);
          break;
        case 4:
          text.insert(at, other.substr(below(other.size()), below(30)));
          break;
        default:
          text.resize(at);
      }
    }
    return text;
  }

 private:
  std::mt19937_64 random_;
};

TEST(HostileText, ChangedStatementsAreAppliedOrRefused) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const auto statements = real_statements();
  ASSERT_GT(statements.size(), 100U);
  Mutator mutator(seed);
  constexpr int kRounds = 4'000;
  constexpr std::array<std::uint64_t, 3> kModes{0, 0x4, 0x100000};
  for (int i = 0; i < kRounds; ++i) {
    const std::string& first = statements[mutator.below(statements.size())];
    const std::string& second = statements[mutator.below(statements.size())];
    apply_anywhere(mutator.mutated(first, second), kModes.at(mutator.below(kModes.size())));
    if (testing::Test::HasFailure()) return;
  }
}

TEST(HostileText, ChangedFilesAreLoadedOrRefused) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::string file = "USE d;\n";
  for (const std::string& statement : real_statements()) file += statement + "\n";
  Mutator mutator(seed);
  constexpr int kRounds = 50;
  for (int i = 0; i < kRounds; ++i) {
    Catalog catalog(kFlavors.at(mutator.below(kFlavors.size())));
    const auto loaded = catalog.load_sql(mutator.mutated(file, "\nDELIMITER //\n/*!50000 ';"));
    if (!loaded) {
      EXPECT_TRUE(loaded.error().message.starts_with("line ")) << loaded.error().message;
    }
  }
}

TEST(HostileText, StatementsCutAtEveryByteAreAppliedOrRefused) {
  for (const std::string& statement : real_statements()) {
    for (std::size_t size = 0; size < statement.size(); size += 7) {
      apply_anywhere(statement.substr(0, size), 0);
    }
  }
}

TEST(HostileText, DepthAndLengthAreNoMatter) {
  constexpr std::size_t kMany = 300'000;
  const std::string deep(kMany, '(');
  std::string columns;
  std::string clauses;
  std::string labels = "'x'";
  for (std::size_t i = 0; i < kMany; ++i) {
    columns += "c" + std::to_string(i) + " INT,";
    clauses += "ADD x" + std::to_string(i) + " INT FIRST,";
    labels += ",'x'";
  }
  std::string sets;
  for (std::size_t i = 0; i < kMany; ++i) sets += "SET STATEMENT a=1 FOR ";
  for (const std::string& sql :
       {"CREATE TABLE t1 " + deep, "CREATE TABLE t2 (a INT DEFAULT " + deep + ")",
        "CREATE TABLE t2 (a INT CHECK " + deep + "json_valid(a)", "ALTER TABLE t1 ADD " + deep,
        "CREATE TABLE t2 (" + columns + "z INT)", "CREATE TABLE t2 (a ENUM(" + labels + "))",
        "ALTER TABLE t1 " + clauses + "FORCE",
        "CREATE TABLE t2 (a INT DEFAULT " + std::string(kMany, '-') + "1)", sets + "DROP TABLE t1",
        "CREATE TABLE t2 (a " + std::string(kMany, 'x') + ")"}) {
    SCOPED_TRACE(sql.substr(0, 60));
    const auto begin = std::chrono::steady_clock::now();
    apply_anywhere(sql, 0);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(1));
  }
}

TEST(HostileText, ErrorsStayShort) {
  auto tables = mysql();
  constexpr std::size_t kLong = 100'000;
  constexpr std::size_t kShort = 1'000;

  EXPECT_LT(tables.refusal("CREATE TABLE t (a " + std::string(kLong, 'x') + ")").size(), kShort);
  EXPECT_LT(tables.refusal("CREATE TABLE t (a TEXT CHARACTER SET " + std::string(kLong, 'x') + ")")
                .size(),
            kShort);
  EXPECT_LT(tables.refusal("CREATE TABLE " + std::string(kLong, 'x') + " (a FROB)").size(), kShort);
}

}  // namespace
}  // namespace pikachu::schema
