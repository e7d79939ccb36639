#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/decode/run_decode_fixture.h"

namespace pikachu::decode {
namespace {

using testing::binlog_of;
using testing::EventBuilder;
using testing::Finished;
using testing::has;
using testing::ids;
using testing::kMysql;
using testing::RunDecode;

TEST_F(RunDecode, RowsBearTheirPositionInTheirOwnFile) {
  write_insert("b.000001", 1, "b.000002");
  write_insert("b.000002", 2, "");

  const Finished result = run({"b.000001", "b.000002"});

  EXPECT_EQ(result.messages, "");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(ids(result.output), "1 2 ");
  EXPECT_TRUE(has(result.output, R"("file":"b.000001","offset")")) << result.output;
  EXPECT_TRUE(has(result.output, R"("file":"b.000002","offset")")) << result.output;
}

TEST_F(RunDecode, TransactionMayGoOnInTheNextFile) {
  EventBuilder first(kMysql);
  const auto format = first.format_description();
  write("b.000001", binlog_of({format, first.query("BEGIN"), first.table_map(7, "users"),
                               first.insert(7, {1}), first.rotate("b.000002")}));
  EventBuilder second(kMysql);
  const auto next = second.format_description();
  write("b.000002",
        binlog_of({next, second.table_map(7, "users"), second.insert(7, {2}), second.xid()}));

  const Finished result = run({"b.000001", "b.000002"});

  EXPECT_EQ(result.messages, "");
  EXPECT_EQ(ids(result.output), "1 2 ");
}

TEST_F(RunDecode, MissingFileIsSaidAndItsTransactionDropped) {
  EventBuilder first(kMysql);
  const auto format = first.format_description();
  write("b.000001", binlog_of({format, first.query("BEGIN"), first.table_map(7, "users"),
                               first.insert(7, {1}), first.rotate("b.000002")}));
  write_insert("b.000003", 3, "");

  const Finished result = run({"b.000001", "b.000003"});

  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(ids(result.output), "3 ");
  EXPECT_TRUE(has(result.messages,
                  "warning: b.000003: it stands behind b.000001, which leads to "
                  "b.000002"))
      << result.messages;
  EXPECT_TRUE(has(result.messages, "(1 row events) are not written")) << result.messages;
}

TEST_F(RunDecode, TransactionWithoutEndIsWithheld) {
  for (const bool in_use : {true, false}) {
    SCOPED_TRACE(in_use);
    EventBuilder make(kMysql);
    auto format = make.format_description();
    if (in_use) format[17] = 1;  // not under the checksum
    const auto begin = make.end();
    write("b.000001", binlog_of({format, make.query("BEGIN"), make.table_map(7, "users"),
                                 make.insert(7, {1})}));

    const Finished result = run({"b.000001"});

    EXPECT_EQ(result.output, "");
    EXPECT_EQ(result.status, in_use ? 0 : 1);
    EXPECT_TRUE(has(result.messages, "b.000001:" + std::to_string(begin) + ": the transaction"))
        << result.messages;
    EXPECT_TRUE(has(result.messages, in_use ? "its server was still writing the file"
                                            : "the file was closed, so this is not all of it"))
        << result.messages;
  }
}

TEST_F(RunDecode, PreparedTransactionIsWrittenWhereItCommits) {
  EventBuilder first(kMysql);
  const auto format = first.format_description();
  write("b.000001",
        binlog_of({format, first.query("XA START X'6162',X'',1"), first.table_map(7, "users"),
                   first.insert(7, {1}), first.query("XA END X'6162',X'',1"), first.xa_prepare(),
                   first.rotate("b.000002")}));
  EventBuilder second(kMysql);
  const auto next = second.format_description();
  write("b.000002", binlog_of({next, second.query("XA COMMIT X'6162',X'',1")}));

  const Finished both = run({"b.000001", "b.000002"});
  const Finished prepared = run({"b.000001"});
  const Finished committed = run({"b.000002"});

  EXPECT_EQ(both.messages, "");
  EXPECT_EQ(ids(both.output), "1 ");
  EXPECT_EQ(prepared.output + committed.output, "");
  EXPECT_EQ(prepared.status + committed.status, 0);
  EXPECT_TRUE(has(prepared.messages,
                  "XA transaction X'6162',X'',1 is prepared here, the first of 1 "
                  "that neither commit nor roll back in these files"))
      << prepared.messages;
  EXPECT_TRUE(has(committed.messages, "was prepared before these files begin"))
      << committed.messages;
}

TEST_F(RunDecode, PreparedTransactionIsGivenUpWhereAFileIsMissing) {
  EventBuilder first(kMysql);
  const auto format = first.format_description();
  write("b.000001",
        binlog_of({format, first.query("XA START X'6162',X'',1"), first.table_map(7, "users"),
                   first.insert(7, {1}), first.query("XA END X'6162',X'',1"), first.xa_prepare(),
                   first.rotate("b.000002")}));
  EventBuilder third(kMysql);
  const auto next = third.format_description();
  write("b.000003", binlog_of({next, third.query("XA COMMIT X'6162',X'',1")}));

  const Finished result = run({"b.000001", "b.000003"});

  EXPECT_EQ(result.output, "");
  EXPECT_TRUE(has(result.messages, "whose ends may be in what is missing")) << result.messages;
}

TEST_F(RunDecode, WhatCameBeforeTheDamageIsWritten) {
  EventBuilder make(kMysql);
  const auto format = make.format_description();
  auto file = binlog_of(
      {format, make.query("BEGIN"), make.table_map(7, "users"), make.insert(7, {1}), make.xid()});
  const auto damage = make.end();
  const auto bad = make.insert(8, {2});
  file.insert(file.end(), bad.begin(), bad.end());
  write("b.000001", file);

  const Finished result = run({"b.000001"});

  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(ids(result.output), "1 ");
  EXPECT_TRUE(has(result.messages,
                  "/b.000001: at b.000001:" + std::to_string(damage) + " (WRITE_ROWS_V2): "))
      << result.messages;
}

TEST_F(RunDecode, UnknownEventIsNeverPassedOver) {
  EventBuilder make(kMysql);
  const auto format = make.format_description();
  write("b.000001", binlog_of({format, make.event_of_type(99, 0)}));

  const Finished result = run({"b.000001"});

  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(has(result.messages, "event type 99 is not handled by this version"))
      << result.messages;
}

TEST_F(RunDecode, FileThatBeginsWithAnotherEventIsRefused) {
  EventBuilder make(kMysql);
  make.format_description();
  write("b.000001", binlog_of({make.xid()}));

  const Finished result = run({"b.000001"});

  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(has(result.messages, "at b.000001:4: the first event is of type 16"))
      << result.messages;
}

TEST_F(RunDecode, FileOfNothingButItsMagicIsFine) {
  write("b.000001", binlog_of({}));

  const Finished result = run({"b.000001"});

  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output + result.messages, "");
}

TEST_F(RunDecode, UnnamedTableIsWarnedOfOnce) {
  EventBuilder make(kMysql);
  const auto format = make.format_description();
  // Cut the names and the key from a map; what is left of its metadata is the signedness.
  const auto map = [&make](std::uint64_t id) {
    auto event = make.table_map(id, "users");
    event.resize(event.size() - 8);
    event[9] = static_cast<std::uint8_t>(event.size());
    return event;
  };
  write("b.000001",
        binlog_of({format, make.query("BEGIN"), map(7), make.insert(7, {1, 2}), make.xid(),
                   make.query("BEGIN"), map(8), make.insert(8, {3}), make.xid()}));

  const Finished result = run({"b.000001"});

  EXPECT_EQ(result.status, 0) << result.messages;
  EXPECT_TRUE(has(result.output, R"("data":{"@1":3})")) << result.output;
  EXPECT_TRUE(has(result.output, R"("unnamed":true)")) << result.output;
  const auto first = result.messages.find("the columns of shop.users have no names here");
  ASSERT_NE(first, std::string::npos) << result.messages;
  EXPECT_EQ(result.messages.find("the columns of", first + 1), std::string::npos);
}

TEST_F(RunDecode, TableFilledByAStatementIsWarnedOf) {
  EventBuilder make(kMysql);
  write("b.000001", binlog_of({make.format_description(), make.gtid(1),
                               make.query("CREATE TABLE copy SELECT * FROM users")}));

  const Finished result = run({"b.000001"});

  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(has(result.messages, ": CREATE TABLE shop.copy was logged as a statement"))
      << result.messages;
}

TEST_F(RunDecode, FrequentWarningsDoNotHideOthers) {
  EventBuilder make(kMysql);
  auto file = binlog_of({make.format_description()});
  for (int i = 0; i < 150; ++i) {
    const auto event = make.query("INSERT INTO users VALUES (1)");
    file.insert(file.end(), event.begin(), event.end());
  }
  write("b.000001", file);
  write_insert("b.000009", 9, "");

  const Finished result = run({"b.000001", "b.000009"});

  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(std::count(result.messages.begin(), result.messages.end(), '\n'), 102);
  EXPECT_TRUE(has(result.messages, "b.000009: it stands behind b.000001"));
  EXPECT_TRUE(has(result.messages, "warning: 50 more warnings about statements and tables"));
}

TEST_F(RunDecode, DefinitionThatIsNotUnderstoodIsNamedByItsPlace) {
  EventBuilder make(kMysql);
  const auto format = make.format_description();
  const auto create = make.query("CREATE TABLE users (id INT)");
  const auto at = make.end();
  write("b.000001", binlog_of({format, create, make.query("ALTER TABLE users ADD COLUMN ???")}));

  const Finished result = run({"b.000001"});

  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(result.messages.starts_with("pikachu decode: warning: b.000001:" +
                                          std::to_string(at) + ": ALTER TABLE is not understood"))
      << result.messages;
}

TEST_F(RunDecode, StatisticsCountWhatWasReadAndWritten) {
  write_insert("b.000001", 1, "");
  DecodeOptions options;
  options.stats = true;

  const Finished result = run(options, {"b.000001"});

  EXPECT_TRUE(has(result.messages, "shop.users" + std::string(43, ' ') + "1  ")) << result.messages;
  EXPECT_TRUE(has(result.messages, "files 1, bytes ")) << result.messages;
  EXPECT_TRUE(has(result.messages, ", transactions 1, rows 1, warnings 0")) << result.messages;
  EXPECT_TRUE(has(result.messages, "TABLE_MAP ")) << result.messages;
}

TEST_F(RunDecode, StatisticsCountEventsInPayloadsApart) {
  EventBuilder make(kMysql);
  const auto format = make.format_description();
  const auto gtid = make.gtid(1);
  constexpr std::uint8_t kPayload = 40;
  testing::ByteList body{2, 3, 0xfc, 0xff, 0, 0};  // not compressed; the end of the fields
  EventBuilder nested(kMysql);
  std::size_t rows_size = 0;
  for (const auto& event : {nested.query("BEGIN"), nested.table_map(7, "users"),
                            nested.insert(7, {1, 2}), nested.insert(7, {3}), nested.xid()}) {
    body.insert(body.end(), event.begin(), event.end());
    if (event[4] == 30) rows_size += event.size();
  }
  write("b.000001", binlog_of({format, gtid, make.event_of_type(kPayload, 0, body)}));
  for (const auto shown : {DecodeOptions::Format::kRows, DecodeOptions::Format::kEvents}) {
    DecodeOptions options;
    options.stats = true;
    options.format = shown;

    const Finished result = run(options, {"b.000001"});

    EXPECT_EQ(result.status, 0) << result.messages;
    const auto apart = result.messages.find("event in TRANSACTION_PAYLOAD");
    ASSERT_NE(apart, std::string::npos) << result.messages;
    EXPECT_EQ(result.messages.find("WRITE_ROWS_V2"), result.messages.rfind("WRITE_ROWS_V2"));
    EXPECT_GT(result.messages.find("WRITE_ROWS_V2"), apart);
    const std::string count = "2" + std::string(14 - std::to_string(rows_size).size(), ' ');
    EXPECT_TRUE(has(result.messages, count + std::to_string(rows_size) + "\n")) << result.messages;
    EXPECT_TRUE(has(result.messages, "files 1, bytes " + std::to_string(make.end() - 4)))
        << result.messages;
  }
}

TEST_F(RunDecode, EventsAreListedWithWhatTheySay) {
  write_insert("b.000001", 1, "b.000002");
  DecodeOptions options;
  options.format = DecodeOptions::Format::kEvents;

  const Finished result = run(options, {"b.000001"});

  EXPECT_EQ(result.messages, "");
  EXPECT_TRUE(result.output.starts_with(
      R"({"file":"b.000001","offset":4,"type":"FORMAT_DESCRIPTION","size":)"))
      << result.output;
  EXPECT_TRUE(has(result.output, R"("gtid":"00112233-4455-6677-8899-aabbccddeeff:1")"));
  EXPECT_TRUE(has(result.output, R"("kind":"begin","statement":"BEGIN")"));
  EXPECT_TRUE(has(result.output, R"("type":"WRITE_ROWS_V2","size":)"));
  EXPECT_TRUE(has(result.output, R"("database":"shop","table":"users")"));
  EXPECT_TRUE(has(result.output, R"("next_file":"b.000002","next_offset":4)"));
}

TEST_F(RunDecode, SpillDirectoryThatIsNoneIsWrongUsage) {
  DecodeOptions options;
  options.spill_dir = "/dev/null";

  const Finished result = run(options, {"b.000001"});

  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(
      result.messages,
      "pikachu decode: -spill-dir: \"/dev/null\" is no directory; create it, or name another\n");
}

TEST_F(RunDecode, SpillDirectoryThatTakesNoFileIsNamedWithItsOption) {
  EventBuilder make(kMysql);
  make.log_pos_is_zero = true;  // so that one event can stand at many places
  const auto begin = {make.format_description(), make.query("BEGIN"), make.table_map(7, "users")};
  const auto rows = make.insert(7, std::vector<std::uint32_t>(1'000'000, 1));
  auto file = binlog_of(begin);
  for (int i = 0; i < 8; ++i) file.insert(file.end(), rows.begin(), rows.end());
  write("b.000001", file);
  DecodeOptions options;
  options.spill_dir = "/proc";

  const Finished result = run(options, {"b.000001"});

  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(
      has(result.messages, "making a temporary file in /proc for a large transaction failed: "))
      << result.messages;
  EXPECT_TRUE(result.messages.ends_with(
      "; free space there, or choose another directory with -spill-dir\n"))
      << result.messages;
}

}  // namespace
}  // namespace pikachu::decode
