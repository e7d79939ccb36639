#include "app/replay_command.h"

#include <array>
#include <ctime>
#include <memory>
#include <ostream>
#include <random>
#include <stdexcept>
#include <utility>
#include <variant>

#include "app/number_option.h"
#include "app/replay_advice.h"
#include "app/replay_run.h"
#include "app/stop_signals.h"
#include "app/version.h"
#include "base/random_id.h"
#include "config/config.h"
#include "config/start_from.h"
#include "mysql/stream_opener.h"
#include "replay/bounded_source.h"
#include "store/letters_beside.h"
#include "store/state_view.h"

namespace pikachu::app {
namespace {

using base::ErrorCode;
using base::refuse;

constexpr std::uint32_t kFastest = 1'000'000;

std::string task_ids_of(const config::Config& config) {
  std::string ids;
  for (const auto& task : config.tasks) ids += (ids.empty() ? "" : ", ") + task.task_id;
  return ids;
}

/// The configuration of the replayed task alone, as another replica. False if there is no such
/// task.
bool reduce_to_task(config::Config& config, const ReplayOptions& options) {
  auto& endpoints = config.webhook.endpoints;
  std::size_t task = 0;
  while (task < config.tasks.size() && config.tasks[task].task_id != options.task) ++task;
  if (task == config.tasks.size()) return false;
  config.tasks = {config.tasks[task]};
  endpoints = {endpoints[task]};
  config.webhook.is_replay = true;
  config.webhook.user_agent = "pikachu/" + std::string(version());
  config.source.spill_dir = config.state_dir;
  // Any number that no other replica has: people choose low ones.
  constexpr std::uint32_t kFirstRandom = 1U << 31U;
  config.connection.server_id =
      options.server_id.value_or(kFirstRandom | static_cast<std::uint32_t>(std::random_device()()));
  // Not the service's: what that one holds on the server is not ours to end.
  config.connection.instance = base::random_id();
  return true;
}

/// `database.start_from` for what comes behind a position.
std::string as_start(const change::Position& position) {
  if (!position.gtids.empty()) return "gtid:" + position.gtids.to_string();
  return "file:" + position.file + ":" + std::to_string(position.offset);
}

/// Where the server is now: no replay goes further, or it would wait for what comes.
base::Result<change::Position> server_end(const config::Config& config,
                                          const telemetry::Logger& logger) {
  mysql::BinlogStreamOpener opener(config.connection, logger.for_component("mysql"));
  auto opened = opener.open(std::nullopt, source::Latest{}, {});
  if (!opened) return base::propagate(std::move(opened));
  return std::move(opened->start);
}

base::Result<replay::End> find_end(const std::string& to, change::Position latest) {
  replay::End end{std::move(latest), std::nullopt};
  if (to.empty()) return end;
  auto parsed = config::parse_start_from(to);
  if (!parsed) return base::propagate(std::move(parsed), "-to");
  if (const auto* time = std::get_if<source::AtTime>(&*parsed)) {
    end.unix_seconds = time->unix_seconds;
    return end;
  }
  change::Position wanted = end.position;
  if (const auto* file = std::get_if<source::AtFile>(&*parsed)) {
    wanted.gtids = change::GtidSet(wanted.flavor);
    wanted.file = file->file;
    wanted.offset = file->offset;
  } else if (const auto* gtid = std::get_if<source::AtGtid>(&*parsed)) {
    auto set = change::GtidSet::parse(wanted.flavor, gtid->gtids);
    if (!set) return base::propagate(std::move(set), "-to");
    if (end.position.gtids.empty()) {
      return refuse("-to " + to + ": the server writes no GTIDs; give a time or file:NAME:OFFSET");
    }
    wanted.gtids = std::move(*set);
    wanted.file.clear();
    wanted.offset = 0;
  }
  if (!replay::has_reached(end.position, wanted)) {
    return refuse("-to " + to + ": the server has not come so far; it is at " +
                  as_start(end.position) + "; give that or less, or leave -to out");
  }
  end.position = std::move(wanted);
  return end;
}

/// The number of the service's last delivery: dead letters of the replay come behind its own.
base::Result<std::uint64_t> last_number_of(const std::string& state_dir) {
  auto view = store::StateView::open(state_dir, store::OpenMode::kRead);
  if (!view) return base::propagate(std::move(view));
  auto summary = view->summary();
  if (!summary) return base::propagate(std::move(summary));
  return summary->last_number;
}

int failed(std::ostream& messages, const base::Error& error) {
  messages << "pikachu replay: " << as_replay_advice(error.message) << '\n';
  return 1;
}

/// Says how it went. Returns the exit status.
int report(ReplayRun& replay, const ReplayOptions& options, std::ostream& output,
           std::ostream& messages) {
  const auto refused = replay.dead_letters();
  output << "replayed " << replay.rows() << (replay.rows() == 1 ? " change" : " changes")
         << " of task " << options.task;
  if (refused > 0) {
    output << ", of which the endpoint refused " << refused << ": pikachu deadletters list -task "
           << options.task;
  }
  output << '\n';
  if (replay.is_done()) return 0;
  const auto settled = replay.settled();
  const std::string go_on =
      settled ? "; go on with -from " + as_start(*settled) : "; nothing was replayed for good";
  if (replay.error().code != ErrorCode::kCancelled) {
    return failed(messages, {replay.error().code, replay.error().message + go_on});
  }
  return failed(messages, {ErrorCode::kCancelled, "broken off by a signal" + go_on});
}

constexpr std::string_view kHelp =
    "pikachu replay -config FILE -task T -from P [OPTION...]: delivers the changes of a task\n"
    "again, from the server's binlog\n"
    "\n"
    "Works beside a running pikachu, and moves no position. Requests carry the header\n"
    "pikachu-replay: 1, the ids and bytes of the first time, and come in order per row; "
    "beside\n"
    "them live changes of the same rows may arrive. What the endpoint refuses is a dead "
    "letter.\n"
    "\n"
    "Options:\n"
    "  -config FILE    configuration (default: config.yaml)\n"
    "  -tasks FILE     take `tasks:` from this file instead\n"
    "  -task T         the task_id\n"
    "  -from P         where to begin: earliest, a time (2026-11-20T12:00:00Z), gtid:SET "
    "(what\n"
    "                  comes after it), file:NAME:OFFSET\n"
    "  -to P           where to end: a time (the first that is left out), gtid:SET, "
    "file:NAME:OFFSET\n"
    "                  (default: where the server is when it begins)\n"
    "  -rate N         at most N changes a second, 0 for no limit (default: 1000)\n"
    "  -server-id N    the replica's number, which no other has (default: a random one)\n"
    "  -help           print this and end\n"
    "\n"
    "Exit status: 0 all was accepted or set aside; 1 it failed or was broken off, and says "
    "where\n"
    "to go on; 2 wrong usage or configuration. docs/reference/replay.md has the whole "
    "contract.\n";

base::Result<void> set(ReplayOptions& options, std::string_view name, std::string_view value) {
  if (value.empty()) return refuse("-" + std::string(name) + ": its value is empty");
  if (name == "rate") {
    return set_number<std::uint32_t>(options.rate, name, value, 0, kFastest);
  }
  if (name == "server-id") {
    return set_number<std::uint32_t>(options.server_id.emplace(), name, value, 1, UINT32_MAX);
  }
  if (name == "config") {
    options.config_path = value;
  } else if (name == "tasks") {
    options.tasks_path = value;
  } else if (name == "task") {
    options.task = value;
  } else if (name == "from") {
    options.from = value;
  } else {
    options.to = value;
  }
  return {};
}

base::Result<void> check(const ReplayOptions& options) {
  if (options.task.empty()) return refuse("-task is missing: whose changes are to be replayed");
  if (options.from.empty()) return refuse("-from is missing: where to begin");
  if (options.from == "latest") {
    return refuse(
        "-from latest: nothing was committed behind it yet; give earliest, a time, gtid:SET or "
        "file:NAME:OFFSET");
  }
  if (options.to == "earliest") {
    return refuse(
        "-to earliest: nothing was committed before it; give a time, gtid:SET or file:NAME:OFFSET");
  }
  for (const auto* place : {&options.from, &options.to}) {
    if (place->empty()) continue;
    auto parsed = config::parse_start_from(*place);
    if (!parsed && place == &options.to) return refuse("-to: " + parsed.error().message);
    if (!parsed) return refuse("-from: " + as_replay_advice(parsed.error().message));
    const auto* time = std::get_if<source::AtTime>(&*parsed);
    if (time != nullptr && time->unix_seconds > std::time(nullptr)) {
      return refuse((place == &options.from ? "-from " : "-to ") + *place +
                    ": a time that is still to come; give one that has passed");
    }
  }
  return {};
}

}  // namespace

base::CommandSyntax<ReplayOptions> replay_syntax() {
  static constexpr std::array<std::string_view, 7> kValued = {"config", "tasks", "task",     "from",
                                                              "to",     "rate",  "server-id"};
  return {"pikachu replay", kHelp, {}, kValued, set, check};
}

int run_replay(const ReplayOptions& options, std::ostream& output, std::ostream& messages) {
  constexpr int kWrongConfiguration = 2;
  auto loaded = config::load(options.config_path, options.tasks_path);
  for (const auto& finding : loaded.findings) messages << finding.to_string() << '\n';
  if (!loaded.config) return kWrongConfiguration;
  auto& config = *loaded.config;
  if (options.server_id == config.connection.server_id) {
    messages << "pikachu replay: -server-id " << *options.server_id
             << " is the service's own, and the server would end its stream; leave it out\n";
    return kWrongConfiguration;
  }
  if (!reduce_to_task(config, options)) {
    messages << "pikachu replay: "
             << (options.tasks_path.empty() ? options.config_path : options.tasks_path)
             << " has no task \"" << options.task
             << "\"; -task takes one of these: " << task_ids_of(config) << '\n';
    return kWrongConfiguration;
  }
  StopSignals signals;
  const auto logger = telemetry::Logger::to_stderr(config.log);
  auto letters = store::LettersBeside::open(config.state_dir);
  if (!letters) return failed(messages, letters.error());
  const auto last_number = last_number_of(config.state_dir);
  if (!last_number) return failed(messages, last_number.error());
  auto from = config::parse_start_from(options.from);
  if (!from) return failed(messages, from.error());
  auto latest = server_end(config, logger);
  if (!latest) return failed(messages, latest.error());
  auto end = find_end(options.to, std::move(*latest));
  if (!end) return failed(messages, end.error());

  std::unique_ptr<ReplayRun> replay;
  try {
    replay = std::make_unique<ReplayRun>(config, std::move(*end), std::move(*from), options.rate,
                                         **letters, *last_number, logger);
    replay->start();
  } catch (const std::runtime_error& error) {  // an endpoint that can't be, no threads left
    return failed(messages, {ErrorCode::kInvalid, error.what()});
  }
  while (signals.wait(replay->ended()) == StopSignals::Event::kReload) {
  }
  replay->stop();
  return report(*replay, options, output, messages);
}

}  // namespace pikachu::app
