#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/scenario.h"
#include "tests/support/shortest_of_three.h"

namespace pikachu::test {
namespace {

/// A stop that takes less minded the shutdown_timeout of 1 or 2 s: the usual one is 10 s, and to
/// wait for all that is under way takes half a minute and more.
constexpr std::chrono::seconds kInTime{9};

class Shutdown : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = shared_server("mariadb-10.11");
    if (is_missing(server)) GTEST_SKIP() << "mariadb-10.11: " << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = *server;
    const auto made = server_->execute(std::vector<std::string>{
        "CREATE DATABASE IF NOT EXISTS test_db", "USE test_db",
        "DROP TABLE IF EXISTS test_db.users",
        "CREATE TABLE test_db.users (id INT PRIMARY KEY AUTO_INCREMENT, name CHAR(100))"});
    ASSERT_TRUE(made) << made.error().message;
    admin_port_ = free_port();
  }

  void configure(const std::string& extra) {
    pikachu_.emplace(
        config_text(*server_, admin_port_, {{"t1", "users", receiver_.url("/hook"), ""}}, extra));
  }
  void start() {
    pikachu_->start();
    ASSERT_TRUE(pikachu_->wait_for_status(admin_port_, "/health/ready", 200)) << pikachu_->log();
  }
  /// Waits until a thread of the program sleeps, two times one after the other. False if it ended,
  /// or that is not so after kPatience.
  bool wait_for_sleep(const std::string& thread) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (int seen = 0; seen < 2; seen = is_asleep(thread) ? seen + 1 : 0) {
      if (std::chrono::steady_clock::now() > end || pikachu_->wait(kPause)) return false;
    }
    return true;
  }
  bool is_asleep(const std::string& thread) {
    const auto threads = "/proc/" + std::to_string(pikachu_->pid()) + "/task";
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator(threads, gone)) {
      std::ifstream file(entry.path() / "stat");
      std::string line;
      std::getline(file, line);  // "17 (reader) S 1 …"
      if (line.find(" (" + thread + ") S ") != std::string::npos) return true;
    }
    return false;
  }
  void insert(std::size_t count) {
    const auto done = server_->execute(
        "INSERT INTO test_db.users (name) SELECT 'x' FROM seq_1_to_" + std::to_string(count));
    ASSERT_TRUE(done) << done.error().message;
  }
  /// Waits until so many different changes have arrived, for as long as further ones come; how many
  /// there are then.
  std::size_t wait_for_distinct(std::size_t count) const {
    std::set<std::string> ids;
    std::size_t next = 0;
    const auto has_grown = [&](const auto& requests) {
      const auto before = ids.size();
      for (; next < requests.size(); ++next) ids.insert(requests[next].header("webhook-id"));
      return ids.size() > before;
    };
    while (ids.size() < count && receiver_.wait_for(has_grown, kPatience)) {
    }
    return ids.size();
  }

  static constexpr std::chrono::milliseconds kPause{20};
  ServerProcess* server_ = nullptr;
  WebhookReceiver receiver_;
  std::uint16_t admin_port_ = 0;
  std::optional<PikachuProcess> pikachu_;
};

TEST_F(Shutdown, SigtermUnderLoadEndsInTimeAndLosesNothing) {
  configure("shutdown_timeout: 2s\n");
  start();
  insert(20'000);
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 500, kPatience)) << pikachu_->log();
  // 64 at a time: to deliver what is left would take a minute.
  ReceiverAnswer slow;
  slow.delay = std::chrono::milliseconds(200);
  receiver_.answer("/hook", slow);

  const auto begin = std::chrono::steady_clock::now();
  const auto status = pikachu_->terminate();

  EXPECT_EQ(status, 0) << pikachu_->log();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kInTime);
  EXPECT_LT(receiver_.count("/hook"), 15'000U) << "there was no load to speak of";
  receiver_.answer("/hook", ReceiverAnswer{});
  start();
  EXPECT_EQ(wait_for_distinct(20'000), 20'000U) << pikachu_->log();
}

TEST_F(Shutdown, SigtermWithAHangingEndpointEndsWithinTheTimeout) {
  ReceiverAnswer hang;
  hang.action = ReceiverAnswer::Action::kHang;
  receiver_.answer("/hook", hang);
  configure("shutdown_timeout: 1s\nlimits:\n  queue_changes: 100\n");
  start();
  insert(1'000);
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 1, kPatience)) << pikachu_->log();
  ASSERT_TRUE(pikachu_->wait_for_transactions(admin_port_, 1)) << pikachu_->log();

  const auto begin = std::chrono::steady_clock::now();
  const auto status = pikachu_->terminate();

  EXPECT_EQ(status, 0) << pikachu_->log();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kInTime);
  EXPECT_NE(pikachu_->log().find("pikachu stopped undelivered=0 waiting=1000"), std::string::npos)
      << pikachu_->log();
  receiver_.answer("/hook", ReceiverAnswer{});
  receiver_.release("/hook");
  receiver_.clear();
  start();
  EXPECT_TRUE(receiver_.wait_for_count("/hook", 1'000, kPatience)) << pikachu_->log();
}

TEST_F(Shutdown, CleanStopAndRestartRepeatsNothing) {
  configure("");
  start();
  insert(100);
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 100, kPatience)) << pikachu_->log();
  ASSERT_EQ(pikachu_->terminate(), 0) << pikachu_->log();

  start();
  insert(1);

  ASSERT_TRUE(receiver_.wait_for_count("/hook", 101, kPatience)) << pikachu_->log();
  EXPECT_EQ(receiver_.count("/hook"), 101U);
}

TEST_F(Shutdown, HealthShowsTheSavedPositionBeforeTheServerIsReached) {
  configure("");
  start();
  insert(1);
  ASSERT_TRUE(receiver_.wait_for_count("/hook", 1, kPatience)) << pikachu_->log();
  ASSERT_EQ(pikachu_->terminate(), 0) << pikachu_->log();
  const auto state = run_pikachu({"state", "show"}, kPatience, pikachu_->directory());
  auto text = config_text(*server_, admin_port_, {{"t1", "users", receiver_.url("/hook"), ""}});
  const auto port = "port: " + std::to_string(server_->port());
  text.replace(text.find(port), port.size(), "port: " + std::to_string(free_port()));
  pikachu_->write_config(text);

  pikachu_->start();

  ASSERT_TRUE(pikachu_->wait_for_status(admin_port_, "/health", 503)) << pikachu_->log();
  const auto answer = http_get(admin_port_, "/health");
  ASSERT_TRUE(answer) << pikachu_->log();
  const std::string position = nlohmann::json::parse(answer->body)["position"];
  EXPECT_FALSE(position.empty());
  EXPECT_NE(state.output.find("position:   " + position + "\n"), std::string::npos)
      << answer->body << state.output << state.errors;
}

TEST_F(Shutdown, SigtermWhileTheServerDoesNotAnswerEndsAtOnce) {
  // A port that takes connections and never says a word.
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 8), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
  auto text = config_text(*server_, admin_port_, {{"t1", "users", receiver_.url("/hook"), ""}});
  const auto port = "port: " + std::to_string(server_->port());
  text.replace(text.find(port), port.size(), "port: " + std::to_string(ntohs(address.sin_port)));
  pikachu_.emplace(text);
  // No more: a stop that gives the reader up after a second ends with status 0 as well.
  constexpr std::chrono::seconds kAtOnce{1};

  const auto took = shortest_of_three(kAtOnce, [&] {
    pikachu_->start();
    EXPECT_TRUE(pikachu_->wait_for_status(admin_port_, "/health", 503)) << pikachu_->log();
    // A stop before it waits for an answer would show nothing.
    pollfd client{listener, POLLIN, 0};
    const bool connects = ::poll(&client, 1, 30'000) == 1;
    EXPECT_TRUE(connects && wait_for_sleep("reader")) << pikachu_->log();
    const int connection = connects ? ::accept(listener, nullptr, nullptr) : -1;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(pikachu_->terminate(), 0) << pikachu_->log();
    const auto ended = std::chrono::steady_clock::now();
    ::close(connection);
    return ended - begin;
  });

  EXPECT_LT(took, kAtOnce);
  ::close(listener);
}

}  // namespace
}  // namespace pikachu::test
