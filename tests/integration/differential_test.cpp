// Random rows of every column type on every server: what is decoded from the binlog is what the
// server's own SELECT shows.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "mysql/information_schema.h"
#include "source/transaction_assembler.h"
#include "tests/corpus/replayed_tables.h"
#include "tests/support/random_tables.h"
#include "tests/support/scenario.h"
#include "tests/support/server_process.h"
#include "wire/byte_reader.h"

namespace pikachu {
namespace {

using corpus::Missing;
using corpus::ReplayedTables;
using source::TransactionAssembler;
using test::RandomColumn;
using test::RandomStatements;
using test::RandomTable;
using test::RandomValues;
using test::ServerProcess;

constexpr int kRounds = 2;

/// PIKACHU_SEED, or another one each time.
std::uint64_t seed() {
  const char* const given = std::getenv("PIKACHU_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
}

/// Reads what a server appends to its binlog, and applies it.
///
/// Threads: one owner.
class Replica {
 public:
  explicit Replica(ServerProcess& server)
      : schemas_(account(server), telemetry::Logger()),
        assembler_(
            {}, [](auto database, auto) { return database == "d"; }, schemas_, [](const auto&) {}) {
    EXPECT_TRUE(server.execute("FLUSH BINARY LOGS"));
    const auto logs = server.query("SHOW BINARY LOGS");
    const std::string file = logs && !logs->empty() ? logs->back().front().value_or("") : "";
    path_ = server.data_directory() / file;
    source::OpenedStream opened;
    opened.start.flavor = server.is_mariadb() ? change::Flavor::kMariadb : change::Flavor::kMysql;
    opened.start.file = file;
    opened.start.offset = kMagicSize;
    assembler_.restart(opened);
  }

  /// Decodes and applies everything that was appended since the last call.
  void catch_up() {
    std::ifstream file(path_, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset_));
    const std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(file)), {});
    for (binlog::Bytes rest = bytes; !rest.empty();) {
      constexpr std::size_t kSizeOffset = 9;
      wire::ByteReader size(rest);
      size.skip(kSizeOffset);
      const binlog::Bytes event = rest.first(size.u32());
      const auto step = assembler_.take(event, {});
      ASSERT_TRUE(step) << step.error().message;
      if (*step == TransactionAssembler::Step::kCommitted) {
        ASSERT_NO_FATAL_FAILURE(apply_rows());
      }
      rest = rest.subspan(event.size());
      offset_ += event.size();
    }
  }

  const ReplayedTables& tables() const { return tables_; }
  std::size_t changes() const { return changes_; }

 private:
  static constexpr std::size_t kMagicSize = 4;

  static mysql::ConnectionOptions account(const ServerProcess& server) {
    mysql::ConnectionOptions options;
    options.host = server.host();
    options.port = server.port();
    options.user = server.user();
    options.password = server.password();
    return options;
  }

  void apply_rows() {
    while (true) {
      const auto row = assembler_.next_row();
      ASSERT_TRUE(row) << row.error().message;
      if (*row == nullptr) return;
      const change::RowChange& change = **row;
      ASSERT_NO_THROW(
          tables_.apply(corpus::own(change.operation, *change.table, change.before, change.after)))
          << "at " << change.file << ":" << change.offset;
      ++changes_;
    }
  }

  mysql::InformationSchema schemas_;
  TransactionAssembler assembler_;
  std::filesystem::path path_;
  std::uint64_t offset_ = kMagicSize;
  ReplayedTables tables_;
  std::size_t changes_ = 0;
};

/// An item of the form that ReplayedTables compares with.
nlohmann::json expected_value(const RandomColumn& column, const std::optional<std::string>& shown) {
  if (!shown) return nullptr;
  return {{column.shown == RandomColumn::Shown::kHex ? "hex" : "text", *shown}};
}

class Differential : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    auto server = test::shared_server(GetParam());
    if (test::is_missing(server)) GTEST_SKIP() << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = *server;
    std::cout << "PIKACHU_SEED=" << seed_ << '\n';
    make_tables();
  }

  void make_tables() {
    const auto prepared = server_->execute(std::vector<std::string>{
        "DROP DATABASE IF EXISTS d", "CREATE DATABASE d CHARACTER SET utf8mb4", "USE d",
        "SET time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES'"});
    ASSERT_TRUE(prepared) << prepared.error().message;
    if (is_56()) {
      ASSERT_TRUE(server_->execute("SET GLOBAL innodb_file_format = 'Barracuda'"));
    }
    auto tables = test::random_tables(*server_, random_);
    ASSERT_TRUE(tables) << tables.error().message;
    tables_ = std::move(*tables);
    for (const RandomTable& table : tables_) {
      ASSERT_TRUE(server_->execute(table.settings));
      const auto made = server_->execute(table.create_statement());
      ASSERT_TRUE(made) << made.error().message;
      ASSERT_TRUE(server_->execute(table.resettings));
      statements_.emplace_back(table, random_);
    }
  }

  bool is_56() const { return GetParam() == "mysql-5.6"; }

  /// The settings of the binlog to go through, as statements.
  std::vector<std::string> settings() const {
    std::vector<std::string> images{"FULL", "MINIMAL", "NOBLOB"};
    if (GetParam() == "mariadb-11.8") images.emplace_back("FULL_NODUP");
    std::vector<std::string> metadata{"FULL", "MINIMAL"};
    if (server_->is_mariadb()) metadata.emplace_back("NO_LOG");
    std::vector<std::string> all;
    for (const std::string& image : images) {
      const std::string statement = "SET SESSION binlog_row_image = " + image;
      if (is_56()) all.push_back(statement);
      for (const std::string& amount : metadata) {
        if (is_56()) continue;
        all.push_back(statement);
        all.back().append(", GLOBAL binlog_row_metadata = ").append(amount);
      }
    }
    if (GetParam() == "mysql-9.7") {
      all.emplace_back(
          "SET SESSION binlog_row_image = FULL, binlog_row_value_options = PARTIAL_JSON");
      all.emplace_back("SET SESSION binlog_transaction_compression = ON");
    }
    if (server_->is_mariadb()) {
      all.emplace_back("SET GLOBAL log_bin_compress = ON, log_bin_compress_min_len = 10");
    }
    return all;
  }

  // Statements that a server refuses are no harm, as long as they are few.
  void run(const std::string& statement) {
    ++run_;
    const auto done = server_->execute(statement);
    if (done) return;
    ++refused_;
    last_refusal_ = done.error().message;
  }

  /// Some transactions on every table; some of them are rolled back.
  void change_rows() {
    for (RandomStatements& table : statements_) {
      run(table.insert());
      run("BEGIN");
      for (int i = 0; i < 3; ++i) run(table.next());
      run("SAVEPOINT s");
      run(table.next());
      run(random_.one_in(2) ? "ROLLBACK TO s" : table.next());
      run(random_.one_in(5) ? "ROLLBACK" : "COMMIT");
      run(table.next());
    }
  }

  void compare(const Replica& replica) {
    ReplayedTables tables = replica.tables();
    for (const RandomTable& table : tables_) {
      SCOPED_TRACE(table.name);
      const auto rows = server_->query(table.select_statement());
      ASSERT_TRUE(rows) << rows.error().message;
      for (const auto& row : *rows) {
        nlohmann::json expected;
        expected["id"]["text"] = row[0].value_or("");
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
          expected[table.columns[i].name] = expected_value(table.columns[i], row[i + 1]);
        }
        const Missing missing = table.only_inserts ? Missing::kAllowed : Missing::kDiffers;
        ASSERT_EQ(tables.take("d." + table.name, expected, missing), "")
            << "row " << row[0].value_or("");
        ++compared_;
      }
      ASSERT_EQ(tables.left("d." + table.name), 0U) << "rows that the server does not have";
    }
  }

  const std::uint64_t seed_ = seed();
  RandomValues random_{seed_};
  ServerProcess* server_ = nullptr;
  std::vector<RandomTable> tables_;
  std::vector<RandomStatements> statements_;
  std::size_t run_ = 0;
  std::size_t refused_ = 0;
  std::string last_refusal_;
  std::size_t compared_ = 0;
};

TEST_P(Differential, DecodedRowsAreWhatTheServerShows) {
  Replica replica(*server_);
  for (const std::string& setting : settings()) {
    SCOPED_TRACE(setting);
    const auto set = server_->execute(setting);
    ASSERT_TRUE(set) << set.error().message;

    for (int round = 0; round < kRounds; ++round) change_rows();
    ASSERT_NO_FATAL_FAILURE(replica.catch_up());

    ASSERT_NO_FATAL_FAILURE(compare(replica));
  }
  std::cout << run_ << " statements, " << replica.changes() << " row changes, " << compared_
            << " rows compared; " << refused_ << " statements refused\n";
  EXPECT_LT(refused_ * 20, run_) << "the last one: " << last_refusal_;
}

INSTANTIATE_TEST_SUITE_P(Servers, Differential, testing::ValuesIn(test::kServerKinds),
                         [](const auto& kind) { return test::test_name(kind.param); });

}  // namespace
}  // namespace pikachu
