#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/decode/run_decode_fixture.h"

namespace pikachu::decode {
namespace {

using source::testing::EventBytes;
using testing::EventBuilder;
using testing::Finished;
using testing::has;
using testing::ids;
using testing::kMysql;
using testing::RunDecode;

constexpr std::uint8_t kIncident = 26;
constexpr std::uint32_t kHour = 3600;

/// Files of transactions 1, INCIDENT and 3, an hour between them.
class Incident : public RunDecode {
 protected:
  void write_file(EventBuilder::Server server) {
    EventBuilder make(server);
    const bool mysql = server == kMysql;
    begin_ = make.timestamp;
    testing::ByteList file{0xfe, 'b', 'i', 'n'};
    const auto add = [&file](const EventBytes& event) {
      file.insert(file.end(), event.begin(), event.end());
    };
    add(make.format_description());
    const auto transaction = [&](std::uint32_t id) {
      add(make.gtid(id));
      if (mysql) add(make.query("BEGIN"));
      add(make.table_map(7, "users"));
      add(make.insert(7, {id}));
      add(make.xid());
    };
    transaction(1);
    make.timestamp += kHour;
    // In a group of its own on MySQL. On MariaDB the worst case: in one that would have rows.
    add(make.gtid(2));
    if (!mysql) add(make.table_map(7, "users"));
    if (!mysql) add(make.insert(7, {2}));
    at_ = make.end();
    add(make.event_of_type(kIncident, 0, {1, 0, 4, 'd', 'i', 's', 'k'}));
    behind_ = make.end();
    make.timestamp += kHour;
    transaction(3);
    write("b.000001", file);
  }
  Finished run_from(const Place& from) {
    DecodeOptions options;
    options.from = from;
    return run(options, {"b.000001"});
  }
  std::string where() const { return "b.000001:" + std::to_string(at_); }

  std::uint32_t begin_ = 0;
  std::uint64_t at_ = 0;
  std::uint64_t behind_ = 0;
};

TEST_F(Incident, StopsAndSaysHowToGoOn) {
  write_file(kMysql);

  const Finished result = run({"b.000001"});

  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(ids(result.output), "1 ");
  EXPECT_EQ(result.messages,
            "pikachu decode: " + path("b.000001") + ": at " + where() +
                " (INCIDENT): the server says that it lost events here (LOST_EVENTS: disk): their "
                "changes are in no binlog; compare the tables, and read on behind it with -from "
                "file:b.000001:" +
                std::to_string(behind_) + "\n");
}

TEST_F(Incident, IsPassedOverBeforeWhatIsAskedFor) {
  const std::string uuid = "00112233-4455-6677-8899-aabbccddeeff";
  for (const auto server : {kMysql, EventBuilder::Server::kMariadb}) {
    write_file(server);
    const std::string third = server == kMysql ? uuid + ":3" : "0-1-3";
    const std::vector<Place> places{source::AtFile{"b.000001", behind_},
                                    source::AtTime{begin_ + kHour + 1}, AtTransaction{third}};
    for (const Place& from : places) {
      SCOPED_TRACE(std::to_string(static_cast<int>(server)) + " " + std::to_string(from.index()));

      const Finished result = run_from(from);

      EXPECT_EQ(result.status, 0) << result.messages;
      EXPECT_EQ(ids(result.output), "3 ");
      EXPECT_EQ(result.messages,
                "pikachu decode: warning: " + where() +
                    ": the server says that it lost events here (LOST_EVENTS: disk): their changes "
                    "are in no binlog\n");
    }
  }
}

TEST_F(Incident, StopsWhereItIsInWhatIsAskedFor) {
  write_file(kMysql);

  EXPECT_EQ(run_from(source::AtFile{"b.000001", at_}).status, 1);
  EXPECT_EQ(run_from(source::AtTime{begin_ + kHour}).status, 1);
  EXPECT_EQ(run_from(AtTransaction{"00112233-4455-6677-8899-aabbccddeeff:2"}).status, 1);
}

TEST_F(Incident, BehindTheEndStopsNothing) {
  write_file(kMysql);
  DecodeOptions options;
  const std::vector<Place> places{source::AtFile{"b.000001", at_}, source::AtTime{begin_ + kHour},
                                  AtTransaction{"00112233-4455-6677-8899-aabbccddeeff:1"}};
  for (const Place& to : places) {
    SCOPED_TRACE(to.index());
    options.to = to;

    const Finished result = run(options, {"b.000001"});

    EXPECT_EQ(result.status, 0) << result.messages;
    EXPECT_EQ(ids(result.output), "1 ");
  }
}

TEST_F(Incident, DamagedIsNotPassedOver) {
  EventBuilder make(kMysql);
  const auto format = make.format_description();
  write("b.000001", testing::binlog_of({format, make.event_of_type(kIncident, 0, {1, 0, 4, 'd'})}));

  EXPECT_EQ(run_from(source::AtFile{"b.000001", make.end()}).status, 1);
}

TEST_F(Incident, IsAnEventLikeOthersInTheListOfEvents) {
  write_file(kMysql);
  DecodeOptions options;
  options.format = DecodeOptions::Format::kEvents;

  const Finished result = run(options, {"b.000001"});

  EXPECT_EQ(result.status, 0) << result.messages;
  EXPECT_TRUE(has(result.output, R"("message":"LOST_EVENTS: disk")")) << result.output;
}

}  // namespace
}  // namespace pikachu::decode
