#include "app/service.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>

#include "admin/admin_server.h"
#include "app/command_line.h"
#include "app/deadletters_api.h"
#include "app/descriptor_limit.h"
#include "app/stop_signals.h"
#include "app/tasks_json.h"
#include "app/version.h"
#include "backlog/backlog_sink.h"
#include "base/thread_name.h"
#include "base/wake_event.h"
#include "config/start_from.h"
#include "mysql/information_schema.h"
#include "mysql/stream_opener.h"
#include "pipeline/ack_tracker.h"
#include "pipeline/checkpointer.h"
#include "pipeline/letter_retry.h"
#include "pipeline/pipeline.h"
#include "route/router.h"
#include "sink/webhook/webhook_sink.h"
#include "source/binlog_source.h"
#include "store/store.h"
#include "telemetry/health.h"
#include "telemetry/metrics.h"

namespace pikachu::app {

namespace {

using base::Error;
using base::ErrorCode;

std::vector<std::string> task_ids(const config::Config& config) {
  std::vector<std::string> ids;
  for (const auto& task : config.tasks) ids.push_back(task.task_id);
  return ids;
}

std::optional<change::Position> position_of(const std::optional<pipeline::Checkpoint>& checkpoint) {
  if (!checkpoint) return std::nullopt;
  return checkpoint->position;
}

std::chrono::milliseconds stream_deadline(const config::Config& config) {
  return config.connection.heartbeat * 3;
}

/// What this run goes on from.
struct Start {
  std::optional<pipeline::Checkpoint> checkpoint;
  std::uint64_t last_number = 0;  ///< pipeline::WaitingStore::last_number.
  /// What `pikachu state reset` left in place of database.start_from.
  std::optional<source::StartFrom> start_from;

  /// Checkpoint::through; without a checkpoint, all that waits is from before the start.
  std::uint64_t through() const { return checkpoint ? checkpoint->through : last_number; }
};

base::Result<Start> load_start(store::Store& store) {
  auto checkpoint = store.load();
  if (!checkpoint) return base::propagate(std::move(checkpoint));
  auto last_number = store.last_number();
  if (!last_number) return base::propagate(std::move(last_number));
  Start start{std::move(*checkpoint), *last_number, std::nullopt};
  auto chosen = store.start_from();
  if (!chosen) return base::propagate(std::move(chosen));
  if (!*chosen) return start;
  auto parsed = config::parse_start_from(**chosen);
  if (!parsed) return base::propagate(std::move(parsed), "what pikachu state reset -position left");
  start.start_from = std::move(*parsed);
  return start;
}

source::SourceOptions source_options(const config::Config& config, const Start& start) {
  auto options = config.source;
  options.spill_dir = config.state_dir;
  if (start.start_from) options.start_from = *start.start_from;
  return options;
}

/// The parts of a running service, made in the order of start; destroyed in the order of stop.
class Service {
 public:
  Service(const config::Config& config, telemetry::Logger logger, store::Store& store,
          const Start& start)
      : config_(config),
        logger_(std::move(logger)),
        through_(start.through()),
        last_number_(start.last_number),
        tracker_(start.checkpoint, start.last_number),
        sink_(webhook_options(config), store, logger_.for_component("webhook"), registry_),
        letters_(store),
        backlog_(config.backlog, sink_, store, logger_.for_component("backlog"), registry_),
        admin_(
            config.admin, health_, registry_,
            [this] { return tasks_json(sink_.status(), backlog_.waiting()); },
            std::string(version()), logger_.for_component("admin")),
        letters_api_(config.state_dir, logger_.for_component("admin")),
        checkpointer_(tracker_, store, config.checkpoint_interval,
                      logger_.for_component("checkpoint"), health_, registry_),
        router_(config.tasks),
        opener_(as_instance(config.connection, store), logger_.for_component("mysql"),
                [this](const mysql::ServerAddress& server) { schemas_.use_server(server); }),
        schemas_(config.connection, logger_.for_component("mysql")),
        source_(
            source_options(config, start), position_of(start.checkpoint),
            [this](auto database, auto table) { return router_.wants_table(database, table); },
            opener_, schemas_, logger_.for_component("source"), health_, registry_),
        pipeline_(source_, router_, task_ids(config), backlog_, tracker_, start.checkpoint, store,
                  health_, registry_) {
    health_.set_stream_deadline(stream_deadline(config));
    if (start.checkpoint) health_.set_position(change::to_string(start.checkpoint->position));
    health_.set_queued([this] { return sink_.unsettled() + backlog_.behind_changes(); });
    health_.set_waiting([this] { return waiting(); });
    admin_.set_api(
        [this](const admin::ApiRequest& request) { return letters_api_.answer(request); });
  }

  base::Result<void> start() {
    if (auto started = backlog_.start(through_, last_number_); !started) return started;
    letter_retry_.emplace(letters_, sink_, config_.tasks.size(), logger_.for_component("retry"));
    if (config_.admin.enabled) {
      if (auto started = admin_.start(); !started) return started;
    }
    health_.set_dispatcher_running(true);
    health_.set_monitor_running(true);
    reader_ = std::jthread([this](const std::stop_token& stop) { read(stop); });
    return {};
  }

  /// Readable once the reader has ended by itself.
  const base::WakeEvent& reader_ended() const { return reader_ended_; }

  /// How the stop went.
  struct Stopped {
    /// Why the reader ended.
    Error reason;
    /// It still waits for a name look-up, or for the disk: nothing can break those off.
    bool reader_abandoned = false;
  };

  /// Stops in the order of the data's flow.
  Stopped stop() {
    const auto deadline = std::chrono::steady_clock::now() + config_.shutdown_timeout;
    reader_.request_stop();
    health_.set_monitor_running(false);
    Stopped stopped{{ErrorCode::kCancelled, "stopped"}, !reader_ends(deadline)};
    if (stopped.reader_abandoned) {
      logger_.warn(
          "The reader does not end: a name look-up or the disk holds it up. pikachu ends without "
          "it; some of what was delivered last may come again after the next start.");
    } else {
      reader_.join();
      stopped.reason = std::move(reader_error_);
    }
    if (letter_retry_) letter_retry_->stop();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    backlog_.close(std::max(left, std::chrono::milliseconds(0)));
    health_.set_dispatcher_running(false);
    if (letter_retry_) letter_retry_->finish();
    checkpointer_.stop();
    admin_.stop();
    return stopped;
  }

  std::uint64_t unsettled() const { return tracker_.unsettled(); }

  /// What is on disk, to be delivered.
  telemetry::Waiting waiting() const {
    telemetry::Waiting all;
    for (const auto& task : backlog_.waiting()) {
      all.changes += task.on_disk_changes;
      all.bytes += task.on_disk_bytes;
    }
    all.problem = backlog_.problem();
    return all;
  }

 private:
  static sink::webhook::WebhookOptions webhook_options(const config::Config& config) {
    auto options = config.webhook;
    options.user_agent = "pikachu/" + std::string(version());
    return options;
  }

  static mysql::ConnectionOptions as_instance(mysql::ConnectionOptions options,
                                              const store::Store& store) {
    options.instance = store.instance();
    return options;
  }

  /// Whether the reader ends in time. It does so at once from all it does, but for a look-up of the
  /// server's name in DNS, for which a second is enough, and a write that the disk holds up: half
  /// of the time there is, because what was delivered would come again if that were not waited for.
  bool reader_ends(std::chrono::steady_clock::time_point deadline) const {
    constexpr std::chrono::seconds kLookUp{1};
    std::chrono::milliseconds patience = kLookUp;
    if (health_.snapshot().stream_connected) {
      const auto left = deadline - std::chrono::steady_clock::now();
      patience =
          std::max(patience, std::chrono::duration_cast<std::chrono::milliseconds>(left / 2));
    }
    pollfd ended{reader_ended_.fd(), POLLIN, 0};
    return ::poll(&ended, 1, static_cast<int>(patience.count())) == 1;
  }

  void read(const std::stop_token& stop) {
    base::set_thread_name("reader");
    reader_error_ = pipeline_.run(stop);
    reader_ended_.signal();
  }

  const config::Config& config_;
  const telemetry::Logger logger_;
  telemetry::Registry registry_;
  telemetry::HealthBoard health_;
  const std::uint64_t through_;
  const std::uint64_t last_number_;
  pipeline::AckTracker tracker_;
  sink::webhook::WebhookSink sink_;
  pipeline::MarkedLetters& letters_;
  backlog::BacklogSink backlog_;
  std::optional<pipeline::LetterRetry> letter_retry_;
  admin::AdminServer admin_;
  const DeadLettersApi letters_api_;
  pipeline::Checkpointer checkpointer_;
  route::Router router_;
  mysql::BinlogStreamOpener opener_;
  mysql::InformationSchema schemas_;
  source::BinlogSource source_;
  pipeline::Pipeline pipeline_;
  Error reader_error_{ErrorCode::kCancelled, "stopped"};
  base::WakeEvent reader_ended_;
  std::jthread reader_;
};

/// Waits for a signal or the reader's end, and stops the service. Returns the exit status.
int wait_and_stop(Service& service, StopSignals& signals, const telemetry::Logger& logger) {
  while (signals.wait(service.reader_ended()) == StopSignals::Event::kReload) {
    logger.warn("SIGHUP: this version can't reload tasks; restart pikachu instead.");
  }
  const auto [error, reader_abandoned] = service.stop();
  const bool failed = error.code != ErrorCode::kCancelled;
  if (failed) {
    logger.log(telemetry::LogLevel::kFatal, "pikachu ends: " + error.message,
               {{"code", to_string(error.code)}});
  }
  // What waits is delivered after the next start; what is undelivered besides is read again.
  logger.info("pikachu stopped",
              {{"undelivered", service.unsettled()}, {"waiting", service.waiting().changes}});
  // All that is known to be settled is saved; the reader's thread can't be joined.
  if (reader_abandoned) std::_Exit(0);
  return failed ? 1 : 0;
}

int cannot_start(const telemetry::Logger& logger, const std::string& reason) {
  logger.log(telemetry::LogLevel::kFatal, "pikachu can't start: " + reason);
  return 1;
}

}  // namespace

int run_service(const config::Config& config, const telemetry::Logger& logger) {
  StopSignals signals;
  raise_descriptor_limit();
  auto store = store::Store::open(config.state_dir, task_ids(config));
  const auto start = store ? load_start(**store) : tl::unexpected(store.error());
  if (!start) return cannot_start(logger, start.error().message);
  logger.info("Starting pikachu", {{"version", version()}, {"tasks", config.tasks.size()}});
  if (!start->checkpoint && !start->start_from) {
    // As it should be at a first start, and not where the directory was lost.
    logger.warn(
        "No position is saved. The stream begins where database.start_from says, and what was "
        "committed before is not delivered. If the state was lost, see docs/operation/resume.md.",
        {{"state_dir", config.state_dir}});
  }
  std::optional<Service> service;
  try {
    service.emplace(config, logger, **store, *start);
    if (auto started = service->start(); !started) {
      return cannot_start(logger, started.error().message);
    }
  } catch (const std::runtime_error& error) {  // an endpoint that can't be, no threads left
    return cannot_start(logger, error.what());
  }
  return wait_and_stop(*service, signals, logger);
}

}  // namespace pikachu::app
