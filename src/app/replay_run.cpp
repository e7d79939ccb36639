#include "app/replay_run.h"

#include <utility>

#include "base/thread_name.h"

namespace pikachu::app {
namespace {

source::SourceOptions with_start(source::SourceOptions options, source::StartFrom from) {
  options.start_from = std::move(from);
  return options;
}

}  // namespace

ReplayRun::ReplayRun(const config::Config& config, replay::End end, source::StartFrom from,
                     std::uint32_t rate, pipeline::DeadLetters& letters, std::uint64_t last_number,
                     const telemetry::Logger& logger)
    : tracker_(std::nullopt, last_number),
      sink_(config.webhook, letters, logger.for_component("webhook"), registry_),
      router_(config.tasks),
      schemas_(config.connection, logger.for_component("mysql")),
      opener_(config.connection, logger.for_component("mysql"),
              [this](const auto& server) { schemas_.use_server(server); }),
      source_(
          with_start(config.source, std::move(from)), std::nullopt,
          [this](auto database, auto table) { return router_.wants_table(database, table); },
          opener_, schemas_, logger.for_component("source"), health_, registry_),
      bounded_(
          source_, [this](const auto& row) { return !router_.match(row).empty(); }, std::move(end),
          rate),
      pipeline_(bounded_, router_, {config.tasks.front().task_id}, sink_, tracker_, std::nullopt,
                positions_, health_, registry_),
      shutdown_timeout_(config.shutdown_timeout) {
}

void ReplayRun::start() {
  worker_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

void ReplayRun::stop() {
  worker_.request_stop();
  worker_.join();
  sink_.close(shutdown_timeout_);
}

std::optional<change::Position> ReplayRun::settled() {
  auto settled = tracker_.take_settled();
  if (!settled) return std::nullopt;
  return std::move(settled->position);
}

void ReplayRun::work(const std::stop_token& stop) {
  base::set_thread_name("replay");
  error_ = pipeline_.run(stop);
  // An endpoint that is down is waited for, however long that takes.
  constexpr std::chrono::milliseconds kLook{20};
  std::unique_lock lock(mutex_);
  while (bounded_.has_ended() && sink_.unsettled() > 0 && !stop.stop_requested()) {
    look_again_.wait_for(lock, stop, kLook, [] { return false; });
  }
  ended_.signal();
}

}  // namespace pikachu::app
