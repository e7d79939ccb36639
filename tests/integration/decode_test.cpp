// `pikachu decode`, the real program, on files of live servers and on damaged ones.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/pikachu_process.h"
#include "tests/support/scenario.h"
#include "tests/support/server_process.h"

namespace pikachu::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Strings = std::vector<std::string>;

FinishedProgram decode(Strings arguments) {
  arguments.insert(arguments.begin(), "decode");
  return run_pikachu(arguments);
}

/// Runs `script` by the shell, with the program as $PIKACHU and `arguments` as $1, $2, …
FinishedProgram shell(const std::string& script, const Strings& arguments) {
  const char* const program = std::getenv("PIKACHU_BINARY");
  if (program == nullptr) return {-1, "", "PIKACHU_BINARY is not set: run this by ctest"};
  ChildProcess::Options options;
  options.command = {"/bin/bash", "-c", script, "bash"};
  options.environment = {{"PIKACHU", program}};
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  ChildProcess process(options);
  const auto status = process.wait(kPatience);
  process.wait_for_end_of_output(kPatience);
  return {status.value_or(-1), process.output(), process.errors()};
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

/// "insert users 1 {…}" for each line.
Strings summaries(const FinishedProgram& finished) {
  Strings found;
  for (const json& line : lines_of(finished.output)) found.push_back(summary(line));
  return found;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A server with tables and rows of its own for each test, in files of its own.
class DecodeLive : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    auto server = shared_server(GetParam());
    if (is_missing(server)) GTEST_SKIP() << GetParam() << ": " << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = *server;
    execute({"DROP DATABASE IF EXISTS shop", "SET GLOBAL binlog_row_metadata = FULL"});
    first_file_ = next_file();
    execute({"CREATE DATABASE shop", "CREATE TABLE shop.users (id INT PRIMARY KEY, name TEXT)",
             "CREATE TABLE shop.orders (id INT PRIMARY KEY, user_id INT)"});
  }

  void execute(const Strings& statements) {
    const auto done = server_->execute(statements);
    ASSERT_TRUE(done) << done.error().message;
  }
  /// Closes the current file; the path of the next one.
  std::string next_file() {
    execute({"FLUSH BINARY LOGS"});
    const auto logs = server_->query("SHOW BINARY LOGS");
    EXPECT_TRUE(logs) << logs.error().message;
    return (server_->data_directory() / *logs->back().at(0)).string();
  }
  static std::string name_of(const std::string& path) { return fs::path(path).filename(); }

  ServerProcess* server_ = nullptr;
  std::string first_file_;
};

TEST_P(DecodeLive, FilesOfOneServerAreOneStream) {
  execute({"INSERT INTO shop.users VALUES (1, 'Ann')", "UPDATE shop.users SET name = 'Anna'"});
  const std::string second = next_file();
  execute({"INSERT INTO shop.orders VALUES (7, 1)", "DELETE FROM shop.users"});

  const FinishedProgram finished = decode({first_file_, second});

  EXPECT_EQ(finished.errors, "");
  EXPECT_EQ(finished.status, 0);
  EXPECT_EQ(summaries(finished),
            (Strings{R"(insert users 1 {"id":1,"name":"Ann"})",
                     R"(update users 1 {"id":1,"name":"Ann"}->{"id":1,"name":"Anna"})",
                     R"(insert orders 7 {"id":7,"user_id":1})",
                     R"(delete users 1 {"id":1,"name":"Anna"})"}));
  const auto lines = lines_of(finished.output);
  EXPECT_EQ(lines.front()["position"]["file"], name_of(first_file_));
  EXPECT_EQ(lines.back()["position"]["file"], name_of(second));
}

TEST_P(DecodeLive, StandardInputAndCompressedFilesAreTheSame) {
  execute({"INSERT INTO shop.users VALUES (1, 'Ann'), (2, 'Bob')"});
  next_file();
  const TemporaryDirectory directory;
  const Strings arguments{first_file_, (directory.path() / name_of(first_file_)).string()};

  const auto plain = decode({first_file_});
  const auto piped = shell("cat $1 | $PIKACHU decode - | sed s/stdin/${1##*/}/", arguments);
  const auto zstd = shell("zstd -q -c $1 > $2.zst && $PIKACHU decode $2.zst", arguments);
  const auto gzip = shell("gzip -c $1 > $2.gz && $PIKACHU decode $2.gz", arguments);

  EXPECT_EQ(summaries(plain).size(), 2U) << plain.errors;
  EXPECT_EQ(piped.output, plain.output) << piped.errors;
  EXPECT_EQ(zstd.output, plain.output) << zstd.errors;
  EXPECT_EQ(gzip.output, plain.output) << gzip.errors;
}

TEST_P(DecodeLive, BoundsCutTheStreamInTwo) {
  for (int id = 1; id <= 6; ++id) {
    execute({"SET timestamp = " + std::to_string(1'900'000'000 + id),
             "INSERT INTO shop.users VALUES (" + std::to_string(id) + ", 'x')"});
  }
  execute({"SET timestamp = DEFAULT"});
  next_file();
  const auto whole = summaries(decode({first_file_}));
  ASSERT_EQ(whole.size(), 6U);
  const json position = lines_of(decode({first_file_}).output).at(3)["position"];
  const std::string offset =
      "file:" + name_of(first_file_) + ":" + std::to_string(position["offset"].get<int>());

  Strings bounds{offset};
  // The time of a MySQL commit is the clock's, whatever the session's timestamp is.
  if (server_->is_mariadb()) bounds.emplace_back("2030-03-17 17:46:44");
  for (const std::string& bound : bounds) {
    SCOPED_TRACE(bound);
    const auto before = decode({"-to", bound, first_file_});
    const auto behind = decode({"-from", bound, first_file_});

    EXPECT_EQ(before.errors + behind.errors, "");
    EXPECT_EQ(summaries(before), Strings(whole.begin(), whole.begin() + 3));
    EXPECT_EQ(summaries(behind), Strings(whole.begin() + 3, whole.end()));
  }
  if (!position.contains("gtid")) return;
  const std::string gtid = "gtid:" + position["gtid"].get<std::string>();
  EXPECT_EQ(summaries(decode({"-from", gtid, "-to", gtid, first_file_})), Strings{whole.at(3)});
}

TEST_P(DecodeLive, OnlyTablesThatArePickedAreWritten) {
  execute({"BEGIN", "INSERT INTO shop.users VALUES (1, 'x')",
           "INSERT INTO shop.orders VALUES (1, 1)", "COMMIT"});

  const auto orders = decode({"-table", "shop.ord*", first_file_});

  EXPECT_EQ(orders.errors, "");
  EXPECT_EQ(summaries(orders), Strings{R"(insert orders 1 {"id":1,"user_id":1})"});
  EXPECT_EQ(lines_of(orders.output).at(0)["position"]["row"], 1) << "rows left out count too";
  EXPECT_EQ(summaries(decode({"-table=users", "-table=orders", first_file_})).size(), 2U);
}

TEST_P(DecodeLive, NamesFollowTheStatementsOrTheFileOfDefinitions) {
  execute({"SET GLOBAL binlog_row_metadata = MINIMAL"});
  execute({"INSERT INTO shop.users VALUES (1, 'x')", "ALTER TABLE shop.users ADD age INT FIRST"});
  execute({"INSERT INTO shop.users VALUES (30, 2, 'y')"});
  const std::string second = next_file();
  execute({"INSERT INTO shop.users VALUES (40, 3, 'z')"});
  execute({"SET GLOBAL binlog_row_metadata = FULL"});
  const auto definition = server_->query("SHOW CREATE TABLE shop.users");
  ASSERT_TRUE(definition) << definition.error().message;
  const TemporaryDirectory directory;
  const std::string schema =
      directory.write("schema.sql", "USE `shop`;\n" + *definition->at(0).at(1) + ";\n");

  const auto both = decode({first_file_, second});
  const auto unnamed = decode({second});
  const auto named = decode({"-schema", schema, second});

  EXPECT_EQ(both.errors + named.errors, "");
  EXPECT_EQ(summaries(both), (Strings{R"(insert users 1 {"id":1,"name":"x"})",
                                      R"(insert users 2 {"age":30,"id":2,"name":"y"})",
                                      R"(insert users 3 {"age":40,"id":3,"name":"z"})"}));
  EXPECT_EQ(summaries(named), Strings{R"(insert users 3 {"age":40,"id":3,"name":"z"})"});
  ASSERT_EQ(lines_of(unnamed.output).size(), 1U);
  EXPECT_EQ(lines_of(unnamed.output).at(0)["unnamed"], true);
  EXPECT_TRUE(lines_of(unnamed.output).at(0)["data"].contains("@1"));
  EXPECT_TRUE(has(unnamed.errors, "the columns of shop.users have no names here"));
}

TEST_P(DecodeLive, EventsAreListedNestedOnesToo) {
  const bool compresses = GetParam() == "mysql-9.7";
  if (compresses) execute({"SET SESSION binlog_transaction_compression = ON"});
  execute({"INSERT INTO shop.users VALUES (1, REPEAT('x', 1000))"});
  if (compresses) execute({"SET SESSION binlog_transaction_compression = OFF"});
  // MariaDB's checkpoints come when they will, and would make an open file longer meanwhile.
  next_file();

  const auto finished = decode({"-format", "events", "-stats", first_file_});

  EXPECT_EQ(finished.status, 0) << finished.errors;
  std::uint64_t next = 4;
  bool has_rows = false;
  for (const json& event : lines_of(finished.output)) {
    EXPECT_EQ(event["file"], name_of(first_file_));
    if (event["type"].get<std::string>().starts_with("WRITE_ROWS")) {
      has_rows = true;
      EXPECT_EQ(event["table"], "users");
      EXPECT_EQ(event.contains("nested"), compresses);
    }
    if (event.contains("nested")) continue;
    EXPECT_EQ(event["offset"], next) << event;
    next += event["size"].get<std::uint64_t>();
  }
  EXPECT_TRUE(has_rows) << finished.output;
  EXPECT_EQ(next, fs::file_size(first_file_)) << "events leave nothing of the file out";
  EXPECT_TRUE(has(finished.errors, "files 1, bytes " + std::to_string(next - 4)));
}

INSTANTIATE_TEST_SUITE_P(Servers, DecodeLive, ::testing::Values("mariadb-10.11", "mysql-9.7"),
                         [](const auto& tested) { return test_name(tested.param); });

/// A recorded file, decompressed, for tests to damage.
class DecodeDamaged : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto copied = shell("zstd -dqc $1 > $2", {recorded(), file_});
    ASSERT_EQ(copied.status, 0) << copied.errors;
    whole_ = decode({file_});
    ASSERT_EQ(whole_.status, 0) << whole_.errors;
    for (const json& event : lines_of(decode({"-format=events", file_}).output)) {
      if (event["type"] == "WRITE_ROWS_V1") offset_ = event["offset"];
    }
    ASSERT_GT(offset_, 0U);
  }
  static std::string recorded() {
    return std::string(PIKACHU_SOURCE_DIR) +
           "/tests/corpus/mariadb-10.11.19/decimal/full/master-bin.000001.zst";
  }
  void overwrite(std::uint64_t at, char byte) const {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
  }
  /// That it fails with this message, after what came before was written.
  void expect_failure_behind_what_is_right(const std::string& message) const {
    const auto finished = decode({file_});
    EXPECT_EQ(finished.status, 1);
    EXPECT_TRUE(has(finished.errors, "pikachu decode: " + file_ + ": ")) << finished.errors;
    EXPECT_TRUE(has(finished.errors, message)) << finished.errors;
    EXPECT_TRUE(whole_.output.starts_with(finished.output));
    EXPECT_LT(finished.output.size(), whole_.output.size());
    EXPECT_GT(finished.output.size(), 0U);
    EXPECT_TRUE(finished.output.ends_with("\n"));
  }

  TemporaryDirectory directory_;
  const std::string file_ = (directory_.path() / "master-bin.000001").string();
  FinishedProgram whole_;
  std::uint64_t offset_ = 0;  ///< Of its last rows event.
};

TEST_F(DecodeDamaged, ChangedByteIsFoundByTheChecksum) {
  overwrite(offset_ + 30, '\x7f');

  expect_failure_behind_what_is_right("at master-bin.000001:" + std::to_string(offset_) +
                                      " (WRITE_ROWS_V1): checksum of the WRITE_ROWS_V1 event");
}

TEST_F(DecodeDamaged, CutFileIsFound) {
  fs::resize_file(file_, offset_ + 25);

  expect_failure_behind_what_is_right("at offset " + std::to_string(offset_) +
                                      ": the file ends within an event: 25 of at least ");
}

TEST_F(DecodeDamaged, CutCompressionIsFound) {
  const auto finished =
      shell("head -c 2000 $1 > $2.zst; $PIKACHU decode $2.zst", {recorded(), file_});

  EXPECT_EQ(finished.status, 1);
  EXPECT_TRUE(has(finished.errors, "its Zstandard compression ends early")) << finished.errors;
}

TEST_F(DecodeDamaged, EncryptedFilesAreRefusedWithWhatToDo) {
  // Behind the format description a START_ENCRYPTION event as MariaDB writes it (scheme, key
  // version, nonce, checksum), and what no one can read.
  constexpr std::size_t kDescriptionEnd = 256;
  std::ifstream in(file_, std::ios::binary);
  std::string bytes(kDescriptionEnd, '\0');
  in.read(bytes.data(), kDescriptionEnd);
  bytes += std::string("\0\0\0\0\xa4\1\0\0\0\x28\0\0\0\0\0\0\0\0\0", 19);
  bytes += std::string(21 + 500, '\x5a');

  const auto mariadb = decode({directory_.write("b.000001", bytes)});
  bytes.front() = '\xfd';
  const auto mysql = decode({directory_.write("b.000002", bytes)});

  EXPECT_EQ(mariadb.status, 1);
  EXPECT_TRUE(has(mariadb.errors,
                  "b.000001: at offset 256: from here on it is encrypted by "
                  "MariaDB (encrypt_binlog)"))
      << mariadb.errors;
  EXPECT_EQ(mysql.status, 1);
  EXPECT_TRUE(has(mysql.errors, "b.000002: is encrypted by MySQL (binlog_encryption)"))
      << mysql.errors;
}

TEST_F(DecodeDamaged, WhatCanNotBeReadIsNamed) {
  const std::string folder = directory_.path().string();
  const std::string text = directory_.write("notes.txt", "hello");

  EXPECT_EQ(decode({folder + "/none"}).errors,
            "pikachu decode: " + folder + "/none: cannot be opened: No such file or directory\n");
  EXPECT_EQ(decode({folder}).errors,
            "pikachu decode: " + folder + ": is a directory; name files in it\n");
  EXPECT_TRUE(has(decode({text}).errors, text + ": is no binlog: it begins with 68 65 6c 6c"));
  EXPECT_EQ(decode({text}).status, 1);
  const auto second = decode({file_, text});
  EXPECT_EQ(second.output, whole_.output) << "what came before the damage is written";
  EXPECT_EQ(second.status, 1);
}

TEST_F(DecodeDamaged, OutputThatCanNotBeWrittenIsNamed) {
  const auto full = shell("$PIKACHU decode $1 > /dev/full", {file_});
  const auto closed = shell(
      "$PIKACHU decode $1 $1 $1 $1 | head -c 1 > /dev/null; "
      "exit ${PIPESTATUS[0]}",
      {file_});

  EXPECT_EQ(full.status, 1);
  EXPECT_TRUE(has(full.errors, "writing standard output failed: No space left on device"));
  EXPECT_LE(closed.status, 1);
  EXPECT_FALSE(has(closed.errors, "output")) << closed.errors;
}

TEST(DecodeUsage, WrongUsageIsStatus2) {
  for (const Strings& arguments :
       {Strings{}, Strings{"-quick", "f"}, Strings{"-from", "f"}, Strings{"-format", "xml", "f"},
        Strings{"-to=file:other:4", "f"}, Strings{"-stats=yes", "f"}}) {
    const auto finished = decode(arguments);

    EXPECT_EQ(finished.status, 2) << ::testing::PrintToString(arguments);
    EXPECT_TRUE(finished.errors.starts_with("pikachu: ")) << finished.errors;
    EXPECT_EQ(finished.output, "");
  }
  EXPECT_TRUE(decode({"-help"}).output.starts_with("pikachu decode [OPTION...] FILE...:"));
}

}  // namespace
}  // namespace pikachu::test
