#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/ack_tracker.h"
#include "pipeline/store.h"
#include "sink/webhook/webhook_sink.h"
#include "tests/unit/sink/webhook/http_fixture.h"

namespace pikachu::sink::webhook {

/// Dead letters in memory; the first `failures` additions fail.
class RememberedDeadLetters final : public pipeline::DeadLetters {
 public:
  explicit RememberedDeadLetters(int failures = 0) : failures_(failures) {}

  base::Result<void> add(const pipeline::DeadLetter& letter) override {
    const std::lock_guard lock(mutex_);
    ++calls_;
    if (failures_ > 0) {
      --failures_;
      return base::fail(base::ErrorCode::kUnavailable, "disk full");
    }
    letters_.push_back(letter);
    added_.notify_all();
    return {};
  }
  base::Result<std::uint64_t> count(std::string_view) override { return letters().size(); }

  std::vector<pipeline::DeadLetter> letters() const {
    const std::lock_guard lock(mutex_);
    return letters_;
  }
  int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return added_.wait_for(lock, std::chrono::seconds(30),
                           [&] { return letters_.size() >= count; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable added_;
  int failures_;
  int calls_ = 0;
  std::vector<pipeline::DeadLetter> letters_;
};

/// Waits that tests open by hand.
class Gate {
 public:
  void open() {
    {
      const std::lock_guard lock(mutex_);
      is_open_ = true;
    }
    opened_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    opened_.wait_for(lock, std::chrono::seconds(30), [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = false;
};

/// A sink with short pauses, and all it needs around it.
class WebhookSinkTest : public ::testing::Test {
 protected:
  static constexpr std::chrono::seconds kLong{30};

  static EndpointOptions endpoint(std::string url, std::string task_id = "t1") {
    EndpointOptions options;
    options.task_id = std::move(task_id);
    options.url = std::move(url);
    options.retry_first = std::chrono::milliseconds(10);
    options.retry_cap = std::chrono::milliseconds(40);
    return options;
  }

  WebhookSink& make_sink(std::vector<EndpointOptions> endpoints, std::size_t loops = 1) {
    WebhookOptions options;
    options.endpoints = std::move(endpoints);
    options.loops = loops;
    options.user_agent = "pikachu/test";
    sink_ = std::make_unique<WebhookSink>(std::move(options), dead_letters_, telemetry::Logger{},
                                          registry_);
    return *sink_;
  }

  void submit(const std::string& id, std::uint64_t key, std::uint64_t other_key,
              std::size_t task = 0, std::string body = "{}") {
    const std::stop_source never;
    ASSERT_TRUE(
        sink_->submit(delivery(id, key, other_key, task, std::move(body)), never.get_token()));
  }
  void submit(const std::string& id, std::uint64_t key) { submit(id, key, key); }

  pipeline::Delivery delivery(const std::string& id, std::uint64_t key, std::uint64_t other_key,
                              std::size_t task, std::string body) {
    auto message = std::make_shared<pipeline::Message>();
    message->task = task;
    message->id = id;
    message->body = std::move(body);
    message->keys = {key, other_key};
    message->label = "shop.users insert";
    auto [number, ack] = acks_.track();
    return {std::move(message), number, std::move(ack)};
  }

  /// Waits until all is settled; the sink is closed then.
  void finish() {
    sink_->close(kLong);
    EXPECT_EQ(acks_.unsettled(), 0U);
    EXPECT_EQ(sink_->unsettled(), 0U);
  }

  /// Waits until all but `count` are settled: a server has seen a request before the sink its
  /// reply.
  bool wait_for_unsettled(std::uint64_t count) const {
    return wait_until([&] { return acks_.unsettled() == count; });
  }
  /// Waits until the first task has had `count` failures.
  bool wait_for_failures(std::uint64_t count) const {
    return wait_until([&] { return sink_->status()[0].failed_attempts >= count; });
  }
  template <typename Condition>
  static bool wait_until(Condition holds) {
    const auto patience = std::chrono::steady_clock::now() + kLong;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > patience) return false;
      std::this_thread::yield();
    }
    return true;
  }

  static std::vector<std::string> ids(const std::vector<SeenRequest>& requests) {
    std::vector<std::string> all;
    all.reserve(requests.size());
    for (const auto& request : requests) all.push_back(request.header("webhook-id"));
    return all;
  }

  pipeline::AckTracker acks_;
  RememberedDeadLetters dead_letters_;
  telemetry::Registry registry_;
  std::unique_ptr<WebhookSink> sink_;
};

}  // namespace pikachu::sink::webhook
