#include <chrono>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "config/config.h"
#include "tests/unit/config/config_text.h"

namespace pikachu::config {
namespace {

// NOLINTNEXTLINE(misc-unused-using-decls): clang-tidy 14 does not see that literals use it.
using std::chrono_literals::operator""ms;
// NOLINTNEXTLINE(misc-unused-using-decls): clang-tidy 14 does not see that literals use it.
using std::chrono_literals::operator""s;
// NOLINTNEXTLINE(misc-unused-using-decls): clang-tidy 14 does not see that literals use it.
using std::chrono_literals::operator""min;

/// The configuration of `text`, which must have no findings.
Config config_of(std::string_view text) {
  const TemporaryDirectory directory;
  LoadResult result = load(directory.write("config.yaml", text), "");
  EXPECT_EQ(lines_of(result, directory), "");
  EXPECT_TRUE(result.config);
  return std::move(result.config).value_or(Config{});
}

TEST(Load, TakesTheFirstReleasesFileVerbatim) {
  const Config config = config_of(
      "# MySQL数据库配置\n"
      "database:\n"
      "  host: localhost\n"
      "  port: 3306\n"
      "  user: pikachu_user\n"
      "  password: your_password\n"
      "  database: your_database\n"
      "  server_id: 1001\n"
      "\n"
      "log:\n"
      "  level: info\n"
      "  format: text\n"
      "\n"
      "server:\n"
      "  enabled: true\n"
      "  port: 8080\n"
      "  path: /health\n"
      "\n"
      "tasks:\n"
      "  - task_id: \"user_monitor\"\n"
      "    name: \"用户表监听\"\n"
      "    table_name: \"users\"\n"
      "    events: [\"insert\", \"update\", \"delete\"]\n"
      "    callback_url: \"http://localhost:3000/webhook/users\"\n"
      "  - task_id: \"order_monitor\"\n"
      "    name: \"订单表监听\"\n"
      "    table_name: \"orders\"\n"
      "    events:\n"
      "      - insert\n"
      "    callback_url: \"http://localhost:3000/webhook/orders\"\n");

  EXPECT_EQ(config.connection.host, "localhost");
  EXPECT_EQ(config.connection.port, 3306);
  EXPECT_EQ(config.connection.user, "pikachu_user");
  EXPECT_EQ(config.connection.password, "your_password");
  EXPECT_EQ(config.connection.server_id, 1001U);
  EXPECT_EQ(config.connection.charset, "utf8mb4");
  EXPECT_EQ(config.database, "your_database");
  EXPECT_EQ(config.log.level, telemetry::LogLevel::kInfo);
  EXPECT_TRUE(config.admin.enabled);
  EXPECT_EQ(config.admin.port, 8080);
  EXPECT_EQ(config.admin.health_path, "/health");
  ASSERT_EQ(config.tasks.size(), 2U);
  ASSERT_EQ(config.webhook.endpoints.size(), 2U);
  EXPECT_EQ(config.tasks[0].task_id, "user_monitor");
  EXPECT_TRUE(config.tasks[0].wants_delete);
  EXPECT_TRUE(config.tasks[0].tables.at(0).matches("your_database", "users"));
  EXPECT_FALSE(config.tasks[0].tables.at(0).matches("my_your_database", "users"));
  EXPECT_TRUE(config.tasks[1].wants_insert);
  EXPECT_FALSE(config.tasks[1].wants_update);
  EXPECT_EQ(config.webhook.endpoints[1].task_id, "order_monitor");
  EXPECT_EQ(config.webhook.endpoints[1].url, "http://localhost:3000/webhook/orders");
}

TEST(Load, TakesTheLaterOriginalsKeysAndSaysWhichHaveNoMeaning) {
  const TemporaryDirectory directory;
  const LoadResult result =
      load(directory.write("config.yaml", std::string(kGood) +
                                              "callback_host: http://hooks.example/base/\n"
                                              "dispatcher:\n"
                                              "  worker_count: 20\n"
                                              "  queue_size: 1000\n"
                                              "  timeout: 15s\n"
                                              "  max_retries: 5\n"
                                              "  retry_base_delay: 3s\n"
                                              "  retry_max_delay: 1m30s\n"
                                              "  max_connections: 100\n"
                                              "  max_idle_conns: 20\n"
                                              "  idle_conn_timeout: 90s\n"
                                              "  batch_size: 1\n"
                                              "  batch_timeout: 100ms\n"
                                              "monitor:\n"
                                              "  event_queue_size: 10000\n"
                                              "  event_queue_timeout: 2s\n"
                                              "  batch_size: 1\n"
                                              "  batch_timeout: 50ms\n"
                                              "  flush_interval: 1s\n"),
           "");

  ASSERT_TRUE(result.config) << lines_of(result, directory);
  EXPECT_EQ(result.findings.size(), 9U);
  for (const Finding& finding : result.findings) {
    EXPECT_EQ(finding.severity, Finding::Severity::kWarning);
    EXPECT_NE(finding.message.find(": is not used any more: "), std::string::npos);
  }
  EXPECT_EQ(result.config->webhook.max_connections, 100U);
  EXPECT_EQ(result.config->webhook.idle_connection_timeout, 90s);
  const auto& endpoint = result.config->webhook.endpoints.at(0);
  EXPECT_EQ(endpoint.queue_changes, 1000U);
  EXPECT_EQ(endpoint.timeout, 15s);
  EXPECT_EQ(endpoint.max_retries, 5U);
  EXPECT_EQ(endpoint.retry_first, 3s);
  EXPECT_EQ(endpoint.retry_cap, 90s);
}

TEST(Load, LeavesWhatIsNotWrittenAtItsDefault) {
  const Config config = config_of(kGood);
  const Config defaults;

  EXPECT_EQ(config.state_dir, "./data");
  EXPECT_EQ(config.source.spill_dir, "./data");
  EXPECT_EQ(config.shutdown_timeout, defaults.shutdown_timeout);
  EXPECT_EQ(config.checkpoint_interval, defaults.checkpoint_interval);
  EXPECT_EQ(config.connection.tls.mode, mysql::TlsMode::kPreferred);
  EXPECT_EQ(config.source.start_from, source::StartFrom(source::Latest{}));
  EXPECT_FALSE(config.admin.enabled);
  const sink::webhook::EndpointOptions endpoint;
  EXPECT_EQ(config.webhook.endpoints.at(0).timeout, endpoint.timeout);
  EXPECT_EQ(config.webhook.endpoints.at(0).queue_bytes, endpoint.queue_bytes);
  EXPECT_TRUE(config.webhook.endpoints.at(0).headers.empty());
}

TEST(Load, ReadsEveryNewKey) {
  const TemporaryDirectory directory;
  const std::string password = directory.write("password", "p4ss word\n");
  const std::string token = directory.write("token", "t0ken\r\n");
  const std::string pem = directory.write("pem", "x");
  const Config config = config_of(
      "database:\n  socket: /run/mysqld.sock\n  user: u\n  password_file: " + password +
      "\n  database: '*'\n  server_id: 4294967295\n  charset: latin1\n"
      "  start_from: file:mysql-bin.000042:1234\n  heartbeat: 1s\n  connect_timeout: 3s\n"
      "  tls: {mode: verify_ca, ca: " +
      pem + ", cert: " + pem + ", key: " + pem +
      "}\n"
      "state: {dir: /var/lib/pikachu, checkpoint_interval: 1s}\n"
      "log: {level: panic, format: json}\n"
      "server: {enabled: yes, host: '::1', port: 0, path: /healthz}\n"
      "limits: {transaction_memory: 1MiB, queue_changes: 7, queue_bytes: 1.5MB, disk: 1GiB,\n"
      "  disk_per_task: 0}\n"
      "dispatcher: {loops: 2, max_in_flight: 9}\n"
      "shutdown_timeout: 0\n"
      "callback_host: https://h:8443/base/\n"
      "tasks:\n"
      "  - {task_id: a, table_name: [users, 'shop.o_*'], events: [delete], callback_url: /x,\n"
      "     timeout: 500ms, max_retries: 0, max_in_flight: 1, order: table,\n"
      "     auth: {bearer_file: " +
      token +
      "}, headers: {X-A: b, X-Empty: }}\n"
      "  - {task_id: b, table_name: t, events: [insert], callback_url: 'http://[::1]:80/?a=b',\n"
      "     order: none, auth: {bearer: tok}}\n");

  EXPECT_EQ(config.connection.socket, "/run/mysqld.sock");
  EXPECT_EQ(config.connection.password, "p4ss word");
  EXPECT_EQ(config.connection.server_id, 4'294'967'295U);
  EXPECT_EQ(config.connection.charset, "latin1");
  EXPECT_EQ(config.connection.heartbeat, 1s);
  EXPECT_EQ(config.connection.connect_timeout, 3s);
  EXPECT_EQ(config.connection.tls.mode, mysql::TlsMode::kVerifyCa);
  EXPECT_EQ(config.connection.tls.key, pem);
  EXPECT_EQ(config.database, "*");
  EXPECT_EQ(config.source.start_from, source::StartFrom(source::AtFile{"mysql-bin.000042", 1234}));
  EXPECT_EQ(config.source.transaction_memory_bytes, 1'048'576U);
  EXPECT_EQ(config.source.spill_dir, "/var/lib/pikachu");
  EXPECT_EQ(config.checkpoint_interval, 1s);
  EXPECT_EQ(config.log.level, telemetry::LogLevel::kPanic);
  EXPECT_EQ(config.log.format, telemetry::LogFormat::kJson);
  EXPECT_EQ(config.admin.host, "::1");
  EXPECT_EQ(config.admin.port, 0);
  EXPECT_EQ(config.admin.health_path, "/healthz");
  EXPECT_EQ(config.shutdown_timeout, 0ms);
  EXPECT_EQ(config.webhook.loops, 2U);
  ASSERT_EQ(config.tasks.size(), 2U);
  EXPECT_TRUE(config.tasks[0].tables.at(1).matches("shop", "o_1"));
  EXPECT_TRUE(config.tasks[1].tables.at(0).matches("any", "t"));
  const auto& first = config.webhook.endpoints.at(0);
  EXPECT_EQ(first.url, "https://h:8443/base/x");
  EXPECT_EQ(first.timeout, 500ms);
  EXPECT_EQ(first.connect_timeout, 500ms);
  EXPECT_EQ(first.max_retries, 0U);
  EXPECT_EQ(first.max_in_flight, 1U);
  EXPECT_EQ(first.order, sink::webhook::Order::kTable);
  EXPECT_EQ(first.bearer_token, "t0ken");
  EXPECT_EQ(first.queue_changes, 7U);
  EXPECT_EQ(first.queue_bytes, 1'500'000U);
  EXPECT_EQ(config.backlog.max_bytes, 1U << 30U);
  EXPECT_EQ(config.backlog.max_bytes_per_task, 0U);
  ASSERT_EQ(config.backlog.tasks.size(), 2U);
  EXPECT_EQ(config.backlog.tasks[0].task_id, "a");
  EXPECT_EQ(config.backlog.tasks[0].scope, backlog::OrderScope::kTask);
  EXPECT_EQ(config.backlog.tasks[1].scope, backlog::OrderScope::kKey);
  using Headers = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(first.headers, (Headers{{"X-A", "b"}, {"X-Empty", ""}}));
  const auto& second = config.webhook.endpoints.at(1);
  EXPECT_EQ(second.max_in_flight, 9U);
  EXPECT_EQ(second.order, sink::webhook::Order::kNone);
  EXPECT_EQ(second.bearer_token, "tok");
}

TEST(Load, ReadsEveryPlaceToStartFrom) {
  const auto start = [](std::string_view text) {
    return config_of(good_but(7, "  server_id: 1\n  start_from: " + std::string(text)))
        .source.start_from;
  };
  using source::StartFrom;
  EXPECT_EQ(start("latest"), StartFrom(source::Latest{}));
  EXPECT_EQ(start("earliest"), StartFrom(source::Earliest{}));
  EXPECT_EQ(start("gtid:7-1-2,0-1-42"), StartFrom(source::AtGtid{"0-1-42,7-1-2"}));
  EXPECT_EQ(start("gtid:3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5"),
            StartFrom(source::AtGtid{"3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5"}));
  EXPECT_EQ(start("file:mysql-bin.000042"), StartFrom(source::AtFile{"mysql-bin.000042", 4}));
  EXPECT_EQ(start("2024-02-29T12:00:00Z"), StartFrom(source::AtTime{1'709'208'000}));
  EXPECT_EQ(start("2024-02-29 20:00:00.999+08:00"), StartFrom(source::AtTime{1'709'208'000}));
  EXPECT_EQ(start("1970-01-01T00:00:00-00:30"), StartFrom(source::AtTime{1'800}));
}

TEST(Load, TakesTasksFromTheirOwnFile) {
  const TemporaryDirectory directory;
  // The tasks that are replaced may be wrong: nobody reads them.
  const std::string config = directory.write("config.yaml", good_but(13, "    callback_url: x y"));
  const std::string tasks = directory.write(
      "tasks.yaml",
      "callback_host: http://h\n"
      "tasks: [{task_id: t, table_name: orders, events: [insert], callback_url: /x}]\n");

  const LoadResult result = load(config, tasks);

  EXPECT_EQ(lines_of(result, directory), "");
  ASSERT_TRUE(result.config);
  ASSERT_EQ(result.config->tasks.size(), 1U);
  EXPECT_EQ(result.config->tasks[0].task_id, "t");
  EXPECT_EQ(result.config->webhook.endpoints.at(0).url, "http://h/x");
}

TEST(Load, ReplacesVariablesInValuesOnly) {
  ::setenv("PIKACHU_TEST_HOST", "db.example", 1);
  ::setenv("PIKACHU_TEST_EMPTY", "", 1);
  ::setenv("PIKACHU_TEST_YAML", "a: [b", 1);
  ::setenv("PIKACHU_TEST_DOLLAR", "${PIKACHU_TEST_HOST}$", 1);
  ::unsetenv("PIKACHU_TEST_NONE");
  const auto password = [](std::string_view text) {
    return config_of(good_but(5, "  password: '" + std::string(text) + "'")).connection.password;
  };

  EXPECT_EQ(password("${PIKACHU_TEST_HOST}"), "db.example");
  EXPECT_EQ(password("a${PIKACHU_TEST_HOST}-${PIKACHU_TEST_HOST}z"), "adb.example-db.examplez");
  EXPECT_EQ(password("${PIKACHU_TEST_NONE:-a:-b}"), "a:-b");
  EXPECT_EQ(password("${PIKACHU_TEST_EMPTY:-c}"), "c");
  EXPECT_EQ(password("${PIKACHU_TEST_EMPTY}"), "");
  EXPECT_EQ(password("${PIKACHU_TEST_YAML}"), "a: [b");
  EXPECT_EQ(password("${PIKACHU_TEST_DOLLAR}${PIKACHU_TEST_HOST}"),
            "${PIKACHU_TEST_HOST}$db.example");
  EXPECT_EQ(password("pa$$word$1 $"), "pa$$word$1 $");
  EXPECT_EQ(password("$${PIKACHU_TEST_HOST}"), "${PIKACHU_TEST_HOST}");
  EXPECT_EQ(config_of(good_but(3, "  port: ${PIKACHU_TEST_NONE:-3307}")).connection.port, 3307);
}

TEST(Load, TakesAnEmptyPassword) {
  EXPECT_EQ(config_of(good_but(5, "  password:")).connection.password, "");
  EXPECT_EQ(config_of(good_but(5, "  password: ''")).connection.password, "");
}

TEST(Load, TakesAnchorsAndAliases) {
  const Config config =
      config_of(good_but(13,
                         "    callback_url: &url http://h/\n"
                         "  - {task_id: b, table_name: t, events: [insert], callback_url: *url}"));

  EXPECT_EQ(config.webhook.endpoints.at(1).url, "http://h/");
}

}  // namespace
}  // namespace pikachu::config
