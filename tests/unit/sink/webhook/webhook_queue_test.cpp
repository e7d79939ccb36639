// What a full queue does.
#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "sink/webhook/webhook_sink.h"
#include "tests/unit/sink/webhook/sink_fixture.h"

namespace pikachu::sink::webhook {
namespace {

using std::chrono::milliseconds;
using Ids = std::vector<std::string>;

TEST_F(WebhookSinkTest, FullQueueHoldsSubmitBackUntilStopIsRequested) {
  HttpFixture hung([](const SeenRequest&) { return Answer::hang(); });
  auto options = endpoint(hung.url());
  options.queue_changes = 4;
  auto& sink = make_sink({options});
  for (std::uint64_t key = 0; key < 4; ++key) submit(std::to_string(key), key);

  std::stop_source stop;
  std::atomic<bool> is_back{false};
  base::Result<void> result;
  std::jthread submitter([&] {
    result = sink.submit(delivery("5", 5, 5, 0, "{}"), stop.get_token());
    is_back = true;
  });
  ASSERT_TRUE(hung.wait_for(4));
  EXPECT_FALSE(is_back);
  stop.request_stop();
  submitter.join();

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::ErrorCode::kCancelled);
  EXPECT_EQ(sink.unsettled(), 4U);
  sink.close(milliseconds(0));
}

TEST_F(WebhookSinkTest, FullQueueLetsSubmitGoOnOnceItDrains) {
  Gate gate;
  HttpFixture server([&](const SeenRequest&) {
    gate.wait();
    return Answer::reply(200);
  });
  auto options = endpoint(server.url());
  options.queue_bytes = 1'000;
  make_sink({options});
  submit("larger than the queue", 1, 1, 0, std::string(10'000, 'x'));

  std::jthread submitter([&] {
    for (std::uint64_t key = 0; key < 100; ++key) submit(std::to_string(key), key);
  });
  ASSERT_TRUE(server.wait_for(1));
  EXPECT_EQ(sink_->unsettled(), 1U);
  gate.open();
  submitter.join();
  finish();

  EXPECT_EQ(server.requests().size(), 101U);
}

TEST_F(WebhookSinkTest, FullQueueRefusesADeliveryUntouchedAndTellsWhenItHasRoom) {
  Gate gate;
  HttpFixture server([&](const SeenRequest&) {
    gate.wait();
    return Answer::reply(200);
  });
  HttpFixture other([](const SeenRequest&) { return Answer::reply(200); });
  auto options = endpoint(server.url());
  options.queue_changes = 4;
  auto& sink = make_sink({endpoint(other.url(), "t0"), options}, 2);
  std::vector<std::size_t> have_room;
  std::mutex mutex;
  sink.on_room([&](std::size_t task) {
    const std::lock_guard lock(mutex);
    have_room.push_back(task);
  });
  for (std::uint64_t key = 0; key < 4; ++key) {
    auto taken = delivery(std::to_string(key), key, key, 1, "{}");
    EXPECT_TRUE(sink.try_submit(taken));
  }

  auto refused = delivery("refused", 5, 5, 1, "{}");
  EXPECT_FALSE(sink.try_submit(refused));
  EXPECT_EQ(refused.message->id, "refused");
  gate.open();
  EXPECT_TRUE(wait_until([&] {
    const std::lock_guard lock(mutex);
    return have_room == std::vector<std::size_t>{1};
  }));
  EXPECT_TRUE(sink.try_submit(refused));

  finish();
  EXPECT_EQ(server.requests().size(), 5U);
  auto late = delivery("late", 6, 6, 1, "{}");
  EXPECT_FALSE(sink.try_submit(late));
}

}  // namespace
}  // namespace pikachu::sink::webhook
