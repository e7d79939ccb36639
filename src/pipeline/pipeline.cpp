#include "pipeline/pipeline.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "base/fault_point.h"

namespace pikachu::pipeline {
namespace {

// A Commit without rows this long after the one before is a heartbeat: there was nothing to read,
// so the stream has caught up. While catching up they follow each other within milliseconds.
constexpr std::chrono::milliseconds kIdle{500};

// Deliveries of a transaction after which a part of it is committed.
constexpr std::size_t kPart = 1'000;

std::string label_of(const change::RowChange& change) {
  const auto operation = change::to_string(change.operation);
  std::string label;
  label.reserve(change.table->database.size() + change.table->table.size() + operation.size() + 2);
  label += change.table->database;
  label += '.';
  label += change.table->table;
  label += ' ';
  label += operation;
  return label;
}

double seconds_since(std::int64_t commit_time_us) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto lag = now - std::chrono::microseconds(commit_time_us);
  // The server's clock may be ahead of ours.
  return std::max(0.0, std::chrono::duration<double>(lag).count());
}

}  // namespace

Pipeline::Pipeline(Source& source, route::Router& router, std::vector<std::string> task_ids,
                   Sink& sink, AckTracker& tracker, std::optional<Checkpoint> resumed,
                   PositionStore& positions, telemetry::HealthBoard& health,
                   telemetry::Registry& registry)
    : source_(source),
      router_(router),
      task_ids_(std::move(task_ids)),
      sink_(sink),
      tracker_(tracker),
      positions_(positions),
      health_(health),
      metrics_(registry, task_ids_),
      anything_read_(resumed.has_value()),
      resumed_inside_(resumed ? std::move(resumed->inside) : std::nullopt),
      inside_server_(resumed_inside_ ? std::move(resumed->position.server) : std::string()),
      last_body_size_(task_ids_.size(), 0),
      last_commit_at_(std::chrono::steady_clock::now()) {
}

base::Error Pipeline::run(const std::stop_token& stop) {
  if (anything_read_ && sink_.expects_again()) tracker_.hold();
  auto ended = read(stop);
  release_position();
  // What is settled of an open transaction is not to come again, also where the end comes between
  // two parts.
  if (tracked_in_part_ > 0) commit_part();
  return ended;
}

base::Error Pipeline::read(const std::stop_token& stop) {
  while (true) {
    auto event = source_.next(stop);
    if (!event) return std::move(event).error();
    if (auto* ended = std::get_if<Commit>(&*event)) {
      if (auto saved = save_start(ended->position); !saved) return std::move(saved).error();
      if (auto done = commit(std::move(*ended)); !done) return std::move(done).error();
    } else if (const auto* prepared = std::get_if<Prepared>(&*event)) {
      release_position();
      // A number that belongs to a part is not the last before the transaction.
      if (!resumed_inside_) *prepared->through = tracker_.through();
    } else if (const auto* const* row = std::get_if<const change::RowChange*>(&*event)) {
      if (auto delivered = deliver(**row, stop); !delivered) return std::move(delivered).error();
    }
  }
}

// Only what comes before all rows: a later position may have deliveries in front of it.
base::Result<void> Pipeline::save_start(const change::Position& position) {
  if (std::exchange(anything_read_, true)) return {};
  auto saved = positions_.save({position, tracker_.last_number(), std::nullopt});
  if (!saved) return base::propagate(std::move(saved), "saving where the stream begins");
  return saved;
}

base::Result<void> Pipeline::deliver(const change::RowChange& change, const std::stop_token& stop) {
  anything_read_ = true;
  if (!std::exchange(in_transaction_, true)) {
    if (auto begun = begin_transaction(change); !begun) return begun;
  }
  if (is_resumed_transaction_ && change.row < resumed_inside_->rows) return {};
  const auto tasks = router_.match(change);
  if (tasks.empty()) return {};
  PIKACHU_FAULT_POINT("pipeline.row_read");
  health_.row_change_read();
  for (const std::size_t task : tasks) {
    auto delivery = make_delivery(change, task);
    health_.set_reader_waiting(true);
    auto taken = sink_.submit(std::move(delivery), stop);
    health_.set_reader_waiting(false);
    if (!taken) return taken;
    metrics_.rows_total[task][static_cast<std::size_t>(change.operation)]->Increment();
  }
  tracked_in_part_ += tasks.size();
  delivered_rows_ = change.row + 1;
  if (tracked_in_part_ >= kPart) commit_part();
  return {};
}

base::Result<void> Pipeline::begin_transaction(const change::RowChange& change) {
  commit_time_us_ = change.transaction->commit_time_us;
  transaction_ = change.transaction->gtid;
  if (transaction_.empty()) change::append_event_id(change, transaction_);
  server_ = change.transaction->server;
  if (auto forgotten = forget_inside_of_another(server_); !forgotten) return forgotten;
  is_resumed_transaction_ = resumed_inside_ && resumed_inside_->transaction == transaction_;
  return {};
}

// On another server a transaction comes again from its begin. If a restart met the first one once
// more, and left out what was settled there, an older change of a row could have come last.
base::Result<void> Pipeline::forget_inside_of_another(std::string_view server) {
  if (inside_server_.empty() || server == inside_server_) return {};
  resumed_inside_.reset();
  tracker_.forget_inside();
  if (auto forgotten = positions_.forget_inside(); !forgotten) {
    return base::propagate(std::move(forgotten), "saving that another server is read");
  }
  inside_server_.clear();
  return {};
}

void Pipeline::commit_part() {
  tracked_in_part_ = 0;
  release_position();
  inside_server_ = server_;
  tracker_.commit_part({transaction_, delivered_rows_}, server_);
}

void Pipeline::release_position() {
  if (tracker_.is_held() && !sink_.expects_again()) tracker_.release();
}

Delivery Pipeline::make_delivery(const change::RowChange& change, std::size_t task) {
  auto message = std::make_shared<Message>();
  message->task = task;
  change::append_event_id(change, message->id);
  auto& expected_size = last_body_size_[task];
  // An eighth more: rows of a table differ a little, and a second allocation copies it all.
  message->body.reserve(expected_size + expected_size / 8);
  bodies_.append_body(change, task_ids_[task], message->body);
  expected_size = message->body.size();
  message->keys = ordering_keys(change);
  message->label = label_of(change);
  message->commit_time_us = change.transaction->commit_time_us;
  auto [number, ack] = tracker_.track();
  return {std::move(message), number, std::move(ack)};
}

std::array<std::uint64_t, 2> Pipeline::ordering_keys(const change::RowChange& change) {
  const auto& schema = *change.table;
  // With binlog_row_image=MINIMAL the row of an INSERT may lack a key that was left to its DEFAULT,
  // and a row from before the table had this key lacks its columns.
  const auto key = encode::row_key(schema, change.identity()).value_or(kAnyRow);
  if (change.operation != change::Operation::kUpdate) return {key, key};
  // MINIMAL and FULL_NODUP leave columns that did not change out of the second image.
  const auto is_absent = [&](std::size_t column) {
    return change.after[column].kind == change::ValueKind::kAbsent;
  };
  if (!std::any_of(schema.primary_key.begin(), schema.primary_key.end(), is_absent)) {
    return {key, encode::row_key(schema, change.after).value_or(kAnyRow)};
  }
  completed_image_.assign(change.after.begin(), change.after.end());
  for (const auto column : schema.primary_key) {
    if (is_absent(column)) completed_image_[column] = change.before[column];
  }
  return {key, encode::row_key(schema, completed_image_).value_or(kAnyRow)};
}

base::Result<void> Pipeline::commit(Commit commit) {
  const auto now = std::chrono::steady_clock::now();
  if (commit_time_us_) {
    metrics_.transactions_total.Increment();
    metrics_.lag_seconds.Set(seconds_since(*commit_time_us_));
    commit_time_us_.reset();
  } else if (now - last_commit_at_ >= kIdle) {
    metrics_.lag_seconds.Set(0);
  }
  last_commit_at_ = now;
  tracked_in_part_ = 0;
  in_transaction_ = false;
  if (std::exchange(is_resumed_transaction_, false)) resumed_inside_.reset();
  if (auto forgotten = forget_inside_of_another(commit.position.server); !forgotten) {
    return forgotten;
  }
  release_position();
  tracker_.commit(std::move(commit), resumed_inside_);
  return {};
}

}  // namespace pikachu::pipeline
