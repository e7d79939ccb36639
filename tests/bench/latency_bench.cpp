// Commit to arrival: inserts rows one by one at a steady rate, and measures from just before each
// INSERT is sent until the whole webhook has arrived in this process. The insert itself is
// included.
//
//   latency_bench [KIND [COMMITS_PER_SECOND [SECONDS]]]
//
// Reference in the same run: the INSERT alone, until the server has acknowledged it.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/scenario.h"

namespace {

using namespace pikachu::test;  // NOLINT(google-build-using-namespace): a program of one file
using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& message) {
  static_cast<void>(std::fprintf(stderr, "latency_bench: %s\n", message.c_str()));
  std::exit(1);
}

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

void print(const char* what, const std::vector<double>& ms) {
  std::printf("%-28s p50 %.2f ms  p99 %.2f ms  max %.2f ms  (%zu)\n", what, percentile(ms, 0.5),
              percentile(ms, 0.99), percentile(ms, 1), ms.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc > 1 ? argv[1] : "mariadb-10.11";
  const int rate = argc > 2 ? std::stoi(argv[2]) : 200;
  const int seconds = argc > 3 ? std::stoi(argv[3]) : 20;
  auto server = ServerProcess::start(kind);
  if (!server) fail(server.error().message);
  const auto made = (*server)->execute(
      std::vector<std::string>{"CREATE DATABASE test_db",
                               "CREATE TABLE test_db.w4 (id INT PRIMARY KEY, k INT, c CHAR(120), "
                               "pad CHAR(60), ts DATETIME(6))"});
  if (!made) fail(made.error().message);
  auto connection = (*server)->connect();
  if (!connection) fail(connection.error().message);
  WebhookReceiver receiver;
  const auto port = free_port();
  PikachuProcess pikachu(config_text(**server, port, {{"bench", "w4", receiver.url("/hook"), ""}}));
  pikachu.start();
  if (!pikachu.wait_for_status(port, "/health/ready", 200)) fail(pikachu.log());

  const int commits = rate * seconds;
  std::vector<Clock::time_point> sent;
  std::vector<double> insert_ms;
  std::mutex mutex;
  std::condition_variable due;
  const auto begin = Clock::now();
  for (int id = 0; id < commits; ++id) {
    {
      std::unique_lock lock(mutex);
      due.wait_until(lock, begin + std::chrono::microseconds(1'000'000LL * id / rate),
                     [] { return false; });
    }
    sent.push_back(Clock::now());
    const auto done = connection->query("INSERT INTO test_db.w4 VALUES (" + std::to_string(id) +
                                        ", 1, REPEAT('c', 119), REPEAT('p', 59), NOW(6))");
    if (!done) fail(done.error().message);
    insert_ms.push_back(
        std::chrono::duration<double, std::milli>(Clock::now() - sent.back()).count());
  }
  if (!receiver.wait_for_count("/hook", static_cast<std::size_t>(commits), kPatience)) {
    fail(pikachu.log());
  }

  std::vector<double> arrival_ms;
  for (const auto& request : receiver.requests("/hook")) {
    const auto id = nlohmann::json::parse(request.body)["primary_id"].get<std::size_t>();
    arrival_ms.push_back(
        std::chrono::duration<double, std::milli>(request.arrived - sent[id]).count());
  }
  std::printf("%s, %d commits a second, %d s\n", kind.c_str(), rate, seconds);
  print("INSERT acknowledged (floor)", insert_ms);
  print("webhook arrived", arrival_ms);
  return 0;
}
