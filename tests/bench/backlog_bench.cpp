// Webhooks a second on one delivery loop, with and without the backlog in front of it, in turn.
//
//     backlog_bench URL CHANGES ROUNDS
//
// paced      no more is submitted than the endpoint's queue holds: a healthy endpoint
// saturated  as fast as it goes: what the queue can't take waits behind it
//
// The best of each way's rounds counts. CPU is that of the whole program, the submitting thread
// included; it says more than the rate where the machine has other work.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "backlog/backlog_sink.h"
#include "pipeline/ack_tracker.h"
#include "sink/webhook/webhook_sink.h"
#include "store/store.h"

namespace {

using namespace pikachu;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kPaced = 4'000;

pipeline::Delivery delivery(pipeline::AckTracker& tracker, std::uint64_t i) {
  auto message = std::make_shared<pipeline::Message>();
  message->id = "0-1-" + std::to_string(i);
  message->body.assign(430, 'x');
  message->keys = {i, i};
  message->label = "bench.tiny insert";
  message->commit_time_us = 1;
  auto [number, ack] = tracker.track();
  return {std::move(message), number, std::move(ack)};
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Until `holds`, looking again each millisecond.
template <typename Condition>
void wait_until(const Condition& holds) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  while (!holds()) never.wait_for(lock, std::chrono::milliseconds(1));
}

struct Sample {
  double posts_per_second = 0;
  double cpu_us = 1e9;        ///< For each change.
  std::uint64_t written = 0;  ///< Of the changes, those that went by way of the disk.
};

Sample measure(const std::string& url, std::uint64_t changes, bool paced, bool with_backlog,
               const std::string& dir) {
  std::filesystem::remove_all(dir);
  auto store = store::Store::open(dir, {"bench"});
  if (!store) {
    static_cast<void>(std::fprintf(stderr, "%s\n", store.error().message.c_str()));
    return {};
  }
  telemetry::Registry registry;
  sink::webhook::WebhookOptions options;
  sink::webhook::EndpointOptions endpoint;
  endpoint.task_id = "bench";
  endpoint.url = url;
  options.endpoints = {endpoint};
  pipeline::AckTracker tracker;
  sink::webhook::WebhookSink inner(options, **store, {}, registry);
  backlog::BacklogOptions backlog_options;
  backlog_options.tasks = {{"bench"}};
  backlog::BacklogSink backlog(backlog_options, inner, **store, {}, registry);
  if (with_backlog && !backlog.start(0, 0)) return {};
  pipeline::Sink& sink = with_backlog ? static_cast<pipeline::Sink&>(backlog) : inner;

  const auto begin = Clock::now();
  const auto cpu = cpu_seconds();
  const std::stop_source stop;
  for (std::uint64_t i = 0; i < changes; ++i) {
    if (paced && i % 500 == 0) {
      wait_until([&] { return inner.unsettled() <= kPaced; });
    }
    if (!sink.submit(delivery(tracker, i), stop.get_token())) return {};
  }
  // What is on disk is settled for the tracker, but not delivered.
  wait_until([&] { return inner.status().at(0).delivered >= changes; });
  const std::chrono::duration<double> time = Clock::now() - begin;
  const auto count = static_cast<double>(changes);
  Sample sample{count / time.count(), (cpu_seconds() - cpu) * 1e6 / count, 0};
  for (const auto& family : registry.Collect()) {
    if (family.name != "pikachu_backlog_group_changes") continue;
    sample.written = static_cast<std::uint64_t>(family.metric.at(0).histogram.sample_sum);
  }
  sink.close(std::chrono::seconds(5));
  return sample;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() != 3) {
    static_cast<void>(std::fputs("usage: backlog_bench URL CHANGES ROUNDS\n", stderr));
    return 2;
  }
  const auto changes = std::stoull(arguments[1]);
  const auto rounds = std::stoull(arguments[2]);
  const auto dir = (std::filesystem::temp_directory_path() / "pikachu-backlog-bench").string();
  for (const bool paced : {true, false}) {
    Sample without;
    Sample with;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      const auto keep = [](Sample& best, Sample sample) {
        best.posts_per_second = std::max(best.posts_per_second, sample.posts_per_second);
        best.cpu_us = std::min(best.cpu_us, sample.cpu_us);
        best.written = std::max(best.written, sample.written);
      };
      keep(without, measure(arguments[0], changes, paced, false, dir));
      keep(with, measure(arguments[0], changes, paced, true, dir));
    }
    std::printf(
        "%-9s without: %.0f POST/s, %.1f us CPU; with the backlog: %.0f POST/s (%.3f of it), "
        "%.1f us CPU; at most %llu of %llu changes by way of the disk\n",
        paced ? "paced" : "saturated", without.posts_per_second, without.cpu_us,
        with.posts_per_second, with.posts_per_second / without.posts_per_second, with.cpu_us,
        static_cast<unsigned long long>(with.written), static_cast<unsigned long long>(changes));
  }
  std::filesystem::remove_all(dir);
  return 0;
}
