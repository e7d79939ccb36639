#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/pikachu_process.h"
#include "tests/support/temporary_directory.h"

namespace pikachu::test {
namespace {

constexpr std::string_view kGood = R"(database:
  host: 127.0.0.1
  port: 3306
  user: pikachu
  password: pikachu
  database: test_db
  server_id: 1001
log:
  level: info
server:
  port: 8080
dispatcher:
  timeout: 30s
  max_retries: 3
tasks:
  - task_id: t1
    table_name: users
    events: [insert, update]
    callback_url: http://127.0.0.1:9000/hook
)";

/// Line `line` of the good file is replaced by `text` (which may be several lines, or none); the
/// program must end with status 2 and a line that begins with file and line, names `key`, and says
/// `remedy`.
struct BadCase {
  std::string name;
  int line;
  std::string text;
  int said_line;
  std::string key;
  std::string remedy;
};

void PrintTo(const BadCase& bad, std::ostream* out) {
  *out << bad.name;
}

std::string with_line(int line, const std::string& text) {
  std::string result;
  std::size_t begin = 0;
  for (int number = 1; begin < kGood.size(); ++number) {
    const auto end = kGood.find('\n', begin) + 1;
    if (number != line) {
      result += kGood.substr(begin, end - begin);
    } else if (!text.empty()) {
      result += text + "\n";
    }
    begin = end;
  }
  return result;
}

class BadConfiguration : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadConfiguration, EndsWithStatus2AndALineThatNamesFileLineKeyAndRemedy) {
  const auto& bad = GetParam();
  TemporaryDirectory directory;
  const auto path = directory.write("config.yaml", with_line(bad.line, bad.text));

  const auto finished = run_pikachu({"-config", path});

  EXPECT_EQ(finished.status, 2) << finished.errors;
  const auto begin = finished.errors.find(path + ":" + std::to_string(bad.said_line) + ":");
  ASSERT_NE(begin, std::string::npos) << finished.errors;
  const auto line = finished.errors.substr(begin, finished.errors.find('\n', begin) - begin);
  EXPECT_NE(line.find("error: "), std::string::npos) << line;
  EXPECT_NE(line.find(bad.key), std::string::npos) << line;
  EXPECT_NE(line.find(bad.remedy), std::string::npos) << line;
  EXPECT_EQ(finished.errors.find("hunter2"), std::string::npos) << "a password is in the message";
}

const std::vector<BadCase> kCases{
    {"UnknownKey", 3, "  prot: 3306", 3, "database.prot", "port"},
    {"UnknownSection", 8, "logs:", 8, "logs", "log"},
    {"MissingUser", 4, "", 2, "database.user", "user"},
    {"MissingServerId", 7, "", 2, "database.server_id", "server_id"},
    {"ServerIdZero", 7, "  server_id: 0", 7, "database.server_id", "1"},
    {"ServerIdTooLarge", 7, "  server_id: 4294967296", 7, "database.server_id", "4294967295"},
    {"PortNotANumber", 3, "  port: mysql", 3, "database.port", "number"},
    {"PortTooLarge", 3, "  port: 65536", 3, "database.port", "65535"},
    {"UnknownLogLevel", 9, "  level: verbose", 9, "log.level", "debug"},
    {"DurationWithoutUnit", 13, "  timeout: 30", 13, "dispatcher.timeout", "30s"},
    {"NegativeRetries", 14, "  max_retries: -1", 14, "dispatcher.max_retries", "0"},
    {"MissingTaskId", 16, "  - name: x", 16, "task_id", "task_id"},
    {"MissingTableName", 17, "", 16, "table_name", "table_name"},
    {"UnknownEvent", 18, "    events: [insert, truncate]", 18, "events", "delete"},
    {"NoEvents", 18, "    events: []", 18, "events", "insert"},
    {"MissingCallbackUrl", 19, "", 16, "callback_url", "callback_url"},
    {"UrlWithoutScheme", 19, "    callback_url: 127.0.0.1:9000/hook", 19, "callback_url", "http"},
    {"UrlOfAnotherScheme", 19, "    callback_url: ftp://example.com/x", 19, "callback_url", "http"},
    {"RelativeUrlWithoutHost", 19, "    callback_url: /hook", 19, "callback_url", "callback_host"},
    {"DuplicateTaskId", 19,
     "    callback_url: http://127.0.0.1:9000/hook\n  - task_id: t1\n    table_name: orders\n"
     "    events: [insert]\n    callback_url: http://127.0.0.1:9000/hook",
     20, "task_id", "t1"},
    {"DuplicateKey", 2, "  host: 127.0.0.1\n  host: 127.0.0.2", 3, "database.host", "keep one"},
    {"TextWhereAMapBelongs", 8, "state: yes\nlog:", 8, "state", "map"},
    {"UnknownTlsMode", 5, "  password: hunter2\n  tls: {mode: on}", 6, "database.tls.mode",
     "required"},
    {"MissingCaFile", 5, "  password: hunter2\n  tls: {mode: verify_ca, ca: /nonexistent.pem}", 6,
     "database.tls.ca", "/nonexistent.pem"},
    {"UndefinedVariable", 5, "  password: ${PIKACHU_TEST_NOT_DEFINED}", 5, "database.password",
     "PIKACHU_TEST_NOT_DEFINED"},
    {"NotYaml", 2, "  host: [127.0.0.1", 3, "", "YAML"},
};

INSTANTIATE_TEST_SUITE_P(Cases, BadConfiguration, ::testing::ValuesIn(kCases),
                         [](const auto& bad) { return bad.param.name; });

TEST(Configuration, AllProblemsAreSaidAtOnce) {
  TemporaryDirectory directory;
  auto text = with_line(3, "  port: 0");
  text.replace(text.find("30s"), 3, "30");
  text.replace(text.find("http://"), 7, "gopher://");
  const auto path = directory.write("config.yaml", text);

  const auto finished = run_pikachu({"--config=" + path});

  EXPECT_EQ(finished.status, 2);
  for (const std::string_view place : {":3:", ":13:", ":19:"}) {
    std::string said = path;
    said += place;
    EXPECT_NE(finished.errors.find(said), std::string::npos) << finished.errors;
  }
}

TEST(Configuration, MissingFileIsSaid) {
  const auto finished = run_pikachu({"-config", "/nonexistent/config.yaml"});

  EXPECT_EQ(finished.status, 2);
  EXPECT_NE(finished.errors.find("/nonexistent/config.yaml"), std::string::npos) << finished.errors;
}

TEST(CommandLine, UnknownOptionEndsWithStatus2AndPointsToTheHelp) {
  const auto finished = run_pikachu({"-confg", "x"});

  EXPECT_EQ(finished.status, 2);
  EXPECT_NE(finished.errors.find("-confg"), std::string::npos) << finished.errors;
  EXPECT_NE(finished.errors.find("-help"), std::string::npos) << finished.errors;
}

TEST(CommandLine, VersionAndHelpGoToStandardOutput) {
  EXPECT_TRUE(run_pikachu({"-version"}).output.starts_with("pikachu "));
  const auto help = run_pikachu({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_NE(help.output.find("-config FILE"), std::string::npos);
  EXPECT_NE(run_pikachu({"receive", "-help"}).output.find("-listen"), std::string::npos);
}

}  // namespace
}  // namespace pikachu::test
