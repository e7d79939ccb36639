#include "config/database_host.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/config/config_text.h"

namespace pikachu::config {
namespace {

mysql::ConnectionOptions connection_of(const std::string& host) {
  const TemporaryDirectory directory;
  const auto result =
      load(directory.write("config.yaml", "database:\n  host: " + host +
                                              "\n  port: 3310\n  user: u\n  database: d\n"
                                              "  server_id: 7\n  failover_patience: 2m\ntasks:\n"
                                              "  - {task_id: t, table_name: t, events: [insert], "
                                              "callback_url: 'http://h/'}\n"),
           "");
  EXPECT_EQ(lines_of(result, directory), "");
  return result.config ? result.config->connection : mysql::ConnectionOptions();
}

std::string findings_of(const std::string& host) {
  const TemporaryDirectory directory;
  const auto path = directory.write(
      "config.yaml",
      "database:\n  host: " + host +
          "\n  user: u\n  server_id: 7\n  database: d\ntasks:\n"
          "  - {task_id: t, table_name: t, events: [insert], callback_url: 'http://h/'}\n");
  return lines_of(load(path, ""), directory);
}

std::string shown(const mysql::ConnectionOptions& connection) {
  std::string text;
  for (const auto& address : connection.addresses()) {
    text.append(text.empty() ? "" : " ").append(to_string(address));
  }
  return text;
}

TEST(DatabaseHost, IsOneServerOrAListOfThem) {
  EXPECT_EQ(shown(connection_of("db1")), "db1:3310");
  EXPECT_EQ(shown(connection_of("[db1]")), "db1:3310");
  EXPECT_EQ(shown(connection_of("[db1, 'db2:3307', 10.0.0.1]")), "db1:3310 db2:3307 10.0.0.1:3310");
  EXPECT_EQ(shown(connection_of("['[::1]:3307', '[2001:db8::7]', 'fe80::1']")),
            "[::1]:3307 [2001:db8::7]:3310 [fe80::1]:3310");
  EXPECT_EQ(shown(connection_of("'[::1]'")), "[::1]:3310");
  EXPECT_EQ(shown(connection_of("'::1'")), "[::1]:3310");
}

TEST(DatabaseHost, OfAListIsConnectedToWithoutBrackets) {
  const auto connection = connection_of("['[::1]:3307', db2]");

  EXPECT_EQ(connection.host, "::1");
  EXPECT_EQ(connection.port, 3307);
  EXPECT_EQ(connection.at(connection.others[0]).host, "db2");
  EXPECT_EQ(connection.at(connection.others[0]).addresses().size(), 1U);
  EXPECT_EQ(connection.failover_patience, std::chrono::minutes(2));
}

TEST(DatabaseHost, SaysWhatIsWrongWithEachServerOfAList) {
  EXPECT_EQ(findings_of("[db1, 'db2:x', 'db3:0', db1, 'a b', '/run/s', '[::1', '[::1]x', ':3306']"),
            "config.yaml:2:15: error: database.host: \"db2:x\" has no port behind its colon; write "
            "1 to 65535, or brackets around an IPv6 address\n"
            "config.yaml:2:24: error: database.host: \"db3:0\" has no port behind its colon; write "
            "1 to 65535, or brackets around an IPv6 address\n"
            "config.yaml:2:33: error: database.host: \"db1\" is there twice; keep one of them\n"
            "config.yaml:2:38: error: database.host: \"a b\" has a blank in it; write a name or an "
            "address\n"
            "config.yaml:2:45: error: database.host: \"/run/s\" is a path; a Unix socket goes into "
            "database.socket\n"
            "config.yaml:2:55: error: database.host: \"[::1\" has no ] behind its address; write "
            "[::1]:3306\n"
            "config.yaml:2:63: error: database.host: \"[::1]x\" has something else than a port "
            "behind its address; write [::1]:3306\n"
            "config.yaml:2:73: error: database.host: \"\" is no host; write a name or an "
            "address\n");
}

TEST(DatabaseHost, ListsAtMost32Servers) {
  std::string list = "[h0";
  for (int i = 1; i < 32; ++i) list += ", h" + std::to_string(i);

  EXPECT_EQ(findings_of(list + "]"), "");
  EXPECT_EQ(findings_of(list + ", h32]"),
            "config.yaml:2:9: error: database.host: lists 33 servers; the limit is 32\n");
}

}  // namespace
}  // namespace pikachu::config
