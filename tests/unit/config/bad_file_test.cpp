#include <cstdlib>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "config/config.h"
#include "tests/unit/config/config_text.h"

namespace pikachu::config {
namespace {

TEST(BadConfig, EnvironmentVariablesThatAreMissingAreNamed) {
  ::unsetenv("PIKACHU_TEST_NONE");
  expect_findings({
      {2, "  host: ${PIKACHU_TEST_NONE}",
       "2:9: error: database.host: ${PIKACHU_TEST_NONE} is not set in the environment; set it, or "
       "write ${PIKACHU_TEST_NONE:-default}"},
      {2, "  host: ${PIKACHU_TEST_NONE",
       "2:9: error: database.host: a ${ is not closed; write ${NAME}, or $${ for a literal ${"},
      {5, "  password: ${s3cret!}",
       "5:13: error: database.password: what stands in ${…} is no variable; write ${NAME} or "
       "${NAME:-default}, or $${ for a literal ${"},
      {3, "  port: ${PIKACHU_TEST_NONE:-x}",
       "3:9: error: database.port: \"x\" is not a whole number; write 1 to 65535"},
  });
}

TEST(BadConfig, AllProblemsComeAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(
      findings_of("tasks:\n"
                  "  - task_id: a\n"
                  "    table_name: users\n"
                  "    events: [insert]\n"
                  "    callback_url: nowhere\n"
                  "    timeout: 5\n"
                  "database:\n"
                  "  user: u\n"
                  "  server_id: x\n"
                  "dispatcher:\n"
                  "  worker_count: 5\n"
                  "zebra: 1\n"),
      "config.yaml:3:17: error: tasks[0].table_name: table pattern \"users\" names no database, "
      "and there is no default one; write database.table, or set database.database\n"
      "config.yaml:5:19: error: tasks[0].callback_url: is no absolute URL; write "
      "http://host/path or https://host/path\n"
      "config.yaml:6:14: error: tasks[0].timeout: \"5\" has no unit; write 5s\n"
      "config.yaml:8:3: error: database.host: is missing; it is the server's name or address "
      "(or write database.socket)\n"
      "config.yaml:9:14: error: database.server_id: \"x\" is not a whole number; write 1 to "
      "4294967295\n"
      "config.yaml:11:3: warning: dispatcher.worker_count: is not used any more: few threads "
      "serve all endpoints; dispatcher.max_in_flight bounds the requests at a time to each, "
      "dispatcher.loops is the number of threads\n"
      "config.yaml:12:1: error: zebra: unknown key; docs/reference/config.md lists those there "
      "are\n");
}

TEST(BadConfig, NeverShowsASecret) {
  const TemporaryDirectory directory;
  for (const std::string& text :
       {good_but(5, "  password: [s3cret]"), good_but(5, "  password: {a: s3cret}"),
        good_but(5, "  password: \"s3cret${\""),
        good_but(5, "  password: s3cret\n  password: s3cret"),
        good_but(5, "  password: s3cret\n  password_file: /dev/null"),
        good_but(13, "    callback_url: ftp://u:s3cret@h/?k=s3cret"),
        good_but(13, "    callback_url: http://u:s3cret@h:x/?k=s3cret"),
        good_but(13, "    callback_url: http://h/\n    auth: {bearer: \"s3cret\\n\"}"),
        good_but(13, "    callback_url: http://h/\n    headers: {Host: s3cret}"),
        good_but(5, "  password: 's3cret"), good_but(5, "\tpassword: s3cret")}) {
    const LoadResult result = load(directory.write("config.yaml", text), "");
    EXPECT_FALSE(result.config) << text;
    EXPECT_EQ(lines_of(result, directory).find("s3cret"), std::string::npos) << text;
  }
}

TEST(BadFile, ThatCannotBeReadSaysWhy) {
  const TemporaryDirectory directory;
  EXPECT_EQ(lines_of(load(directory.path("none.yaml"), ""), directory),
            "none.yaml: error: cannot be opened: No such file or directory; name another file with "
            "-config (or -tasks), or mend its permissions\n");
  EXPECT_EQ(load(directory.path(""), "").findings.at(0).message,
            "is a directory; name the file in it");
}

TEST(BadFile, ThatIsNotAMapSaysWhatToWrite) {
  EXPECT_EQ(findings_of(""),
            "config.yaml: error: is empty; begin with the config.yaml that comes with pikachu\n");
  EXPECT_EQ(findings_of("# nothing\n"),
            "config.yaml: error: is empty; begin with the config.yaml that comes with pikachu\n");
  EXPECT_EQ(findings_of("- a\n"),
            "config.yaml:1:1: error: the file is not a map; write \"database:\", \"tasks:\" and so "
            "on at the left\n");
  EXPECT_EQ(findings_of("{a: 1}: 2\n"),
            "config.yaml:1:1: error: a key is not a name; write name: "
            "value\nconfig.yaml:1:1: error: database: is missing; it is "
            "the server whose changes are read\nconfig.yaml:1:1: error: "
            "tasks: is missing; it is a list of what is sent where, with "
            "at least one task in it\n");
}

TEST(BadFile, ThatIsNotYamlNamesTheLine) {
  EXPECT_EQ(findings_of("database:\n  host: [a\n"),
            "config.yaml:3:1: error: not YAML: end of sequence flow not found; see the lines up to "
            "this one\n");
  EXPECT_EQ(findings_of("database:\n\thost: a\n"),
            "config.yaml:2:1: error: a tab in the indentation, which YAML does not allow; use "
            "blanks\n");
  EXPECT_EQ(findings_of("database:\n  host: a\n \t port: 1\n"),
            "config.yaml:3:2: error: a tab in the indentation, which YAML does not allow; use "
            "blanks\n");
}

TEST(BadFile, WithASecondDocumentNamesIt) {
  EXPECT_EQ(findings_of(std::string(kGood) + "---\na: 1\n"),
            "config.yaml:15:1: error: a second document begins here; keep one, without --- "
            "between\n");
}

TEST(BadFile, WhoseAliasesMultiplyIsRefused) {
  std::string text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    const std::string last = std::string("*") + static_cast<char>(c - 1);
    text += std::string(1, c) + ": &" + c + " [" + last;
    for (int i = 0; i < 9; ++i) text += ", " + last;
    text += "]\n";
  }
  EXPECT_NE(findings_of(text).find("more than 300000 values"), std::string::npos);
}

TEST(BadTasksFile, IsReportedUnderItsOwnName) {
  const TemporaryDirectory directory;
  const std::string config = directory.write("config.yaml", kGood);
  const auto findings = [&](std::string_view text) {
    return lines_of(load(config, directory.write("tasks.yaml", text)), directory);
  };
  EXPECT_EQ(
      findings("tasks:\n  - task_id: a\n    table_name: t\n    events: [insert]\n"),
      "tasks.yaml:2:5: error: tasks[0].callback_url: is missing; it is the address that changes "
      "are sent to\n");
  EXPECT_EQ(findings("log:\n  level: info\n"),
            "tasks.yaml:1:1: error: log: a file of tasks has tasks and callback_host only; put the "
            "rest into the file of -config\n"
            "tasks.yaml:1:1: error: tasks: is missing; a file of tasks begins with \"tasks:\"\n");
  EXPECT_EQ(lines_of(load(config, directory.path("none.yaml")), directory),
            "none.yaml: error: cannot be opened: No such file or directory; name another file with "
            "-config (or -tasks), or mend its permissions\n");
}

}  // namespace
}  // namespace pikachu::config
