#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/scenario.h"

namespace pikachu::test {
namespace {

std::set<std::string> families_of_program(const std::string& metrics) {
  std::set<std::string> names;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    names.insert(line.substr(7, line.find(' ', 7) - 7));
  }
  return names;
}

std::set<std::string> families_of_page() {
  std::ifstream page(PIKACHU_SOURCE_DIR "/docs/reference/metrics.md");
  std::set<std::string> names;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| `")) names.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return names;
}

TEST(Metrics, PageListsExactlyWhatTheProgramHas) {
  auto server = shared_server("mariadb-10.11");
  if (is_missing(server)) GTEST_SKIP() << "mariadb-10.11: " << server.error().message;
  ASSERT_TRUE(server) << server.error().message;
  ASSERT_TRUE((*server)->execute("CREATE DATABASE IF NOT EXISTS test_db"));
  const auto port = free_port();
  PikachuProcess pikachu(
      config_text(**server, port, {{"t1", "users", "http://127.0.0.1:9/hook", ""}}));
  pikachu.start();
  ASSERT_TRUE(pikachu.wait_for_status(port, "/health/ready", 200)) << pikachu.log();

  const auto answer = http_get(port, "/metrics");

  ASSERT_TRUE(answer);
  EXPECT_EQ(families_of_program(answer->body), families_of_page());
}

}  // namespace
}  // namespace pikachu::test
