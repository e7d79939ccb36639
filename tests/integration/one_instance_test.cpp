// One pikachu per server_id: a second one is refused and says who holds it, the first one goes on,
// and a connection that a dead pikachu left on the server is in nobody's way.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scenario.h"
#include "tests/support/shortest_of_three.h"
#include "tests/support/tcp_relay.h"

namespace pikachu::test {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

/// How long the server stays silent: a connection whose client has gone is not noticed before.
/// Whatever takes less time than this did not wait for that.
constexpr seconds kLongHeartbeat{30};
constexpr seconds kAtOnce{10};

class OneInstance : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    auto server = ServerProcess::start(GetParam());
    if (!server && server.error().code == base::ErrorCode::kUnavailable) {
      GTEST_SKIP() << GetParam() << ": " << server.error().message;
    }
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    run("CREATE DATABASE test_db");
    run("CREATE TABLE test_db.users (id INT PRIMARY KEY)");
    text_ = config_text(*server_, 0, {{"t1", "users", receiver_.url("/hook"), ""}});
    const std::string key = "server_id: ";
    const auto begin = text_.find(key) + key.size();
    server_id_ = text_.substr(begin, text_.find('\n', begin) - begin);
    first_.emplace(config(first_port_, kLongHeartbeat));
  }

  void run(std::string_view statement) {
    const auto done = server_->execute(statement);
    ASSERT_TRUE(done) << done.error().message;
  }
  void insert(int id) { run("INSERT INTO test_db.users VALUES (" + std::to_string(id) + ")"); }

  /// The one configuration of all, but for the port of the admin server.
  std::string config(std::uint16_t admin_port, seconds heartbeat,
                     std::uint16_t server_port = 0) const {
    std::string text = text_;
    const auto replace = [&](const std::string& what, const std::string& with) {
      text.replace(text.find(what), what.size(), with);
    };
    replace("  port: 0\n", "  port: " + std::to_string(admin_port) + "\n");
    replace("  database: test_db\n",
            "  database: test_db\n  heartbeat: " + std::to_string(heartbeat.count()) + "s\n");
    const std::string port = "  port: " + std::to_string(server_->port());
    if (server_port != 0) replace(port, "  port: " + std::to_string(server_port));
    return text;
  }

  static bool starts(PikachuProcess& pikachu, std::uint16_t port,
                     std::chrono::milliseconds within) {
    pikachu.start();
    return pikachu.wait_for_status(port, "/health/ready", 200, within);
  }
  /// Whether a change of the table arrives.
  bool delivers(int id) {
    insert(id);
    const std::string row = "\"primary_id\":" + std::to_string(id) + ",";
    return receiver_.wait_for(
        [&](const auto& requests) {
          return !requests.empty() && requests.back().body.find(row) != std::string::npos;
        },
        kPatience);
  }
  /// Lines of a log that begin behind its time with `text`.
  static std::string line_with(const std::string& log, std::string_view text) {
    const auto at = log.find(text);
    return at == std::string::npos ? log : log.substr(at, log.find('\n', at) - at);
  }
  static std::size_t count(const std::string& log, std::string_view text) {
    std::size_t found = 0;
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++found;
    return found;
  }
  /// The connection that streams: its number, and the address of its client.
  std::pair<std::string, std::string> dump_connection() const {
    const auto rows = server_->query("SHOW PROCESSLIST");
    if (rows) {
      for (const auto& row : *rows) {
        if (row[4]->starts_with("Binlog Dump")) return {*row[0], *row[2]};
      }
    }
    return {"none", "none"};
  }

  /// What each try of a handover begins with: nothing is left of the one before, and the first one
  /// streams.
  void begin_handover(std::optional<PikachuProcess>& second, int row) {
    second.reset();
    end_connections();
    EXPECT_TRUE(starts(*first_, first_port_, kPatience)) << first_->log();
    EXPECT_TRUE(delivers(row)) << first_->log();
  }
  /// Ends what connections a pikachu that was killed has left; some may go by themselves meanwhile.
  void end_connections() const {
    const auto rows = server_->query("SHOW PROCESSLIST");
    ASSERT_TRUE(rows) << rows.error().message;
    for (const auto& row : *rows) {
      if (row[1] == server_->user()) static_cast<void>(server_->execute("KILL " + *row[0]));
    }
  }

  std::unique_ptr<ServerProcess> server_;
  WebhookReceiver receiver_;
  std::string text_;
  std::string server_id_;
  const std::uint16_t first_port_ = free_port();
  const std::uint16_t second_port_ = free_port();
  std::optional<PikachuProcess> first_;
};

constexpr std::string_view kWaits = "Another connection holds database.server_id";

TEST_P(OneInstance, SecondIsRefusedWithWhoHoldsTheServerIdAndTheFirstGoesOn) {
  ASSERT_TRUE(starts(*first_, first_port_, kPatience)) << first_->log();
  ASSERT_TRUE(delivers(1)) << first_->log();
  const auto [id, address] = dump_connection();

  // It says that it waits after a second, if it still has time then: it waits three heartbeats.
  PikachuProcess second(config(second_port_, seconds(3)));
  second.start();
  EXPECT_EQ(second.wait(kPatience), 1) << second.log();

  EXPECT_EQ(line_with(second.log(), "pikachu ends: "),
            "pikachu ends: pikachu@127.0.0.1:" + std::to_string(server_->port()) +
                ": database.server_id " + server_id_ + " is in use: connection " + id +
                " of user pikachu from " + address +
                " holds it, so another pikachu streams with it; stop that one, or give this one "
                "another database.server_id; if the machine that held it is dead, end its "
                "connection on the server: KILL " +
                id + "; code=invalid")
      << second.log();
  EXPECT_EQ(count(second.log(), kWaits), 1U) << second.log();
  EXPECT_EQ(dump_connection().first, id) << first_->log();
  EXPECT_TRUE(delivers(2)) << first_->log();
  EXPECT_EQ(count(first_->log(), "Streaming the binlog."), 1U) << first_->log();
}

TEST_P(OneInstance, RestartAfterKillStreamsAtOnce) {
  ASSERT_TRUE(starts(*first_, first_port_, kPatience)) << first_->log();
  ASSERT_TRUE(delivers(1)) << first_->log();
  for (int i = 2; i < 5; ++i) {
    first_->kill();

    const auto begin = steady_clock::now();
    EXPECT_TRUE(starts(*first_, first_port_, kAtOnce)) << first_->log();
    const std::chrono::duration<double, std::milli> took = steady_clock::now() - begin;

    RecordProperty("ready_after_ms_" + std::to_string(i), static_cast<int>(took.count()));
    EXPECT_EQ(count(first_->log(), kWaits), 0U) << first_->log();
    EXPECT_TRUE(delivers(i)) << first_->log();
  }
}

TEST_P(OneInstance, RestartDoesNotWaitForAConnectionWhoseMachineIsDead) {
  TcpRelay relay(server_->port());
  first_->write_config(config(first_port_, kLongHeartbeat, relay.port()));
  ASSERT_TRUE(starts(*first_, first_port_, kPatience)) << first_->log();
  ASSERT_TRUE(delivers(1)) << first_->log();
  relay.freeze();
  first_->kill();

  first_->write_config(config(first_port_, kLongHeartbeat));
  EXPECT_TRUE(starts(*first_, first_port_, kAtOnce)) << first_->log();

  EXPECT_TRUE(delivers(2)) << first_->log();
}

TEST_P(OneInstance, ReconnectDoesNotWaitForAConnectionThatFellSilent) {
  TcpRelay relay(server_->port());
  TcpRelay other(server_->port());
  const std::string hosts = "['127.0.0.1:" + std::to_string(relay.port()) +
                            "', '127.0.0.1:" + std::to_string(other.port()) + "']";
  auto text = config(first_port_, seconds(1));
  text.replace(text.find("127.0.0.1"), 9, hosts + "\n  connect_timeout: 5s");
  first_->write_config(text);
  ASSERT_TRUE(starts(*first_, first_port_, kPatience)) << first_->log();
  ASSERT_TRUE(delivers(1)) << first_->log();
  const auto before = dump_connection().first;
  relay.freeze();

  EXPECT_TRUE(delivers(2)) << first_->log();

  EXPECT_NE(dump_connection().first, before);
  EXPECT_EQ(count(first_->log(), kWaits), 0U) << first_->log();
}

// To give the server_id back takes a second at most, or is left undone: a machine that stood still
// meanwhile is not to blame for that three times.
TEST_P(OneInstance, ServerIdIsFreeAfterAStop) {
  std::optional<PikachuProcess> second;
  int row = 0;
  const auto took = shortest_of_three(kAtOnce, [&]() -> steady_clock::duration {
    begin_handover(second, ++row);
    EXPECT_EQ(first_->terminate(), 0) << first_->log();

    second.emplace(config(second_port_, kLongHeartbeat));
    const auto begin = steady_clock::now();
    const bool is_ready = starts(*second, second_port_, kAtOnce);
    const bool waited = count(second->log(), kWaits) > 0;
    return is_ready && !waited ? steady_clock::now() - begin : kAtOnce;
  });

  EXPECT_LT(took, kAtOnce) << second->log();
  EXPECT_TRUE(delivers(++row)) << second->log();
}

TEST_P(OneInstance, SecondStreamsWhenTheFirstEndsInTime) {
  std::optional<PikachuProcess> second;
  int row = 0;
  const auto took = shortest_of_three(kAtOnce, [&]() -> steady_clock::duration {
    begin_handover(second, ++row);
    second.emplace(config(second_port_, kLongHeartbeat));
    second->start();
    EXPECT_TRUE(second->wait_for_log(kWaits, kPatience)) << second->log();

    const auto begin = steady_clock::now();
    EXPECT_EQ(first_->terminate(), 0) << first_->log();
    const bool is_ready = second->wait_for_status(second_port_, "/health/ready", 200, kAtOnce);
    return is_ready ? steady_clock::now() - begin : kAtOnce;
  });

  EXPECT_LT(took, kAtOnce) << second->log();
  EXPECT_TRUE(delivers(++row)) << second->log();
}

TEST_P(OneInstance, StopEndsTheWaitAtOnce) {
  ASSERT_TRUE(starts(*first_, first_port_, kPatience)) << first_->log();
  PikachuProcess second(config(second_port_, kLongHeartbeat));
  second.start();
  ASSERT_TRUE(second.wait_for_log(kWaits, kPatience)) << second.log();

  EXPECT_EQ(second.terminate(kAtOnce), 0) << second.log();
}

TEST_P(OneInstance, CopyOfTheStateDirectoryIsAnotherInstance) {
  ASSERT_TRUE(starts(*first_, first_port_, kPatience)) << first_->log();
  ASSERT_TRUE(delivers(1)) << first_->log();
  PikachuProcess second(config(second_port_, seconds(1)));
  std::filesystem::copy(first_->directory() / "data", second.directory() / "data");

  second.start();
  EXPECT_EQ(second.wait(kPatience), 1) << second.log();

  EXPECT_NE(second.log().find("is in use"), std::string::npos) << second.log();
  EXPECT_TRUE(delivers(2)) << first_->log();
  EXPECT_EQ(count(first_->log(), "Streaming the binlog."), 1U) << first_->log();
}

INSTANTIATE_TEST_SUITE_P(Servers, OneInstance, ::testing::ValuesIn(kServerKinds),
                         [](const auto& kind) { return test_name(kind.param); });

}  // namespace
}  // namespace pikachu::test
