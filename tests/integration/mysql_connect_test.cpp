// Connecting to real servers: logins, TLS, refusals, and stopping while nobody answers.

#include <chrono>
#include <future>
#include <stop_token>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mysql/session.h"
#include "tests/support/server_process.h"
#include "tests/support/shortest_of_three.h"

namespace pikachu::mysql {
namespace {

using base::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::ServerProcess;

/// Whatever takes less did not wait for the timeout of 60 s, or the statement of 30 s.
constexpr std::chrono::seconds kAtOnce{10};

ConnectionOptions options_for(const ServerProcess& server) {
  ConnectionOptions options;
  options.host = server.host();
  options.port = server.port();
  options.user = server.user();
  options.password = server.password();
  options.server_id = 4711;
  options.tls.mode = TlsMode::kDisabled;
  return options;
}

// A port that takes connections and never says a word.
class BlackHole {
 public:
  BlackHole() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(fd_, generic, size), 0);
    EXPECT_EQ(::listen(fd_, 16), 0);
    EXPECT_EQ(::getsockname(fd_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~BlackHole() { ::close(fd_); }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  std::uint16_t port() const { return port_; }
  /// Whether somebody connects within half a minute.
  bool wait_for_client() const {
    pollfd client{fd_, POLLIN, 0};
    return ::poll(&client, 1, 30'000) == 1;
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

TEST(Session, StopEndsAConnectThatNobodyAnswers) {
  const BlackHole hole;
  ConnectionOptions options;
  options.port = hole.port();
  options.user = "pikachu";
  options.connect_timeout = std::chrono::seconds(60);
  std::stop_source stop;

  auto connecting = std::async(std::launch::async, [&] {
    auto session = Session::connect(options, telemetry::Logger(), stop.get_token());
    return session ? ErrorCode::kCorrupt : session.error().code;
  });
  EXPECT_TRUE(hole.wait_for_client());
  const auto asked = steady_clock::now();
  stop.request_stop();

  EXPECT_EQ(connecting.get(), ErrorCode::kCancelled);
  EXPECT_LT(steady_clock::now() - asked, kAtOnce);
}

TEST(Session, ConnectGivesUpAtItsTimeout) {
  const BlackHole hole;
  ConnectionOptions options;
  options.port = hole.port();
  options.user = "pikachu";
  options.connect_timeout = milliseconds(300);
  constexpr milliseconds kLimit{800};

  const auto took = test::shortest_of_three(kLimit, [&] {
    const auto begun = steady_clock::now();
    const auto session = Session::connect(options, telemetry::Logger(), {});
    const auto ended = steady_clock::now();

    EXPECT_FALSE(session);
    if (session) return ended - begun;
    EXPECT_EQ(session.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(session.error().message.find("300 ms"), std::string::npos) << session.error().message;
    EXPECT_GE(ended - begun, milliseconds(290));
    return ended - begun;
  });

  EXPECT_LT(took, kLimit);
}

TEST(Session, ARefusedConnectionMayMendByItself) {
  ConnectionOptions options;
  {
    const BlackHole hole;
    options.port = hole.port();
  }
  const auto session = Session::connect(options, telemetry::Logger(), {});

  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, ErrorCode::kUnavailable) << session.error().message;
}

TEST(Session, VerifyingWithoutAnAuthorityIsRefused) {
  ConnectionOptions options;
  options.tls.mode = TlsMode::kVerifyCa;
  const auto session = Session::connect(options, telemetry::Logger(), {});

  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, ErrorCode::kInvalid);
}

class SessionTo : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    auto server = test::shared_server(GetParam());
    if (test::is_missing(server)) GTEST_SKIP() << server.error().message;
    ASSERT_TRUE(server) << server.error().message;
    server_ = *server;
    options_ = options_for(*server_);
  }

  base::Result<std::unique_ptr<Session>> connect() {
    return Session::connect(options_, telemetry::Logger(), stop_.get_token());
  }
  // The outcome as text: "clear", "encrypted", or the error.
  std::string try_connect() {
    const auto session = connect();
    if (session) return (*session)->encrypted() ? "encrypted" : "clear";
    return std::string(to_string(session.error().code)) + ": " + session.error().message;
  }

  // Whether the server is seen to run the statement within half a minute.
  bool server_runs(const std::string& statement) {
    const auto deadline = steady_clock::now() + std::chrono::seconds(30);
    const std::string count =
        "SELECT COUNT(*) FROM information_schema.processlist WHERE info = '" + statement + "'";
    while (steady_clock::now() < deadline) {
      if (server_->value(count) == "1") return true;
    }
    return false;
  }

  ServerProcess* server_ = nullptr;
  ConnectionOptions options_;
  std::stop_source stop_;
};

TEST_P(SessionTo, QueriesReturnTextAndNull) {
  auto session = connect();
  ASSERT_TRUE(session) << session.error().message;
  const auto table = (*session)->query(
      "SELECT 7 AS Seven, NULL AS n, " + utf8_literal("ü'\\\n") + " AS odd, '' AS e",
      stop_.get_token());

  ASSERT_TRUE(table) << table.error().message;
  ASSERT_EQ(table->rows.size(), 1U);
  EXPECT_EQ(table->text(0, "seven"), "7");
  EXPECT_EQ(table->rows[0][1], std::nullopt);
  EXPECT_EQ(table->text(0, "odd"), "ü'\\\n");
  EXPECT_EQ(table->rows[0][3], "");
}

TEST_P(SessionTo, ConnectsThroughTheSocket) {
  options_.socket = server_->socket();
  options_.host = "nowhere.invalid";
  EXPECT_EQ(try_connect(), "clear");
}

TEST_P(SessionTo, AWrongPasswordNeedsTheOperator) {
  options_.password = "not-the-password";
  const std::string outcome = try_connect();

  EXPECT_TRUE(outcome.starts_with("invalid: ")) << outcome;
  EXPECT_NE(outcome.find("database.password"), std::string::npos) << outcome;
  EXPECT_EQ(outcome.find("not-the-password"), std::string::npos) << outcome;
}

TEST_P(SessionTo, LogsInWithAnEmptyPasswordCache) {
  ASSERT_TRUE(server_->execute("FLUSH PRIVILEGES"));
  EXPECT_EQ(try_connect(), "clear");
}

TEST_P(SessionTo, StopEndsARunningStatement) {
  auto session = connect();
  ASSERT_TRUE(session) << session.error().message;
  auto sleeping = std::async(std::launch::async, [&] {
    const auto slept = (*session)->query("SELECT SLEEP(30)", stop_.get_token());
    return slept ? ErrorCode::kCorrupt : slept.error().code;
  });
  EXPECT_TRUE(server_runs("SELECT SLEEP(30)"));
  const auto asked = steady_clock::now();
  stop_.request_stop();

  EXPECT_EQ(sleeping.get(), ErrorCode::kCancelled);
  EXPECT_LT(steady_clock::now() - asked, kAtOnce);
}

TEST_P(SessionTo, TlsIsAsStrictAsItsMode) {
  options_.tls.mode = TlsMode::kPreferred;
  if (GetParam() == "mysql-5.6") {
    // It knows TLS 1.0 only, which no library of today speaks.
    EXPECT_EQ(try_connect(), "clear");
    options_.tls.mode = TlsMode::kRequired;
    EXPECT_TRUE(try_connect().starts_with("invalid: ")) << try_connect();
    return;
  }
  EXPECT_EQ(try_connect(), "encrypted");
  options_.tls.mode = TlsMode::kRequired;
  EXPECT_EQ(try_connect(), "encrypted");
  options_.tls.ca = server_->ca();
  options_.tls.mode = TlsMode::kVerifyCa;
  EXPECT_EQ(try_connect(), "encrypted");
  options_.tls.mode = TlsMode::kVerifyIdentity;
  EXPECT_EQ(try_connect(), "encrypted");

  // 127.1 is the same host, but not a name of the certificate.
  options_.host = "127.1";
  EXPECT_TRUE(try_connect().starts_with("invalid: ")) << try_connect();
  options_.tls.mode = TlsMode::kVerifyCa;
  EXPECT_EQ(try_connect(), "encrypted");

  const test::TemporaryDirectory directory;
  test::ChildProcess openssl(
      {{"/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
        "/CN=stranger", "-keyout", "/dev/null", "-out", (directory.path() / "ca.pem").string()},
       "",
       {}});
  ASSERT_EQ(openssl.wait(std::chrono::seconds(60)), 0) << openssl.errors();
  options_.tls.ca = (directory.path() / "ca.pem").string();
  EXPECT_TRUE(try_connect().starts_with("invalid: ")) << try_connect();
}

INSTANTIATE_TEST_SUITE_P(EveryKind, SessionTo, testing::ValuesIn(test::kServerKinds),
                         [](const auto& kind) { return test::test_name(kind.param); });

TEST(Session, RequiredTlsRefusesAServerWithoutIt) {
  auto server = ServerProcess::start("mariadb-10.11", {"--skip-ssl"});
  if (test::is_missing(server)) GTEST_SKIP() << server.error().message;
  ASSERT_TRUE(server) << server.error().message;
  auto options = options_for(**server);

  options.tls.mode = TlsMode::kRequired;
  const auto required = Session::connect(options, telemetry::Logger(), {});
  ASSERT_FALSE(required);
  EXPECT_EQ(required.error().code, ErrorCode::kInvalid) << required.error().message;

  options.tls.mode = TlsMode::kPreferred;
  const auto preferred = Session::connect(options, telemetry::Logger(), {});
  ASSERT_TRUE(preferred) << preferred.error().message;
  EXPECT_FALSE((*preferred)->encrypted());
}

}  // namespace
}  // namespace pikachu::mysql
