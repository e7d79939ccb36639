#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "config/config.h"
#include "tests/unit/config/config_text.h"

namespace pikachu::config {
namespace {

TEST(BadConfig, UnknownKeysNameTheNearest) {
  expect_findings({
      {4, "  username: pikachu\n  user: u",
       "4:3: error: database.username: unknown key; did you mean user?"},
      {3, "  prot: 3306", "3:3: error: database.prot: unknown key; did you mean port?"},
      {14, "sever:\n  enabled: true", "14:1: error: sever: unknown key; did you mean server?"},
      {14, "host: x", "14:1: error: host: unknown key; did you mean database.host?"},
      {13, "    callback_url: http://h/\n    retries: 3",
       "14:5: error: tasks[0].retries: unknown key; did you mean max_retries?"},
      {13, "    callback_url: http://h/\n    callbackurl: http://h/",
       "14:5: error: tasks[0].callbackurl: unknown key; did you mean callback_url?"},
      {14, "zebra: 1",
       "14:1: error: zebra: unknown key; docs/reference/config.md lists those there are"},
      {14, "<<: {a: 1}", "14:1: error: <<: merge keys are not supported; repeat the keys"},
  });
}

TEST(BadConfig, DuplicateKeysNameTheFirst) {
  expect_findings({
      {3, "  port: 3306\n  port: 3307",
       "4:3: error: database.port: is there twice, first in line 3; keep one of them"},
      {14, "tasks: []", "14:1: error: tasks: is there twice, first in line 8; keep one of them"},
  });
}

TEST(BadConfig, MissingKeysSayWhatTheyAre) {
  expect_findings({
      {2, "  port: 3306",
       "2:3: error: database.host: is missing; it is the server's name or address (or write "
       "database.socket)\nconfig.yaml:3:3: error: database.port: is there twice, first in line 2; "
       "keep one of them"},
      {2, "  host:",
       "2:3: error: database.host: is missing; it is the server's name or address (or write "
       "database.socket)"},
      {4, "", "2:3: error: database.user: is missing; it is the account that reads the binlog"},
      {4,
       "  user:", "4:3: error: database.user: is missing; it is the account that reads the binlog"},
      {7, "",
       "2:3: error: database.server_id: is missing; it is a number from 1 to 4294967295 that "
       "neither the server nor another of its replicas has"},
      {9, "  - timeout: 5s",
       "9:5: error: tasks[0].task_id: is missing; it is a name of this task that no other has"},
      {11, "",
       "9:5: error: tasks[0].table_name: is missing; it is a table, database.table, a pattern such "
       "as orders_*, or a list of them"},
      {12, "", "9:5: error: tasks[0].events: is missing; it is a list of insert, update, delete"},
      {13, "",
       "9:5: error: tasks[0].callback_url: is missing; it is the address that changes are sent to"},
  });
  EXPECT_EQ(
      findings_of("log:\n  level: info\n"),
      "config.yaml:1:1: error: database: is missing; it is the server whose changes are read\n"
      "config.yaml:1:1: error: tasks: is missing; it is a list of what is sent where, with at "
      "least one task in it\n");
}

TEST(BadConfig, WrongTypesSayWhatToWrite) {
  expect_findings({
      {2, "  host: []",
       "2:9: error: database.host: is empty; it is the server's name or address, or a list of "
       "servers"},
      {2, "  host: {a: b}", "2:9: error: database.host: is a map; write one value or a list"},
      {14, "log: info", "14:6: error: log: is one value; write a map of keys under it"},
      {14, "server:\n  enabled: maybe",
       "15:12: error: server.enabled: \"maybe\" is neither true nor false; write one of them"},
      {12, "    events: insert",
       "12:13: error: tasks[0].events: is one value; write a list, as in [a, b]"},
      {12, "    events: []",
       "12:13: error: tasks[0].events: is empty; it is a list of insert, update, delete"},
      {11, "    table_name: {a: b}",
       "11:17: error: tasks[0].table_name: is a map; write one value or a list"},
      {11, "    table_name: []",
       "11:17: error: tasks[0].table_name: is empty; it is a table, database.table, a pattern such "
       "as orders_*, or a list of them"},
      {9, "  - users\n  - task_id: user_monitor",
       "9:5: error: tasks[0]: is one value; write a map of keys"},
      {13, "    callback_url: http://h/\n    headers: [a]",
       "14:14: error: tasks[0].headers: is a list; write a map of names and values"},
  });
}

TEST(BadConfig, EmptyTasksSayWhatIsNeeded) {
  const std::string head = std::string(kGood.substr(0, kGood.find("tasks:")));
  constexpr std::string_view kRest =
      "it is a list of what is sent where, with at least one task in it\n";
  EXPECT_EQ(findings_of(head + "tasks: []\n"),
            "config.yaml:8:8: error: tasks: is empty; " + std::string(kRest));
  EXPECT_EQ(findings_of(head + "tasks:\n"),
            "config.yaml:8:1: error: tasks: is missing; " + std::string(kRest));
  EXPECT_EQ(findings_of(head + "tasks: {a: 1}\n"),
            "config.yaml:8:8: error: tasks: is a map; write a list, one \"- \" each\n");
}

TEST(BadConfig, NumbersNameTheirRange) {
  expect_findings({
      {7, "  server_id: 0",
       "7:14: error: database.server_id: 0 is out of range; write 1 to 4294967295"},
      {7, "  server_id: 4294967296",
       "7:14: error: database.server_id: 4294967296 is out of range; write 1 to 4294967295"},
      {7, "  server_id: 99999999999999999999",
       "7:14: error: database.server_id: \"99999999999999999999\" is out of range; write 1 to "
       "4294967295"},
      {7, "  server_id: 1e3",
       "7:14: error: database.server_id: \"1e3\" is not a whole number; write 1 to 4294967295"},
      {3, "  port: 0", "3:9: error: database.port: 0 is out of range; write 1 to 65535"},
      {3, "  port: 65536", "3:9: error: database.port: 65536 is out of range; write 1 to 65535"},
      {3, "  port: -1", "3:9: error: database.port: -1 is out of range; write 1 to 65535"},
      {14, "server:\n  port: 70000",
       "15:9: error: server.port: 70000 is out of range; write 0 to 65535"},
      {14, "dispatcher:\n  loops: 0",
       "15:10: error: dispatcher.loops: 0 is out of range; write 1 to 64"},
  });
}

TEST(BadConfig, DurationsAndSizesNameTheirUnit) {
  expect_findings({
      {13, "    callback_url: http://h/\n    timeout: 5",
       "14:14: error: tasks[0].timeout: \"5\" has no unit; write 5s"},
      {13, "    callback_url: http://h/\n    timeout: fast",
       "14:14: error: tasks[0].timeout: \"fast\" is not a duration; write a number and ms, s, m, h "
       "or d, as in 30s"},
      {13, "    callback_url: http://h/\n    timeout: -5s",
       "14:14: error: tasks[0].timeout: \"-5s\" is not a duration; write a number and ms, s, m, h "
       "or d, as in 30s"},
      {13, "    callback_url: http://h/\n    timeout: 0",
       "14:14: error: tasks[0].timeout: \"0\" is out of range; write 1ms to 1h"},
      {13, "    callback_url: http://h/\n    timeout: 2h",
       "14:14: error: tasks[0].timeout: \"2h\" is out of range; write 1ms to 1h"},
      {14, "limits:\n  queue_bytes: 64",
       "15:16: error: limits.queue_bytes: \"64\" has no unit; write 64MiB"},
      {14, "limits:\n  queue_bytes: 64Mb",
       "15:16: error: limits.queue_bytes: \"64Mb\" is not a size; write a number and B, KiB, MiB "
       "or GiB, as in 64MiB"},
      {14, "limits:\n  queue_bytes: 1B",
       "15:16: error: limits.queue_bytes: \"1B\" is out of range; write 64KiB to 64GiB"},
      {14, "dispatcher:\n  retry_base_delay: 10s\n  retry_max_delay: 5s",
       "16:20: error: dispatcher.retry_max_delay: dispatcher.retry_base_delay is longer than "
       "dispatcher.retry_max_delay (60s by default); raise the second or lower the first"},
  });
}

TEST(BadConfig, ChoicesNameTheNearest) {
  expect_findings({
      {14, "log:\n  level: warning",
       "15:10: error: log.level: \"warning\" is not one of debug, info, warn, error, fatal, panic; "
       "did you mean warn?"},
      {14, "log:\n  format: yaml", "15:11: error: log.format: \"yaml\" is not one of text, json"},
      {12, "    events: [insert, updated]",
       "12:22: error: tasks[0].events: \"updated\" is not one of insert, update, delete; did you "
       "mean update?"},
      {12, "    events: [INSERT]",
       "12:14: error: tasks[0].events: \"INSERT\" is not one of insert, update, delete; did you "
       "mean insert?"},
      {12, "    events: [truncate]",
       "12:14: error: tasks[0].events: \"truncate\" is not one of insert, update, delete"},
      {13, "    callback_url: http://h/\n    order: row",
       "14:12: error: tasks[0].order: \"row\" is not one of key, table, none"},
      {7, "  server_id: 1\n  tls:\n    mode: verify-ca",
       "9:11: error: database.tls.mode: \"verify-ca\" is not one of disabled, preferred, required, "
       "verify_ca, verify_identity; did you mean verify_ca?"},
  });
}

}  // namespace
}  // namespace pikachu::config
