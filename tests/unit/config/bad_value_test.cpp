#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "config/config.h"
#include "tests/unit/config/config_text.h"

namespace pikachu::config {
namespace {

TEST(BadConfig, UrlsSayWhatIsWrong) {
  expect_findings({
      {13, "    callback_url: ftp://h/",
       "13:19: error: tasks[0].callback_url: the scheme \"ftp\" is not supported; write http:// or "
       "https://"},
      {13, "    callback_url: 127.0.0.1:9000/webhook",
       "13:19: error: tasks[0].callback_url: is no absolute URL; write http://host/path or "
       "https://host/path"},
      {13, "    callback_url: http:///webhook",
       "13:19: error: tasks[0].callback_url: has no host; write http://host/path"},
      {13, "    callback_url: \"http://h/a b\"",
       "13:19: error: tasks[0].callback_url: has a blank or control character at byte 11; write it "
       "as %20 and the like, or remove it"},
      {13, R"(    callback_url: "http://h/\r\nX: y")",
       "13:19: error: tasks[0].callback_url: has a blank or control character at byte 10; write it "
       "as %20 and the like, or remove it"},
      {13, "    callback_url: http://h:99999/",
       "13:19: error: tasks[0].callback_url: the port \"99999\" is not a number from 1 to 65535"},
      {13, "    callback_url: http://h/#part",
       "13:19: error: tasks[0].callback_url: has a fragment (#…), which is never sent; remove it, "
       "or write # as %23"},
      {13, "    callback_url: http://h{x}/",
       "13:19: error: tasks[0].callback_url: the host \"h{x}\" has characters that no host has; "
       "write http://host/path"},
      {13, "    callback_url: http://me:s3cret@h/",
       "13:19: warning: tasks[0].callback_url: has a user or password in it, which logs of others "
       "may show; use auth.bearer_file or headers"},
      {13, "    callback_url: /webhook",
       "13:19: error: tasks[0].callback_url: is relative and there is no callback_host; write "
       "http://host/path, or set callback_host"},
      {14, "callback_host: h",
       "14:16: error: callback_host: is no absolute URL; write http://host/path or "
       "https://host/path"},
      {14, "callback_host: http://h/?a=b",
       "14:16: error: callback_host: has a query (?…); it belongs into each callback_url"},
  });
}

TEST(BadConfig, TasksSayWhatIsWrong) {
  expect_findings({
      {13,
       "    callback_url: http://h/\n  - {task_id: user_monitor, table_name: t, events: [insert], "
       "callback_url: http://h/}",
       "14:15: error: tasks[1].task_id: \"user_monitor\" is taken by the task in line 9; choose "
       "another"},
      {9, "  - task_id: \"\"",
       "9:14: error: tasks[0].task_id: \"\" is no name; write 1 to 128 bytes without control "
       "characters"},
      {11, "    table_name: a.b.c",
       "11:17: error: tasks[0].table_name: table pattern \"a.b.c\" has more than one dot; names "
       "with dots in them are quoted: `my.db`.`table`"},
      {11, "    table_name: [users, '`x']",
       "11:25: error: tasks[0].table_name: table pattern \"`x\" opens a backquote and does not "
       "close it; a backquote in a name is written ``"},
      {6, "",
       "11:17: error: tasks[0].table_name: table pattern \"users\" names no database, and there is "
       "no default one; write database.table, or set database.database"},
  });
}

TEST(BadConfig, HeadersSayWhatIsWrong) {
  const auto headers = [](std::string_view lines) {
    return "    callback_url: http://h/\n    headers:\n" + std::string(lines);
  };
  const std::string host = headers("      Host: a");
  const std::string expect = headers("      Expect: a");
  const std::string task = headers("      pikachu-task: a");
  const std::string signature = headers("      Webhook-Signature: a");
  const std::string name = headers("      \"X Y\": a");
  const std::string value = headers(R"(      X-A: "s3cret\r\nX-B: c")");
  const std::string twice = headers("      X-A: a\n      x-a: b");
  const std::string token = headers("      Authorization: s3cret") + "\n    auth: {bearer: s3cret}";
  const std::string list = headers("      X-A: [s3cret]");
  expect_findings({
      {13, host, "15:7: error: tasks[0].headers.Host: is set by pikachu itself; remove it"},
      {13, expect, "15:7: error: tasks[0].headers.Expect: is set by pikachu itself; remove it"},
      {13, task, "15:7: error: tasks[0].headers.pikachu-task: is set by pikachu itself; remove it"},
      {13, signature,
       "15:7: error: tasks[0].headers.Webhook-Signature: is set by pikachu itself; remove it"},
      {13, name,
       "15:7: error: tasks[0].headers.X Y: is no name of a header; write letters, digits and "
       "hyphens"},
      {13, value,
       "15:7: error: tasks[0].headers.X-A: its value has a line break or control character in it; "
       "remove it"},
      {13, twice,
       "16:7: error: tasks[0].headers.x-a: is there twice, first in line 15; keep one of them"},
      {13, token,
       "15:7: error: tasks[0].headers.Authorization: auth.bearer sets this header too; keep one of "
       "them"},
      {13, list, "15:12: error: tasks[0].headers.X-A: is a list; write one value"},
  });
}

TEST(BadConfig, DatabaseSaysWhatIsWrong) {
  expect_findings({
      {2, "  host: 127.0.0.1:3306",
       "2:9: error: database.host: \"127.0.0.1:3306\" has a port in it; the port goes into "
       "database.port"},
      {2, "  host: /run/mysqld.sock",
       "2:9: error: database.host: \"/run/mysqld.sock\" is a path; a Unix socket goes into "
       "database.socket"},
      {2, "  host: a b",
       "2:9: error: database.host: \"a b\" has a blank in it; write a name or an address"},
      {2, "  host: h\n  socket: /s",
       "2:9: warning: database.host: is not used, because database.socket is set; remove one"},
      {2, "  socket: /s\n  tls: {mode: verify_identity, ca: /}",
       "3:15: error: database.tls.mode: verify_identity compares the server's name, and a socket "
       "has none; write verify_ca, or connect by database.host\nconfig.yaml:3:36: error: "
       "database.tls.ca: \"/\" is a directory; name a file"},
      {7, "  server_id: 1\n  tls: {mode: verify_ca}",
       "8:15: error: database.tls.mode: nothing to verify by; set database.tls.ca to the PEM file "
       "of the authority that signed the server's certificate"},
      {7, "  server_id: 1\n  tls: {mode: verify_ca, ca: /no/such/ca.pem}",
       "8:30: error: database.tls.ca: \"/no/such/ca.pem\" cannot be read: No such file or "
       "directory; mend the path or its permissions"},
      {7, "  server_id: 1\n  tls: {key: /dev/null}",
       "8:14: error: database.tls.key: certificate and key go together; set database.tls.cert and "
       "database.tls.key"},
      {7, "  server_id: 1\n  tls: {ca: /dev/null}",
       "8:13: warning: database.tls.ca: is not examined in this mode; write mode: verify_ca"},
      {7, "  server_id: 1\n  charset: utf8; DROP",
       "8:12: error: database.charset: \"utf8; DROP\" is no character set; write utf8mb4, or "
       "remove the key"},
      {5, "  password_file: /no/such",
       "5:18: error: database.password_file: \"/no/such\" cannot be read: No such file or "
       "directory; mend the path or its permissions"},
      {5, "  password_file: /dev/null",
       "5:18: error: database.password_file: \"/dev/null\" is empty; write the secret into its "
       "first line"},
      {5, "  password: s3cret\n  password_file: /dev/null",
       "6:18: error: database.password_file: database.password is there too; keep one of them"},
  });
}

TEST(BadConfig, StartFromSaysWhatIsWrong) {
  constexpr std::string_view kNoPlace =
      " is no place to start from; write latest, earliest, gtid:SET, file:NAME:OFFSET or a time "
      "such "
      "as 2026-11-20T12:00:00Z";
  const auto line = [](std::string_view value) {
    return "  server_id: 1\n  start_from: " + std::string(value);
  };
  const auto expected = [](std::string_view what) {
    return "8:15: error: database.start_from: " + std::string(what);
  };
  for (const std::string_view value :
       {"now", "2026-11-20", "2026-02-29T12:00:00Z", "2026-11-20T12:00:00", "2026-11-20T24:00:00Z",
        "2026-11-20T12:00:00.Z", "2026-11-20T12:00:00+8:00"}) {
    expect_findings(
        {{7, line(value), expected("\"" + std::string(value) + "\"" + std::string(kNoPlace))}});
  }
  expect_findings({
      {7, line("gtid:x"),
       expected("\"x\" is not a GTID: MariaDB's have three numbers, domain-server-sequence, as in "
                "0-1-42")},
      {7, line("gtid:x:1"),
       expected("\"x:1\" is not a GTID: it does not begin with a UUID, as in "
                "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5")},
      {7, line("'gtid:'"), expected("names no GTIDs; write earliest to begin with the first")},
      {7, line("file:mysql-bin.000042:3"),
       expected("the offset \"3\" is not a number from 4 on; write file:mysql-bin.000042:4")},
      {7, line("file:mysql-bin.000042:x"),
       expected("the offset \"x\" is not a number from 4 on; write file:mysql-bin.000042:4")},
      {7, line("file::4"), expected("names no file; write file:mysql-bin.000042:4")},
  });
}

TEST(BadConfig, ServiceSaysWhatIsWrong) {
  expect_findings({
      {14, "server:\n  path: health",
       "15:9: error: server.path: \"health\" is no path; write /health, for example"},
      {14, "server:\n  path: /metrics",
       "15:9: error: server.path: \"/metrics\" is taken by something else; write /health, for "
       "example"},
      {14, "server:\n  host: a b",
       "15:9: error: server.host: \"a b\" is no address to listen on; write 0.0.0.0 or 127.0.0.1"},
      {14, "state:\n  dir: ''",
       "15:8: error: state.dir: is empty; write a directory, ./data for example"},
      {14, "limits: {queue_changes: 5}\ndispatcher: {queue_size: 5}",
       "15:26: error: dispatcher.queue_size: limits.queue_changes says it too; remove this one"},
  });
}

TEST(BadConfig, KeysOfLaterVersionsAreRefusedNotIgnored) {
  for (const std::string_view key :
       {"columns: {exclude: [a]}", "where: a > 1", "changed: [a]", "signing: {secrets: [s3cret]}",
        "format: debezium", "batch: {max_events: 5}", "max_age: 72h"}) {
    const std::string name(key.substr(0, key.find(':')));
    const std::string text = "    callback_url: http://h/\n    " + std::string(key);
    const std::string expected =
        "14:5: error: tasks[0]." + name + ": is not supported in this version; remove it";
    expect_findings({{13, text, expected}});
  }
  expect_findings({
      {13, "    callback_url: http://h/\n    auth: {mtls: {cert: a}}",
       "14:12: error: tasks[0].auth.mtls: is not supported in this version; remove it"},
      {13, "    callback_url: http://h/\n    auth: {oauth2: {}}",
       "14:12: error: tasks[0].auth.oauth2: is not supported in this version; remove it"},
      {14, "limits: {memory: 1GiB}",
       "14:10: error: limits.memory: is not supported in this version; remove it"},
  });
}

}  // namespace
}  // namespace pikachu::config
