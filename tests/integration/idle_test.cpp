#include <chrono>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/sanitized.h"
#include "tests/support/scenario.h"
#include "tests/support/shortest_of_three.h"

namespace pikachu::test {
namespace {

/// CPU time of a process so far, user and system.
std::chrono::milliseconds cpu_time(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

long resident_kib(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  return -1;
}

TEST(Idle, ReadySoonAndCostsNextToNothing) {
  if (kSanitized) GTEST_SKIP() << "sanitizers change memory and time";
  auto server = shared_server("mariadb-10.11");
  if (is_missing(server)) GTEST_SKIP() << "mariadb-10.11: " << server.error().message;
  ASSERT_TRUE(server) << server.error().message;
  ASSERT_TRUE((*server)->execute("CREATE DATABASE IF NOT EXISTS test_db"));
  WebhookReceiver receiver;
  const auto port = free_port();
  // The limits are those of a release build; a debug build gets some room in time.
  constexpr std::chrono::milliseconds kSoon{1'000};
  std::optional<PikachuProcess> started;

  // Each start is a first one: with a directory and a server_id of its own.
  const auto ready = shortest_of_three(kSoon, [&] {
    started.emplace(config_text(**server, port, {{"t1", "users", receiver.url("/hook"), ""}}));
    const auto begin = std::chrono::steady_clock::now();
    started->start();
    EXPECT_TRUE(started->wait_for_status(port, "/health/ready", 200)) << started->log();
    return std::chrono::steady_clock::now() - begin;
  });

  EXPECT_LT(ready, kSoon);
  auto& pikachu = *started;
  const auto cpu_before = cpu_time(pikachu.pid());
  // Ten seconds without a change: a request that never comes is waited for.
  EXPECT_FALSE(receiver.wait_for_count("/hook", 1, std::chrono::seconds(10)));
  const auto cpu = cpu_time(pikachu.pid()) - cpu_before;
  EXPECT_LT(cpu, std::chrono::milliseconds(100)) << "over 1 % of a core while idle";
  EXPECT_LT(resident_kib(pikachu.pid()), 30 * 1024);
  RecordProperty(
      "ready_ms",
      std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(ready).count()));
  RecordProperty("resident_kib", std::to_string(resident_kib(pikachu.pid())));
}

}  // namespace
}  // namespace pikachu::test
