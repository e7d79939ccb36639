// Where `pikachu decode` begins and ends, and what it says of that.
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/decode/run_decode_fixture.h"

namespace pikachu::decode {
namespace {

using source::testing::EventBuilder;
using testing::binlog_of;
using testing::Finished;
using testing::has;
using testing::ids;
using testing::kMysql;
using testing::RunDecode;

class Bounds : public RunDecode {};

TEST_F(Bounds, BoundsOfOneGtidGiveOneTransaction) {
  EventBuilder make(kMysql);
  auto file = binlog_of({make.format_description()});
  for (std::uint32_t id = 1; id <= 4; ++id) {
    for (const auto& event : {make.gtid(id), make.query("BEGIN"), make.table_map(7, "users"),
                              make.insert(7, {id}), make.xid()}) {
      file.insert(file.end(), event.begin(), event.end());
    }
  }
  write("b.000001", file);
  DecodeOptions options;
  options.from = options.to = AtTransaction{"00112233-4455-6677-8899-aabbccddeeff:3"};

  const Finished result = run(options, {"b.000001"});

  EXPECT_EQ(result.messages, "");
  EXPECT_EQ(ids(result.output), "3 ");

  options.to = AtTransaction{"00112233-4455-6677-8899-aabbccddeeff:9"};
  const Finished beyond = run(options, {"b.000001"});
  EXPECT_EQ(beyond.status, 1);
  EXPECT_EQ(ids(beyond.output), "3 4 ");
  EXPECT_TRUE(has(beyond.messages, "no transaction 00112233-4455-6677-8899-aabbccddeeff:9 is in"));
}

TEST_F(Bounds, UpperBoundThatIsMetFirstIsSaid) {
  write_insert("b.000001", 7, "b.000002");
  write_insert("b.000002", 8, "");
  const std::string server = "00112233-4455-6677-8899-aabbccddeeff:";
  DecodeOptions options;
  options.from = AtTransaction{server + "8"};
  options.to = AtTransaction{server + "7"};

  const auto of_gtids = run(options, {"b.000001", "b.000002"});
  options.from = source::AtTime{4'000'000'000};
  const auto of_both_kinds = run(options, {"b.000001", "b.000002"});

  EXPECT_EQ(of_gtids.status, 1);
  EXPECT_EQ(of_gtids.output, "");
  EXPECT_EQ(of_gtids.messages, "pikachu decode: -from: transaction " + server +
                                   "8 was not met before -to, where reading ended\n");
  // Nothing may have been committed at the time or later.
  EXPECT_EQ(of_both_kinds.status, 0);
  EXPECT_EQ(of_both_kinds.output, "");
  EXPECT_EQ(of_both_kinds.messages,
            "pikachu decode: warning: -to: was met before -from, so nothing lies between\n");
}

TEST_F(Bounds, RowsAndTheirOffsetsAreInRangeTogether) {
  write_insert("b.000001", 1, "b.000002");
  write_insert("b.000002", 2, "");
  DecodeOptions before;
  before.to = source::AtFile{"b.000002", 4};
  DecodeOptions behind;
  behind.from = source::AtFile{"b.000002", 4};

  EXPECT_EQ(ids(run(before, {"b.000001", "b.000002"}).output), "1 ");
  EXPECT_EQ(ids(run(behind, {"b.000001", "b.000002"}).output), "2 ");
}

TEST_F(Bounds, RowsBeforeTheLowerBoundAreNotDecoded) {
  EventBuilder make(kMysql);
  const auto format = make.format_description();
  const auto begin =
      binlog_of({format, make.gtid(1), make.query("BEGIN"), make.table_map(7, "users")});
  auto damaged = make.insert(7, {1});
  damaged.push_back(0);
  damaged[9] = static_cast<std::uint8_t>(damaged.size());
  auto file = begin;
  for (const auto& event : {damaged, make.xid(), make.gtid(2), make.query("BEGIN"),
                            make.table_map(7, "users"), make.insert(7, {2}), make.xid()}) {
    file.insert(file.end(), event.begin(), event.end());
  }
  write("b.000001", file);
  DecodeOptions by_gtid;
  by_gtid.from = AtTransaction{"00112233-4455-6677-8899-aabbccddeeff:2"};
  DecodeOptions by_offset;
  by_offset.from = source::AtFile{"b.000001", begin.size() + damaged.size() + make.xid().size()};

  EXPECT_EQ(run({"b.000001"}).status, 1);
  for (const DecodeOptions& options : {by_gtid, by_offset}) {
    const Finished behind = run(options, {"b.000001"});
    EXPECT_EQ(behind.status, 0) << behind.messages;
    EXPECT_EQ(ids(behind.output), "2 ");
  }
}

TEST_F(Bounds, OffsetBehindTheFilesEndIsWarnedOf) {
  write_insert("b.000001", 1, "");
  DecodeOptions options;
  options.from = source::AtFile{"b.000001", 99'999};

  const Finished result = run(options, {"b.000001"});

  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(result.messages.starts_with("pikachu decode: warning: -from: b.000001 ends at "))
      << result.messages;
  EXPECT_TRUE(has(result.messages, ", before 99999: ")) << result.messages;
  options.to = source::AtTime{1};
  EXPECT_TRUE(has(run(options, {"b.000001"}).messages, "-to: was met before -from"));
}

}  // namespace
}  // namespace pikachu::decode
