#include "mysql/server_facts.h"

#include <gtest/gtest.h>

#include "mysql/binlog_dump.h"
#include "mysql/result_table.h"

namespace pikachu::mysql {
namespace {

using base::ErrorCode;

ServerFacts facts(change::Flavor flavor, std::uint32_t number) {
  ServerFacts facts;
  facts.flavor = flavor;
  facts.number = number;
  facts.current_user = "pika@10.%";
  facts.variables = {{"log_bin", "ON"}, {"binlog_format", "ROW"}, {"server_id", "1"}};
  return facts;
}
const auto kMysql = change::Flavor::kMysql;
const auto kMariadb = change::Flavor::kMariadb;

TEST(VersionNumber, TakesTheFirstThreeNumbers) {
  EXPECT_EQ(version_number("10.11.19-MariaDB-0+deb12u1-log"), 101119U);
  EXPECT_EQ(version_number("9.7.4-1"), 90704U);
  EXPECT_EQ(version_number("5.6.24"), 50624U);
  EXPECT_EQ(version_number("26.7"), 260700U);
  EXPECT_EQ(version_number(""), 0U);
  EXPECT_EQ(version_number("99999999999999999999.1"), 99990000U) << "no overflow";
}

TEST(ServerFacts, StatusStatementIsTheOneTheServerKnows) {
  EXPECT_EQ(facts(kMysql, 50624).status_statement(), "SHOW MASTER STATUS");
  EXPECT_EQ(facts(kMysql, 80100).status_statement(), "SHOW MASTER STATUS");
  EXPECT_EQ(facts(kMysql, 80200).status_statement(), "SHOW BINARY LOG STATUS");
  EXPECT_EQ(facts(kMariadb, 110800).status_statement(), "SHOW MASTER STATUS");
}

TEST(ServerFacts, TheGrantIsInTheServersWords) {
  EXPECT_EQ(facts(kMysql, 90704).privileges_fix(),
            "GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'pika'@'10.%';");
  EXPECT_EQ(facts(kMariadb, 100500).privileges_fix(),
            "GRANT SELECT, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO 'pika'@'10.%';");
  EXPECT_EQ(facts(kMariadb, 100400).privileges_fix(),
            "GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'pika'@'10.%';");
}

TEST(ServerFacts, MysqlWritesGtidsOnlyInModeOn) {
  auto mysql = facts(kMysql, 80400);
  EXPECT_FALSE(mysql.writes_gtids());
  mysql.variables["gtid_mode"] = "ON_PERMISSIVE";
  EXPECT_FALSE(mysql.writes_gtids());
  mysql.variables["gtid_mode"] = "ON";
  EXPECT_TRUE(mysql.writes_gtids());
  EXPECT_TRUE(facts(kMariadb, 101100).writes_gtids());
}

TEST(CheckServer, TakesAnyRowImageAndAMissingFormat) {
  auto server = facts(kMysql, 90704);
  server.variables["binlog_row_image"] = "MINIMAL";
  server.variables.erase("binlog_format");

  EXPECT_TRUE(check_server(server, 4711, "t"));
}

TEST(CheckServer, NamesTheSettingAndItsValue) {
  const auto refused = [](std::string_view name, std::string_view value, ErrorCode code) {
    auto server = facts(kMysql, 80400);
    server.variables[std::string(name)] = value;
    const auto result = check_server(server, 4711, "t");
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code, code) << name;
    EXPECT_NE(result.error().message.find(value), std::string::npos) << result.error().message;
  };
  refused("log_bin", "OFF", ErrorCode::kInvalid);
  refused("binlog_format", "MIXED", ErrorCode::kInvalid);
  refused("server_id", "4711", ErrorCode::kInvalid);
}

TEST(CheckServer, TakesPartialJsonOnlyWithTheValuesBefore) {
  auto server = facts(kMysql, 80400);
  server.variables["binlog_row_value_options"] = "PARTIAL_JSON";
  server.variables["binlog_row_image"] = "FULL";
  EXPECT_TRUE(check_server(server, 4711, "t"));
  server.variables["binlog_row_image"] = "NOBLOB";

  const auto result = check_server(server, 4711, "t");

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUnsupported);
  for (const auto* part : {"PARTIAL_JSON", "NOBLOB", "SET GLOBAL binlog_row_image"}) {
    EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
  }
}

TEST(ReplicaUuid, IsTheSameForTheSameServerId) {
  EXPECT_EQ(replica_uuid(4711), "70696b61-6368-8075-8000-000000001267");
  EXPECT_EQ(replica_uuid(0xffff'ffff), "70696b61-6368-8075-8000-0000ffffffff");
}

TEST(Utf8Literal, IsHexWhateverTheTextIs) {
  EXPECT_EQ(utf8_literal("a'\\"), "_utf8mb4 x'61275c'");
  EXPECT_EQ(utf8_literal(""), "_utf8mb4 x''");
  EXPECT_EQ(utf8_literal("ü"), "_utf8mb4 x'c3bc'");
}

TEST(ResultTable, NamesAreFoundInAnyCase) {
  const ResultTable table{{"File", "Pos"}, {{"b.1", std::nullopt}}};

  EXPECT_EQ(table.text(0, "FILE"), "b.1");
  EXPECT_EQ(table.text(0, "Pos"), "");
  EXPECT_EQ(table.text(0, "Missing"), "");
}

}  // namespace
}  // namespace pikachu::mysql
