#include "admin/admin_server.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <ifaddrs.h>
#include <nlohmann/json.hpp>

namespace pikachu::admin {
namespace {

AdminOptions local(std::string health_path = "/health") {
  return {true, "127.0.0.1", 0, std::move(health_path)};
}

class AdminServerTest : public testing::Test {
 protected:
  void start(AdminOptions options = local()) {
    server = std::make_unique<AdminServer>(
        std::move(options), health, registry, [this] { return tasks; }, "2.0.0",
        telemetry::Logger());
    const auto started = server->start();
    ASSERT_TRUE(started) << started.error().message;
    ASSERT_NE(server->port(), 0);
  }

  httplib::Response get(const std::string& path, const httplib::Headers& headers = {}) {
    return answer_of(client().Get(path, headers));
  }
  httplib::Client client() const { return httplib::Client("127.0.0.1", server->port()); }

  static httplib::Response answer_of(const httplib::Result& result) {
    EXPECT_TRUE(result) << httplib::to_string(result.error());
    return result ? *result : httplib::Response();
  }

  void set_up() {
    health.set_monitor_running(true);
    health.set_dispatcher_running(true);
    health.set_stream_connected(true);
  }

  telemetry::HealthBoard health;
  telemetry::Registry registry;
  std::string tasks = R"([{"task_id":"t1"},{"task_id":"t2"}])";
  std::unique_ptr<AdminServer> server;
};

TEST_F(AdminServerTest, AnswersDownWithAReasonWhileTheSourceIsStillConnecting) {
  start();
  health.set_monitor_running(true);
  health.set_dispatcher_running(true);
  health.set_stream_connected(false, "cannot connect to db1:3306");

  const auto response = get("/health");

  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.get_header_value("Content-Type"), "application/json");
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body.at("status"), "DOWN");
  EXPECT_EQ(body.at("problem"), "cannot connect to db1:3306");
  EXPECT_EQ(body.at("last_event_time"), "0001-01-01T00:00:00Z");
}

TEST_F(AdminServerTest, AnswersUpWithStatus200) {
  start();
  set_up();
  const auto response = get("/health");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.get_header_value("Content-Type"), "application/json");
  EXPECT_TRUE(response.body.starts_with(R"({"status":"UP","monitor_running":true,)"))
      << response.body;
}

TEST_F(AdminServerTest, IsDownAndNotReadyButLiveWhenTheStreamIsSilent) {
  start();
  set_up();
  health.set_stream_deadline(std::chrono::milliseconds(1));
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(3);
  while (std::chrono::steady_clock::now() < end) std::this_thread::yield();

  EXPECT_EQ(get("/health").status, 503);
  EXPECT_EQ(get("/health/live").status, 200);
  const auto ready = get("/health/ready");
  EXPECT_EQ(ready.status, 503);
  EXPECT_NE(ready.body.find("silent"), std::string::npos) << ready.body;
}

TEST_F(AdminServerTest, IsNotLiveBeforeTheThreadsRun) {
  start();
  const auto response = get("/health/live");
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("the reader is not running"), std::string::npos) << response.body;
}

TEST_F(AdminServerTest, HealthPathIsTakenLiterally) {
  start(local("/status.(x)"));
  set_up();
  EXPECT_EQ(get("/status.(x)").status, 200);
  EXPECT_EQ(get("/status.x").status, 404);
  EXPECT_EQ(get("/statusAx").status, 404);
  EXPECT_EQ(get("/health").status, 404);
  EXPECT_EQ(get("/health/ready").status, 200);
}

TEST_F(AdminServerTest, MetricsArePrometheusText) {
  start();
  set_up();
  for (const auto* accept : {"", "*/*", "application/openmetrics-text,text/plain;version=0.0.4"}) {
    const auto response = get("/metrics", {{"Accept", accept}});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.get_header_value("Content-Type"),
              "text/plain; version=0.0.4; charset=utf-8");
    for (const auto* line : {"pikachu_build_info{version=\"2.0.0\"} 1\n", "pikachu_admin_up 1\n",
                             "pikachu_admin_stream_connected 1\n", "process_cpu_seconds_total "}) {
      EXPECT_NE(response.body.find(line), std::string::npos) << response.body;
    }
  }
}

TEST_F(AdminServerTest, MetricsAreTheOriginalsObjectForClientsThatAcceptJson) {
  start();
  const auto response = get("/metrics", {{"Accept", "application/json"}});
  EXPECT_EQ(response.get_header_value("Content-Type"), "application/json");
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body.at("task_count"), 2);
  EXPECT_EQ(body.at("tasks").at(1).at("task_id"), "t2");
  EXPECT_EQ(body.at("monitor_running"), false);
}

TEST_F(AdminServerTest, ResidentMemoryIsThatOfThisProcess) {
  start();
  const auto body = get("/metrics").body;
  const std::string name = "\nprocess_resident_memory_bytes ";
  const auto at = body.find(name);
  ASSERT_NE(at, std::string::npos);
  EXPECT_GT(std::stod(body.substr(at + name.size())), 1e6);
}

TEST_F(AdminServerTest, UnknownPathsListTheKnownOnes) {
  start();
  const auto response = get("/");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(nlohmann::json::parse(response.body).at("paths"),
            nlohmann::json({"/health", "/health/live", "/health/ready", "/metrics"}));
}

TEST_F(AdminServerTest, HeadHasHeadersAndNoBody) {
  start();
  const auto response = answer_of(client().Head("/health"));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "");
  EXPECT_NE(response.get_header_value("Content-Length"), "0");
}

TEST_F(AdminServerTest, OtherMethodsAreNotAllowed) {
  start();
  for (const auto& result : {client().Post("/health", "x", "text/plain"),
                             client().Delete("/metrics"), client().Put("/", "x", "text/plain")}) {
    const auto response = answer_of(result);
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.get_header_value("Allow"), "GET, HEAD");
  }
}

TEST_F(AdminServerTest, PortInUseIsRefusedWithItsNumberAndTheRemedy) {
  start();
  auto options = local();
  options.port = server->port();
  telemetry::Registry other_registry;
  AdminServer second(options, health, other_registry, {}, "2.0.0", {});

  const auto started = second.start();

  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, base::ErrorCode::kInvalid);
  for (const auto& part : {std::to_string(options.port), std::string("server.port")}) {
    EXPECT_NE(started.error().message.find(part), std::string::npos) << started.error().message;
  }
  second.stop();
}

TEST_F(AdminServerTest, HostThatIsNotThisMachineIsRefused) {
  // 192.0.2.0/24 is for documentation: RFC 5737.
  AdminServer foreign({true, "192.0.2.1", 0, "/health"}, health, registry, {}, "2.0.0", {});
  const auto started = foreign.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, base::ErrorCode::kInvalid);
  EXPECT_NE(started.error().message.find("192.0.2.1"), std::string::npos);
  EXPECT_NE(started.error().message.find("server.host"), std::string::npos);
}

TEST_F(AdminServerTest, MoreClientsThanThreadsAreAllAnswered) {
  start();
  std::vector<std::jthread> clients;
  clients.reserve(8);
  std::atomic<int> answered{0};
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      auto own = client();
      own.set_keep_alive(true);
      for (int j = 0; j < 5; ++j) {
        const auto result = own.Get(i % 2 == 0 ? "/metrics" : "/health");
        if (result && !result->body.empty()) ++answered;
      }
    });
  }
  clients.clear();
  EXPECT_EQ(answered, 40);
}

TEST_F(AdminServerTest, StopsAndStartsAgainManyTimes) {
  for (int i = 0; i < 50; ++i) {
    telemetry::Registry own_registry;
    AdminServer one(local(), health, own_registry, {}, "2.0.0", {});
    ASSERT_TRUE(one.start());
    one.stop();
    one.stop();
  }
}

TEST_F(AdminServerTest, StopWithoutStartDoesNothing) {
  AdminServer idle(local(), health, registry, {}, "2.0.0", {});
  idle.stop();
}

TEST_F(AdminServerTest, TasksThatTakeLongHoldUpNoOtherMetrics) {
  std::latch asked(1);
  std::latch answered(1);
  server = std::make_unique<AdminServer>(
      local(), health, registry,
      [&]() -> std::string {
        asked.count_down();
        answered.wait();
        return "[]";
      },
      "2.0.0", telemetry::Logger());
  ASSERT_TRUE(server->start());
  std::jthread slow([&] { get("/metrics", {{"Accept", "application/json"}}); });
  asked.wait();

  const auto response = get("/metrics");
  answered.count_down();

  EXPECT_EQ(response.status, 200);
}

TEST_F(AdminServerTest, FailureOfTheTasksIsAnsweredWith500) {
  server = std::make_unique<AdminServer>(
      local("/up"), health, registry,
      []() -> std::string { throw std::runtime_error("secret detail"); }, "2.0.0",
      telemetry::Logger());
  ASSERT_TRUE(server->start());
  const auto response = get("/metrics", {{"Accept", "application/json"}});
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(response.body).at("paths").at(0), "/up");
  EXPECT_EQ(get("/metrics").status, 200);
}

class AdminApiTest : public AdminServerTest {
 protected:
  void start_api(const std::string& host = "127.0.0.1") {
    server = std::make_unique<AdminServer>(
        AdminOptions{true, host, 0, "/health"}, health, registry, [] { return "[]"; }, "2.0.0",
        telemetry::Logger());
    server->set_api([this](const ApiRequest& request) {
      asked.push_back(request);
      return ApiReply{201, R"({"a":1})"};
    });
    ASSERT_TRUE(server->start());
  }
  httplib::Response post(const httplib::Headers& headers, const std::string& type) {
    return answer_of(client().Post("/api/x/retry", headers, R"({"all":true})", type));
  }

  std::vector<ApiRequest> asked;
};

TEST_F(AdminApiTest, HandsOnPathParametersAndBody) {
  start_api();
  const auto listed = get("/api/x%2Fy/z?task=a%20b&after=7&task=c");
  EXPECT_EQ(listed.status, 201);
  EXPECT_EQ(listed.body, "{\"a\":1}\n");
  EXPECT_EQ(listed.get_header_value("Content-Type"), "application/json");
  EXPECT_EQ(post({}, "application/json").status, 201);
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(asked[0].method, "GET");
  EXPECT_EQ(asked[0].path, "/api/x/y/z");
  EXPECT_EQ(asked[0].parameters.at("task"), "a b");
  EXPECT_EQ(asked[0].parameters.at("after"), "7");
  EXPECT_EQ(asked[1].method, "POST");
  EXPECT_EQ(asked[1].path, "/api/x/retry");
  EXPECT_EQ(asked[1].body, R"({"all":true})");
}

TEST_F(AdminApiTest, WebPagesAndOtherTypesAndMethodsAreRefused) {
  start_api();
  EXPECT_EQ(post({{"Origin", "http://evil.example"}}, "application/json").status, 403);
  EXPECT_EQ(post({}, "text/plain").status, 415);
  EXPECT_EQ(answer_of(client().Delete("/api/x")).status, 405);
  EXPECT_EQ(answer_of(client().Put("/api/x", "{}", "application/json")).status, 405);
  EXPECT_TRUE(asked.empty());
}

TEST_F(AdminApiTest, ClientsThatAreNotOnThisMachineAreRefused) {
  start_api("0.0.0.0");
  // Any address of this machine but loopback: the kernel takes it as the sender's too.
  ifaddrs* all = nullptr;
  ASSERT_EQ(::getifaddrs(&all), 0);
  std::string address;
  for (const auto* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    sockaddr_in in{};
    std::memcpy(&in, one->ifa_addr, sizeof in);
    ::inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
    if (!std::string(text.data()).starts_with("127.")) address = text.data();
  }
  ::freeifaddrs(all);
  if (address.empty()) GTEST_SKIP() << "this machine has no address but loopback";

  httplib::Client remote(address, server->port());
  EXPECT_EQ(answer_of(remote.Get("/api/x")).status, 403);
  EXPECT_EQ(answer_of(remote.Post("/api/x", "{}", "application/json")).status, 403);
  EXPECT_EQ(answer_of(remote.Get("/health")).status, 503);
  EXPECT_TRUE(asked.empty());
}

TEST_F(AdminApiTest, BodyThatIsTooLargeIsRefused) {
  start_api();
  const std::string large((1U << 20U) + 1, ' ');
  EXPECT_EQ(answer_of(client().Post("/api/x", large, "application/json")).status, 413);
  EXPECT_TRUE(asked.empty());
}

TEST_F(AdminServerTest, WithoutAnApiItsPathsAreUnknown) {
  start();
  EXPECT_EQ(get("/api/deadletters").status, 404);
}

}  // namespace
}  // namespace pikachu::admin
