#include <atomic>

#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/sanitized.h"
#include "tests/unit/sink/webhook/sink_fixture.h"

namespace pikachu::sink::webhook {
namespace {

using std::chrono::milliseconds;
using Ids = std::vector<std::string>;

class WebhookFailures : public WebhookSinkTest {};

TEST_F(WebhookFailures, RefusedChangeBecomesADeadLetterAfterItsRetries) {
  HttpFixture server([](const SeenRequest& request) {
    return request.header("webhook-id") == "bad" ? Answer::reply(422, {}, "no such field")
                                                 : Answer::reply(200);
  });
  auto options = endpoint(server.url());
  options.max_retries = 2;
  make_sink({options});
  submit("bad", 1, 1, 0, R"({"primary_id":1})");
  submit("next", 1);
  finish();

  EXPECT_EQ(ids(server.requests()), (Ids{"bad", "bad", "bad", "next"}));
  ASSERT_EQ(dead_letters_.letters().size(), 1U);
  const auto letter = dead_letters_.letters()[0];
  EXPECT_EQ(letter.task_id, "t1");
  EXPECT_EQ(letter.id, "bad");
  EXPECT_EQ(letter.body, R"({"primary_id":1})");
  EXPECT_EQ(letter.attempts, 3U);
  EXPECT_EQ(letter.last_status, 422);
  EXPECT_EQ(letter.last_reply, "no such field");
  EXPECT_NE(letter.reason.find("HTTP 422"), std::string::npos);
  EXPECT_EQ(sink_->status()[0].dead_letters, 1U);
}

TEST_F(WebhookFailures, LastRefusalIsNotAnnouncedAsTriedAgain) {
  HttpFixture server([](const SeenRequest&) { return Answer::reply(422); });
  auto options = endpoint(server.url());
  options.max_retries = 0;
  WebhookOptions webhook;
  webhook.endpoints = {options};
  testing::internal::CaptureStderr();
  {
    WebhookSink sink(webhook, dead_letters_, telemetry::Logger::to_stderr({}), registry_);
    const std::stop_source never;
    ASSERT_TRUE(sink.submit(delivery("1", 1, 1, 0, "{}"), never.get_token()));
    ASSERT_TRUE(dead_letters_.wait_for(1));
    sink.close(kLong);
    EXPECT_NE(sink.status()[0].last_error.find("422"), std::string::npos);
  }
  const std::string log = testing::internal::GetCapturedStderr();

  EXPECT_EQ(log.find("tried again"), std::string::npos) << log;
  EXPECT_NE(log.find("is a dead letter now"), std::string::npos) << log;
}

TEST_F(WebhookFailures, DeadLetterThatCannotBeWrittenIsTriedAgain) {
  HttpFixture server([](const SeenRequest&) { return Answer::reply(400); });
  auto options = endpoint(server.url());
  options.max_retries = 0;
  WebhookOptions webhook;
  webhook.endpoints = {options};
  RememberedDeadLetters full_disk(2);
  WebhookSink sink(webhook, full_disk, telemetry::Logger{}, registry_);
  const std::stop_source never;
  ASSERT_TRUE(sink.submit(delivery("1", 1, 1, 0, "{}"), never.get_token()));
  ASSERT_TRUE(full_disk.wait_for(1));
  sink.close(kLong);

  EXPECT_EQ(full_disk.calls(), 3);
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(acks_.unsettled(), 0U);
}

TEST_F(WebhookFailures, DeadLetterThatIsNotDurableIsNotSettled) {
  HttpFixture server([](const SeenRequest&) { return Answer::reply(400); });
  auto options = endpoint(server.url());
  options.max_retries = 0;
  WebhookOptions webhook;
  webhook.endpoints = {options};
  RememberedDeadLetters full_disk(1'000'000);
  {
    WebhookSink sink(webhook, full_disk, telemetry::Logger{}, registry_);
    const std::stop_source never;
    ASSERT_TRUE(sink.submit(delivery("1", 1, 1, 0, "{}"), never.get_token()));
    ASSERT_TRUE(server.wait_for(1));
    sink.close(milliseconds(100));
  }
  EXPECT_EQ(acks_.unsettled(), 1U);
}

TEST_F(WebhookFailures, ServerErrorsNeverMakeADeadLetter) {
  std::atomic<int> count{0};
  HttpFixture server([&](const SeenRequest&) { return Answer::reply(++count <= 30 ? 500 : 200); });
  auto options = endpoint(server.url());
  options.max_retries = 1;
  make_sink({options});
  submit("1", 1);
  finish();

  EXPECT_EQ(server.requests().size(), 31U);
  EXPECT_TRUE(dead_letters_.letters().empty());
}

TEST_F(WebhookFailures, MisconfiguredEndpointKeepsItsChanges) {
  for (const int status : {301, 302, 401, 403, 404, 410, 429}) {
    SCOPED_TRACE(status);
    std::atomic<int> count{0};
    HttpFixture server([&](const SeenRequest&) {
      return Answer::reply(++count <= 6 ? status : 200, "Location: http://127.0.0.1:1/\r\n");
    });
    auto options = endpoint(server.url());
    options.max_retries = 0;
    make_sink({options});
    submit("1", 1);
    finish();
    EXPECT_EQ(server.requests().size(), 7U);
    EXPECT_TRUE(dead_letters_.letters().empty());
  }
}

TEST_F(WebhookFailures, RedirectIsNotFollowed) {
  HttpFixture target([](const SeenRequest&) { return Answer::reply(200); });
  HttpFixture server(
      [&](const SeenRequest&) { return Answer::reply(307, "Location: " + target.url() + "\r\n"); });
  make_sink({endpoint(server.url())});
  submit("1", 1);
  ASSERT_TRUE(server.wait_for(3));
  sink_->close(milliseconds(0));

  EXPECT_TRUE(target.requests().empty());
  EXPECT_EQ(acks_.unsettled(), 1U);
}

TEST_F(WebhookFailures, SuccessSettlesAlthoughTheReplysBodyFails) {
  HttpFixture server([](const SeenRequest&) {
    return Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this");
  });
  make_sink({endpoint(server.url())});
  submit("1", 1);
  finish();

  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(WebhookFailures, SuccessWithoutItsWholeHeaderDoesNotSettle) {
  std::atomic<int> count{0};
  HttpFixture server([&](const SeenRequest&) {
    return ++count == 1 ? Answer::raw("HTTP/1.1 200 OK\r\nContent-Le") : Answer::reply(200);
  });
  make_sink({endpoint(server.url())});
  submit("1", 1);
  finish();

  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(WebhookFailures, InterimReplyIsNotTheReply) {
  HttpFixture server([](const SeenRequest&) {
    return Answer::raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n");
  });
  auto options = endpoint(server.url());
  options.max_retries = 0;
  make_sink({options});
  submit("1", 1);
  finish();

  ASSERT_EQ(dead_letters_.letters().size(), 1U);
  EXPECT_EQ(dead_letters_.letters()[0].last_status, 422);
}

TEST_F(WebhookFailures, HugeReplyIsCutOffAndItsStatusCounts) {
  HttpFixture server([](const SeenRequest& request) {
    const std::string huge(8'000'000, 'x');
    return Answer::reply(request.header("webhook-id") == "bad" ? 422 : 200, {}, huge);
  });
  auto options = endpoint(server.url());
  options.max_retries = 0;
  make_sink({options});
  submit("good", 1);
  submit("bad", 2);
  finish();

  EXPECT_EQ(server.requests().size(), 2U);
  ASSERT_EQ(dead_letters_.letters().size(), 1U);
  EXPECT_EQ(dead_letters_.letters()[0].last_reply, std::string(2'048, 'x'));
}

TEST_F(WebhookFailures, RequestThatHangsEndsWithTheTimeout) {
  HttpFixture server([](const SeenRequest& request) {
    return request.header("pikachu-attempt") == "1" ? Answer::hang() : Answer::reply(200);
  });
  auto options = endpoint(server.url());
  // Long enough that the second attempt, which is answered at once, does not end with it too.
  options.timeout = milliseconds(1'000);
  make_sink({options});
  submit("1", 1);
  finish();

  EXPECT_EQ(server.requests().size(), 2U);
  EXPECT_NE(sink_->status()[0].last_error.find("timed out"), std::string::npos)
      << sink_->status()[0].last_error;
}

TEST_F(WebhookFailures, RefusedConnectionIsTriedAgainUntilSomebodyListens) {
  make_sink({endpoint("http://127.0.0.1:1/hook")});
  submit("1", 1);
  EXPECT_TRUE(wait_for_failures(2));
  sink_->close(milliseconds(0));

  EXPECT_EQ(acks_.unsettled(), 1U);
  EXPECT_TRUE(dead_letters_.letters().empty());
}

TEST_F(WebhookFailures, RetryAfterIsHonoured) {
  std::atomic<int> count{0};
  std::vector<std::chrono::steady_clock::time_point> times(2);
  HttpFixture server([&](const SeenRequest&) {
    const int n = count++;
    if (n < 2) times[static_cast<std::size_t>(n)] = std::chrono::steady_clock::now();
    return n == 0 ? Answer::reply(429, "Retry-After: 1\r\n") : Answer::reply(200);
  });
  make_sink({endpoint(server.url())});
  submit("1", 1);
  finish();

  EXPECT_EQ(count, 2);
  EXPECT_GE(times[1] - times[0], milliseconds(990));
  EXPECT_LT(times[1] - times[0], milliseconds(25'000));
}

TEST_F(WebhookFailures, RetryAfterInThePastMeansNoPause) {
  std::atomic<int> count{0};
  HttpFixture server([&](const SeenRequest&) {
    return count++ == 0 ? Answer::reply(503, "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n")
                        : Answer::reply(200);
  });
  make_sink({endpoint(server.url())});
  submit("1", 1);
  const auto begin = std::chrono::steady_clock::now();
  finish();

  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST_F(WebhookFailures, OpenEndpointIsProbedOneByOneAndThenCatchesUp) {
  std::atomic<bool> is_up{false};
  std::atomic<int> busy{0};
  std::atomic<int> most_while_down{0};
  HttpFixture server([&](const SeenRequest&) {
    const int now = ++busy;
    if (!is_up && now > most_while_down) most_while_down = now;
    --busy;
    return Answer::reply(is_up ? 200 : 503);
  });
  auto options = endpoint(server.url());
  options.max_in_flight = 1;
  make_sink({options});
  for (std::uint64_t key = 0; key < 30; ++key) submit(std::to_string(key), key);
  ASSERT_TRUE(wait_for_failures(12));
  EXPECT_TRUE(sink_->status()[0].breaker_is_open);
  is_up = true;
  finish();

  EXPECT_FALSE(sink_->status()[0].breaker_is_open);
  EXPECT_EQ(sink_->status()[0].delivered, 30U);
  EXPECT_EQ(most_while_down, 1);
}

TEST_F(WebhookFailures, PoisonousChangeDoesNotStarveTheOthers) {
  std::atomic<int> others{0};
  Gate all_others;
  HttpFixture server([&](const SeenRequest& request) {
    if (request.header("webhook-id") == "poison") return Answer::reply(500);
    if (++others == 50) all_others.open();
    return Answer::reply(200);
  });
  make_sink({endpoint(server.url())});
  submit("poison", 0);
  ASSERT_TRUE(wait_for_failures(8));  // The breaker has opened: nothing else was there.
  for (std::uint64_t key = 1; key <= 50; ++key) submit(std::to_string(key), key);
  all_others.wait();
  EXPECT_TRUE(wait_for_unsettled(1));
  sink_->close(milliseconds(0));

  EXPECT_EQ(sink_->status()[0].delivered, 50U);
  EXPECT_EQ(acks_.unsettled(), 1U);
}

/// Leaves the process no free descriptor.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::dup(STDERR_FILENO);
    ::close(lowest_free);
    auto limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(lowest_free);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
  NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;

 private:
  rlimit before_{};
};

TEST_F(WebhookFailures, ShortageOfDescriptorsBlamesNobody) {
  if (test::kDescriptorsAreNeeded != nullptr) GTEST_SKIP() << test::kDescriptorsAreNeeded;
  HttpFixture server([](const SeenRequest&) { return Answer::reply(200); });
  make_sink({endpoint(server.url())});
  {
    const NoDescriptorsLeft shortage;
    submit("1", 1);
    EXPECT_TRUE(wait_for_failures(1));
  }
  finish();

  const auto metrics = telemetry::to_prometheus_text(registry_);
  EXPECT_EQ(metrics.find(R"(outcome="local",task_id="t1"} 0)"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find(R"(outcome="endpoint",task_id="t1"} 0)"), std::string::npos) << metrics;
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.requests()[0].header("pikachu-attempt"), "1");
}

/// Dead letters on a disk that takes its time.
class SlowDeadLetters final : public pipeline::DeadLetters {
 public:
  explicit SlowDeadLetters(Gate& gate) : gate_(gate) {}
  base::Result<void> add(const pipeline::DeadLetter&) override {
    gate_.wait();
    return {};
  }
  base::Result<std::uint64_t> count(std::string_view) override { return 0; }

 private:
  Gate& gate_;
};

TEST_F(WebhookFailures, SlowDiskUnderDeadLettersHoldsUpNobodyElse) {
  HttpFixture refusing([](const SeenRequest&) { return Answer::reply(422); });
  HttpFixture healthy([](const SeenRequest&) { return Answer::reply(200); });
  Gate gate;
  SlowDeadLetters slow(gate);
  WebhookOptions options;
  options.endpoints = {endpoint(refusing.url(), "refusing"), endpoint(healthy.url(), "healthy")};
  options.endpoints[0].max_retries = 0;
  sink_ = std::make_unique<WebhookSink>(options, slow, telemetry::Logger{}, registry_);
  submit("refused", 1);
  ASSERT_TRUE(refusing.wait_for(1));
  for (std::uint64_t key = 0; key < 50; ++key) submit(std::to_string(key), key, key, 1);

  EXPECT_TRUE(healthy.wait_for(50));
  EXPECT_EQ(sink_->status()[0].dead_letters, 0U);
  gate.open();
  finish();
  EXPECT_EQ(sink_->status()[0].dead_letters, 1U);
}

}  // namespace
}  // namespace pikachu::sink::webhook
