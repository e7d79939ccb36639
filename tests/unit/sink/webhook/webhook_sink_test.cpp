#include "sink/webhook/webhook_sink.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "tests/unit/sink/webhook/sink_fixture.h"

namespace pikachu::sink::webhook {
namespace {

using std::chrono::milliseconds;
using Ids = std::vector<std::string>;

TEST_F(WebhookSinkTest, RequestIsExactlyWhatTheContractSays) {
  HttpFixture server([](const SeenRequest&) { return Answer::reply(204); });
  auto options = endpoint(server.url() + "?token=1", "user_monitor");
  options.headers = {{"X-Team", "blue"}, {"X-Empty", ""}};
  options.bearer_token = "s3cret";
  make_sink({options});
  const std::string body = std::string("{\"a\":\"\\u0000\xC3\xA9\"}") + std::string(1, '\0') + "x";

  const auto before = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  submit("0-1-42-0", 1, 1, 0, body);
  finish();
  const auto after = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());

  ASSERT_EQ(server.requests().size(), 1U);
  const auto request = server.requests()[0];
  EXPECT_EQ(request.line, "POST /hook?token=1 HTTP/1.1");
  EXPECT_EQ(request.body, body);
  const auto timestamp = std::stol(request.header("webhook-timestamp"));
  EXPECT_GE(timestamp, before);
  EXPECT_LE(timestamp, after);
  auto lines = request.header_lines;
  std::sort(lines.begin(), lines.end());
  const std::string host = server.url().substr(7, server.url().find("/hook") - 7);
  Ids expected{"Host: " + host,
               "User-Agent: pikachu/test",
               "Accept: */*",
               "Content-Length: " + std::to_string(body.size()),
               "Content-Type: application/json",
               "webhook-id: 0-1-42-0",
               "webhook-timestamp: " + std::to_string(timestamp),
               "pikachu-task: user_monitor",
               "pikachu-attempt: 1",
               "X-Team: blue",
               "X-Empty:",
               "Authorization: Bearer s3cret"};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(lines, expected);
}

TEST_F(WebhookSinkTest, ConnectionIsKeptAliveBetweenRequests) {
  HttpFixture server([](const SeenRequest&) { return Answer::reply(200, {}, "thanks"); });
  make_sink({endpoint(server.url())});
  for (int i = 0; i < 20; ++i) submit(std::to_string(i), 1);
  finish();

  ASSERT_EQ(server.requests().size(), 20U);
  EXPECT_EQ(server.requests().back().connection, 1);
}

TEST_F(WebhookSinkTest, LargeBodyArrivesWhole) {
  HttpFixture server([](const SeenRequest&) { return Answer::reply(200); });
  make_sink({endpoint(server.url())});
  std::string body(5'000'000, 'x');
  for (std::size_t i = 0; i < body.size(); i += 1'000) body[i] = static_cast<char>('a' + i % 26);
  submit("large", 1, 1, 0, body);
  finish();

  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_TRUE(server.requests()[0].body == body);
}

TEST_F(WebhookSinkTest, KeyKeepsItsOrderThroughFailures) {
  std::atomic<int> count{0};
  HttpFixture server([&](const SeenRequest&) {
    return Answer::reply(++count % 3 == 0 ? 200 : 500);  // Two failures before each success.
  });
  auto options = endpoint(server.url());
  options.max_in_flight = 1;  // So that the n-th request is the n-th here too.
  make_sink({options});
  for (int i = 0; i < 6; ++i) submit("k1-" + std::to_string(i), 1);
  finish();

  Ids expected;
  for (int i = 0; i < 6; ++i) {
    for (int attempt = 0; attempt < 3; ++attempt) expected.push_back("k1-" + std::to_string(i));
  }
  EXPECT_EQ(ids(server.requests()), expected);
  EXPECT_EQ(server.requests()[2].header("pikachu-attempt"), "3");
}

TEST_F(WebhookSinkTest, ManyKeysKeepTheirOrderUnderRandomFailures) {
  std::atomic<unsigned> count{0};
  HttpFixture server([&](const SeenRequest&) {
    const auto n = ++count;
    if (n % 7 == 0) return Answer::reply(503);
    if (n % 11 == 0) return Answer::reset();
    return Answer::reply(200);
  });
  make_sink({endpoint(server.url())}, 2);
  for (int i = 0; i < 400; ++i) {
    const auto key = static_cast<std::uint64_t>(i % 10);
    submit(std::to_string(key) + "-" + std::to_string(1'000 + i), key);
  }
  finish();

  // Repetitions apart, the ids of a key must come in order.
  std::map<char, std::string> last;
  std::set<std::string> seen;
  for (const auto& id : ids(server.requests())) {
    EXPECT_GE(id, last[id[0]]);
    last[id[0]] = id;
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 400U);
}

TEST_F(WebhookSinkTest, KeysGoSideBySide) {
  Gate gate;
  HttpFixture server([&](const SeenRequest&) {
    gate.wait();
    return Answer::reply(200);
  });
  make_sink({endpoint(server.url())});
  for (std::uint64_t key = 0; key < 8; ++key) submit(std::to_string(key), key);

  EXPECT_TRUE(server.wait_for(8));  // All of them while none is answered.
  gate.open();
  finish();
}

TEST_F(WebhookSinkTest, NoMoreThanMaxInFlightAtATime) {
  std::atomic<int> busy{0};
  std::atomic<int> most{0};
  HttpFixture server([&](const SeenRequest&) {
    const int now = ++busy;
    int before = most;
    while (before < now && !most.compare_exchange_weak(before, now)) {
    }
    --busy;
    return Answer::reply(200);
  });
  auto options = endpoint(server.url());
  options.max_in_flight = 3;
  make_sink({options});
  for (std::uint64_t key = 0; key < 200; ++key) submit(std::to_string(key), key);
  finish();

  EXPECT_LE(most, 3);
}

TEST_F(WebhookSinkTest, UpdateOfThePrimaryKeyWaitsForBothRows) {
  Gate gate;
  HttpFixture server([&](const SeenRequest& request) {
    if (request.header("webhook-id") == "b") gate.wait();
    return Answer::reply(200);
  });
  make_sink({endpoint(server.url())});
  submit("a", 1);
  submit("b", 2);
  submit("move", 1, 2);
  submit("after", 1);
  submit("other", 3);
  ASSERT_TRUE(server.wait_for(3));  // a, b, other
  gate.open();
  finish();

  auto seen = ids(server.requests());
  std::sort(seen.begin(), seen.begin() + 3);
  EXPECT_EQ(seen, (Ids{"a", "b", "other", "move", "after"}));
}

TEST_F(WebhookSinkTest, TableOrderSendsOneAtATime) {
  std::atomic<int> busy{0};
  std::atomic<bool> overlapped{false};
  HttpFixture server([&](const SeenRequest&) {
    if (++busy > 1) overlapped = true;
    --busy;
    return Answer::reply(200);
  });
  auto options = endpoint(server.url());
  options.order = Order::kTable;
  make_sink({options});
  Ids expected;
  for (std::uint64_t key = 0; key < 50; ++key) {
    submit(std::to_string(key), key);
    expected.push_back(std::to_string(key));
  }
  finish();

  EXPECT_EQ(ids(server.requests()), expected);
  EXPECT_FALSE(overlapped);
}

TEST_F(WebhookSinkTest, HungEndpointDelaysOnlyItsOwnTask) {
  HttpFixture hung([](const SeenRequest&) { return Answer::hang(); });
  HttpFixture healthy([](const SeenRequest&) { return Answer::reply(200); });
  make_sink({endpoint(hung.url(), "hung"), endpoint(healthy.url(), "healthy")});
  for (std::uint64_t key = 0; key < 100; ++key) submit(std::to_string(key), key);
  for (std::uint64_t key = 0; key < 300; ++key) {
    submit(std::to_string(key), key, key, 1);
  }

  EXPECT_TRUE(wait_for_unsettled(100));
  EXPECT_EQ(healthy.requests().size(), 300U);
  sink_->close(milliseconds(0));
}

TEST_F(WebhookSinkTest, HungEndpointsCannotTakeAllConnections) {
  HttpFixture hung([](const SeenRequest&) { return Answer::hang(); });
  HttpFixture healthy([](const SeenRequest&) { return Answer::reply(200); });
  WebhookOptions options;
  options.endpoints = {endpoint(hung.url(), "a"), endpoint(hung.url(), "b"),
                       endpoint(healthy.url(), "c")};
  options.max_connections = 12;
  sink_ = std::make_unique<WebhookSink>(options, dead_letters_, telemetry::Logger{}, registry_);
  for (std::uint64_t key = 0; key < 50; ++key) {
    submit(std::to_string(key), key, key, 0);
    submit(std::to_string(key), key, key, 1);
  }
  ASSERT_TRUE(hung.wait_for(10));
  for (std::uint64_t key = 0; key < 50; ++key) submit(std::to_string(key), key, key, 2);

  EXPECT_TRUE(healthy.wait_for(50));
  EXPECT_EQ(hung.requests().size(), 10U);
  sink_->close(milliseconds(0));
}

TEST_F(WebhookSinkTest, CloseLeavesUnsettledWhatCannotBeDone) {
  HttpFixture hung([](const SeenRequest&) { return Answer::hang(); });
  auto& sink = make_sink({endpoint(hung.url())});
  submit("1", 1);
  ASSERT_TRUE(hung.wait_for(1));

  const auto begin = std::chrono::steady_clock::now();
  sink.close(milliseconds(300));
  const auto took = std::chrono::steady_clock::now() - begin;

  EXPECT_GE(took, milliseconds(300));
  // To wait for the request would take its timeout, half a minute.
  EXPECT_LT(took, std::chrono::seconds(10));
  EXPECT_EQ(acks_.unsettled(), 1U);
  const std::stop_source never;
  const auto late = sink.submit(delivery("2", 2, 2, 0, "{}"), never.get_token());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, base::ErrorCode::kCancelled);
}

TEST_F(WebhookSinkTest, CloseDoesNotWaitForAnAttemptThatComesTooLate) {
  HttpFixture server([](const SeenRequest&) { return Answer::reply(500); });
  auto options = endpoint(server.url());
  options.retry_first = options.retry_cap = std::chrono::hours(1);
  auto& sink = make_sink({options});
  submit("1", 1);
  ASSERT_TRUE(server.wait_for(1));

  const auto begin = std::chrono::steady_clock::now();
  sink.close(kLong);

  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_EQ(acks_.unsettled(), 1U);
}

TEST_F(WebhookSinkTest, StatusSaysHowEachTaskDoes) {
  HttpFixture bad([](const SeenRequest&) { return Answer::reply(503); });
  HttpFixture good([](const SeenRequest&) { return Answer::reply(200); });
  make_sink({endpoint(bad.url(), "bad"), endpoint(good.url(), "good")}, 2);
  submit("1", 1, 1, 0);
  submit("2", 2, 2, 1);
  ASSERT_TRUE(wait_for_failures(7));
  ASSERT_TRUE(wait_for_unsettled(1));
  sink_->close(milliseconds(0));

  const auto status = sink_->status();
  ASSERT_EQ(status.size(), 2U);
  EXPECT_EQ(status[0].task_id, "bad");
  EXPECT_EQ(status[0].queued, 1U);
  EXPECT_EQ(status[0].delivered, 0U);
  EXPECT_GE(status[0].failed_attempts, 7U);
  EXPECT_TRUE(status[0].breaker_is_open);
  EXPECT_EQ(status[0].last_error, "HTTP 503");
  EXPECT_EQ(status[1].task_id, "good");
  EXPECT_EQ(status[1].queued, 0U);
  EXPECT_EQ(status[1].delivered, 1U);
  EXPECT_FALSE(status[1].breaker_is_open);
  EXPECT_EQ(status[1].last_error, "");
}

TEST_F(WebhookSinkTest, RefusesEndpointsThatCannotBe) {
  const auto make = [&](const std::function<void(EndpointOptions&)>& change) {
    auto options = endpoint("http://127.0.0.1:1/hook");
    change(options);
    make_sink({options});
  };
  EXPECT_THROW(make([](auto& o) { o.url = "nowhere"; }), std::runtime_error);
  EXPECT_THROW(make([](auto& o) { o.headers = {{"X-A", "1\r\nX-B: 2"}}; }), std::runtime_error);
  EXPECT_THROW(make([](auto& o) { o.headers = {{"X A", "1"}}; }), std::runtime_error);
  EXPECT_THROW(make([](auto& o) { o.headers = {{"Webhook-Id", "1"}}; }), std::runtime_error);
  EXPECT_THROW(make([](auto& o) { o.headers = {{"content-length", "1"}}; }), std::runtime_error);
  EXPECT_THROW(make([](auto& o) { o.bearer_token = "abc\n"; }), std::runtime_error);
  EXPECT_THROW(make([](auto& o) {
                 o.headers = {{"Content-Type", "text/plain"}};
               }),
               std::runtime_error);
}

TEST_F(WebhookSinkTest, MetricsCarryTheTask) {
  HttpFixture server([](const SeenRequest&) { return Answer::reply(200); });
  make_sink({endpoint(server.url(), "users")});
  submit("1", 1);
  finish();

  const auto text = telemetry::to_prometheus_text(registry_);
  for (const auto* const line :
       {R"(pikachu_webhook_attempts_total{outcome="delivered",task_id="users"} 1)",
        R"(pikachu_webhook_attempts_total{outcome="change",task_id="users"} 0)",
        R"(pikachu_webhook_attempt_duration_seconds_count{task_id="users"} 1)",
        R"(pikachu_webhook_delivered_total{task_id="users"} 1)",
        R"(pikachu_webhook_dead_letters_total{task_id="users"} 0)",
        R"(pikachu_webhook_queue_changes{task_id="users"} 0)",
        R"(pikachu_webhook_queue_bytes{task_id="users"} 0)",
        R"(pikachu_webhook_queue_capacity{task_id="users"} 8192)",
        R"(pikachu_webhook_in_flight{task_id="users"} 0)",
        R"(pikachu_webhook_endpoint_state{task_id="users"} 0)"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\nin\n" << text;
  }
}

}  // namespace
}  // namespace pikachu::sink::webhook
