#include "backlog/backlog_sink.h"

#include <algorithm>
#include <utility>

#include "base/thread_name.h"

namespace pikachu::backlog {
namespace {

constexpr std::chrono::minutes kQuietTime{1};

std::vector<std::string> task_ids(const BacklogOptions& options) {
  std::vector<std::string> ids;
  ids.reserve(options.tasks.size());
  for (const auto& task : options.tasks) ids.push_back(task.task_id);
  return ids;
}

}  // namespace

BacklogSink::BacklogSink(const BacklogOptions& options, pipeline::BoundedSink& inner,
                         pipeline::WaitingStore& store, telemetry::Logger logger,
                         telemetry::Registry& registry)
    : options_(options),
      inner_(inner),
      store_(store),
      logger_(std::move(logger)),
      metrics_(registry, task_ids(options)),
      told_(options.tasks.size()),
      told_quotas_(options.tasks.size() + 1) {
}

base::Result<void> BacklogSink::start(std::uint64_t through, std::uint64_t last_number) {
  auto opened = Backlog::open(options_, inner_, store_, through, last_number);
  if (!opened) return base::propagate(std::move(opened));
  backlog_ = std::move(*opened);
  if (auto named = name_orphans(); !named) return named;
  if (const auto waiting = behind_changes(); waiting > 0) {
    logger_.info("Changes of earlier runs wait on disk; they are delivered first.",
                 {{"changes", waiting},
                  {"bytes", backlog_->on_disk_bytes()},
                  {"to_be_read_again", backlog_->expected_again()}});
  }
  expects_again_ = backlog_->expected_again() > 0;
  inner_.on_room([room_of = backlog_](std::size_t task) { room_of->has_room(task); });
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  return {};
}

base::Result<void> BacklogSink::name_orphans() {
  const auto orphans = store_.orphans();
  if (!orphans) return tl::unexpected(orphans.error());
  for (const auto& [task_id, amount] : *orphans) {
    logger_.warn(
        "Changes wait for a task that the configuration does not have. They are kept: put the task "
        "back to have them delivered, or drop them with pikachu state reset -waiting -task.",
        {{"task", task_id}, {"changes", amount.changes}, {"bytes", amount.bytes}});
  }
  return {};
}

BacklogSink::~BacklogSink() {
  close(std::chrono::milliseconds(0));
}

base::Result<void> BacklogSink::submit(pipeline::Delivery delivery, const std::stop_token& stop) {
  while (true) {
    const auto obstacle = backlog_->submit(delivery);
    if (obstacle != obstacle_) note_obstacle(obstacle, delivery.message->task);
    if (obstacle == Obstacle::kNone) return {};
    if (!backlog_->wait_for_room(delivery.message->task, stop)) {
      return base::fail(base::ErrorCode::kCancelled,
                        "stopped while waiting for room among the waiting deliveries");
    }
  }
}

bool BacklogSink::expects_again() {
  if (!expects_again_ || backlog_->expects_again()) return expects_again_;
  expects_again_ = false;
  if (const auto missing = backlog_->expected_again(); missing > 0) {
    logger_.info(
        "Some of what waits on disk is not read again: its XA transaction was prepared before the "
        "saved position, or the tasks' tables or the server have changed. It is delivered.",
        {{"changes", missing}});
  } else {
    logger_.info("All that waits on disk has been read again.");
  }
  return false;
}

void BacklogSink::note_obstacle(Obstacle obstacle, std::size_t task) {
  obstacle_ = obstacle;
  metrics_.reader_blocked.Set(obstacle == Obstacle::kNone ? 0 : 1);
  std::string problem;
  auto quota = task;
  if (obstacle == Obstacle::kTaskQuota) {
    problem = "the waiting changes of task " + options_.tasks[task].task_id + " take up " +
              std::to_string(options_.max_bytes_per_task) +
              " bytes, which is limits.disk_per_task, so nothing more is read; mend its "
              "endpoint, or raise the limit";
  } else if (obstacle == Obstacle::kTotalQuota) {
    problem = "the waiting changes of all tasks take up " + std::to_string(options_.max_bytes) +
              " bytes, which is limits.disk, so nothing more is read; mend the endpoints "
              "that fail, or raise the limit";
    quota = options_.tasks.size();
  }
  bool is_news = false;
  {
    const std::lock_guard lock(mutex_);
    if (!problem.empty()) {
      is_news = !told_quotas_[quota];
      told_quotas_[quota] = true;
    } else if (!reader_problem_.empty()) {
      stopped_until_ = options_.clock();
    }
    reader_problem_ = problem;
  }
  if (is_news) {
    logger_.error("Reading stops: a quota of waiting changes is used up.", {{"problem", problem}});
  }
}

// Says that a quota holds up the reader no longer, once that has lasted. Returns when to look
// again.
std::optional<Backlog::TimePoint> BacklogSink::note_calm() {
  {
    const std::lock_guard lock(mutex_);
    const bool was_told = std::ranges::find(told_quotas_, true) != told_quotas_.end();
    if (!was_told || !reader_problem_.empty()) return std::nullopt;
    const auto calm_at = stopped_until_ + options_.calm_after;
    if (options_.clock() < calm_at) return calm_at;
    told_quotas_.assign(told_quotas_.size(), false);
  }
  logger_.info("Reading goes on: there is room for waiting changes.");
  return std::nullopt;
}

void BacklogSink::close(std::chrono::milliseconds grace) {
  if (std::exchange(closed_, true)) return;
  if (backlog_ == nullptr || !thread_.joinable()) {
    inner_.close(grace);
    return;
  }
  backlog_->stop_accepting();
  inner_.close(grace);
  thread_.request_stop();
  thread_.join();
  if (const auto finished = backlog_->finish(); !finished) {
    logger_.error("What was not delivered can't be kept on disk; it is read again after the start.",
                  {{"error", finished.error().message}});
  }
  update_gauges();
}

void BacklogSink::run(const std::stop_token& stop) {
  base::set_thread_name("backlog");
  std::optional<Backlog::TimePoint> look_at;
  do {
    note(backlog_->turn());
    update_gauges();
    look_at = note_calm();
  } while (backlog_->wait(stop, look_at));
}

void BacklogSink::note(const Backlog::Turn& turn) {
  note_failures(turn);
  if (turn.written > 0) {
    metrics_.group_changes.Observe(static_cast<double>(turn.written));
    metrics_.write_seconds.Observe(std::chrono::duration<double>(turn.write_time).count());
  }
  const auto now = std::chrono::steady_clock::now();
  for (const auto task : turn.spilled) {
    // An endpoint that is only a little too slow changes to and fro.
    if (told_[task] && now - *told_[task] < kQuietTime) continue;
    told_[task] = now;
    logger_.warn("The endpoint takes changes more slowly than they come; they wait on disk.",
                 {{"task", options_.tasks[task].task_id}});
  }
  for (const auto task : turn.caught_up) {
    if (!told_[task] || now - *told_[task] < kQuietTime) continue;
    told_[task].reset();
    logger_.info("No change of the task waits on disk any more.",
                 {{"task", options_.tasks[task].task_id}});
  }
}

void BacklogSink::note_failures(const Backlog::Turn& turn) {
  if (turn.write_error) {
    metrics_.write_failures_total.Increment();
    if (!std::exchange(writing_fails_, true)) {
      logger_.error(
          "Waiting changes can't be written to disk; they stay in memory, and it is tried again "
          "every second.",
          {{"error", turn.write_error->message}});
    }
  } else if ((turn.written + turn.removed > 0 || turn.nothing_to_write) &&
             std::exchange(writing_fails_, false)) {
    logger_.info(turn.nothing_to_write ? "No change is left that has to be written to disk."
                                       : "Waiting changes can be written to disk again.");
  }
  if (turn.read_error && !std::exchange(reading_fails_, true)) {
    logger_.error("Waiting changes can't be read from disk; it is tried again every second.",
                  {{"error", turn.read_error->message}});
  } else if (!turn.read_error && (turn.read > 0 || turn.nothing_to_read)) {
    reading_fails_ = false;
  }
  const std::lock_guard lock(mutex_);
  if (turn.write_error) {
    store_problem_ = "waiting changes can't be written to disk: " + turn.write_error->message;
  } else if (turn.read_error) {
    store_problem_ = "waiting changes can't be read from disk: " + turn.read_error->message;
  } else if (!writing_fails_ && !reading_fails_) {
    store_problem_.clear();
  }
}

void BacklogSink::update_gauges() {
  std::uint64_t unwritten = 0;
  for (std::size_t task = 0; task < metrics_.tasks.size(); ++task) {
    const auto waiting = backlog_->waiting(task);
    const auto& gauges = metrics_.tasks[task];
    gauges.waiting_changes.Set(static_cast<double>(waiting.on_disk_changes));
    gauges.waiting_bytes.Set(static_cast<double>(waiting.on_disk_bytes));
    gauges.oldest_commit_seconds.Set(static_cast<double>(waiting.oldest_commit_us) / 1e6);
    unwritten += waiting.unwritten_changes;
  }
  metrics_.unwritten_changes.Set(static_cast<double>(unwritten));
}

std::vector<TaskWaiting> BacklogSink::waiting() const {
  std::vector<TaskWaiting> all;
  if (backlog_ == nullptr) return all;
  all.reserve(options_.tasks.size());
  for (std::size_t task = 0; task < options_.tasks.size(); ++task) {
    all.push_back(backlog_->waiting(task));
  }
  return all;
}

std::uint64_t BacklogSink::behind_changes() const {
  std::uint64_t changes = 0;
  for (const auto& task : waiting()) changes += task.behind_changes;
  return changes;
}

std::string BacklogSink::problem() const {
  const std::lock_guard lock(mutex_);
  return reader_problem_.empty() ? store_problem_ : reader_problem_;
}

}  // namespace pikachu::backlog
