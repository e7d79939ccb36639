#include "store/state_import.h"

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "store/position_table.h"
#include "store/state_file.h"

namespace pikachu::store {
namespace {

constexpr std::string_view kAddWaiting = R"sql(
INSERT INTO waiting (place, id, key_a, key_b, label, commit_time_us, body)
  VALUES ((?1 << 48) + ?2, ?3, ?4, ?5, ?6, ?7, ?8))sql";
constexpr std::string_view kAddLetter = R"sql(
INSERT INTO dead_letters (task_id, id, number, retry, key_a, key_b, label, commit_time_us, reason,
    attempts, last_status, last_reply, added_at, body)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14))sql";
constexpr std::string_view kAddDropped =
    "INSERT INTO dropped_letters (task_id, id, reason, dropped_at) VALUES (?1, ?2, ?3, ?4)";
constexpr const char* kCount = R"sql(
UPDATE tasks SET waiting = counted.changes, waiting_bytes = counted.bytes FROM (
  SELECT place >> 48 AS slot, count(*) AS changes,
    sum(length(CAST(id AS BLOB)) + length(CAST(label AS BLOB)) + length(body)) AS bytes
  FROM waiting GROUP BY place >> 48) AS counted WHERE counted.slot = tasks.slot;
UPDATE numbers SET last = max(last,
  coalesce((SELECT max(place & 281474976710655) FROM waiting), 0));)sql";

}  // namespace

base::Result<StateImport> StateImport::begin(const std::string& dir) {
  if (auto ready = ensure_state_directory(dir); !ready) return base::propagate(std::move(ready));
  auto lock = StateLock::acquire(dir);
  if (!lock) return base::propagate(std::move(lock));
  const std::string path = dir + "/pikachu.db";
  std::error_code error;
  for (const auto& name : {path, path + "-wal"}) {
    if (!std::filesystem::exists(name, error)) continue;
    return base::fail(base::ErrorCode::kInvalid,
                      name +
                          ": there is a state already, which an import never replaces; move it "
                          "away, or set state.dir to another directory");
  }
  auto draft = open_state_draft(dir);
  if (!draft) return base::propagate(std::move(draft));
  auto connection = std::make_unique<Connection>(std::move(*draft));
  auto transaction = Transaction::begin(*connection, OpenMode::kWrite);
  if (!transaction) return base::propagate(std::move(transaction));
  StateImport import(dir, std::move(*lock), std::move(connection), std::move(*transaction));
  if (auto prepared = import.prepare(); !prepared) return base::propagate(std::move(prepared));
  return import;
}

StateImport::StateImport(std::string dir, StateLock lock, std::unique_ptr<Connection> connection,
                         Transaction transaction)
    : dir_(std::move(dir)),
      lock_(std::move(lock)),
      connection_(std::move(connection)),
      transaction_(std::move(transaction)) {
}

base::Result<void> StateImport::prepare() {
  struct Entry {
    Statement* statement;
    std::string_view sql;
  };
  for (const auto& [statement, sql] :
       {Entry{&add_waiting_, kAddWaiting}, Entry{&add_letter_, kAddLetter},
        Entry{&add_dropped_, kAddDropped}}) {
    auto prepared = connection_->prepare(sql);
    if (!prepared) return base::propagate(std::move(prepared));
    *statement = std::move(*prepared);
  }
  return {};
}

base::Result<void> StateImport::add(const StateSummary& summary) {
  auto numbers = connection_->prepare("UPDATE numbers SET last = max(last, ?1)");
  if (!numbers) return base::propagate(std::move(numbers));
  numbers->bind(1, static_cast<std::int64_t>(summary.last_number));
  if (auto done = numbers->run(); !done) return done;
  auto position = PositionTable::open(*connection_);
  if (!position) return base::propagate(std::move(position));
  if (summary.start_from) {
    if (auto done = position->replace(summary.start_from); !done) return done;
  }
  return summary.checkpoint ? position->save(*summary.checkpoint) : base::Result<void>{};
}

base::Result<void> StateImport::add(const StoredDelivery& stored) {
  auto slot = slot_of(stored.task_id);
  if (!slot) return base::propagate(std::move(slot));
  const auto& message = *stored.delivery.message;
  add_waiting_.bind(1, *slot);
  add_waiting_.bind(2, static_cast<std::int64_t>(stored.delivery.number));
  add_waiting_.bind_text(3, message.id);
  add_waiting_.bind(4, static_cast<std::int64_t>(message.keys[0]));
  add_waiting_.bind(5, static_cast<std::int64_t>(message.keys[1]));
  add_waiting_.bind_text(6, message.label);
  add_waiting_.bind(7, message.commit_time_us);
  add_waiting_.bind_blob(8, message.body);
  return add_waiting_.run();
}

base::Result<std::int64_t> StateImport::slot_of(const std::string& task_id) {
  const auto [found, is_new] =
      slots_.try_emplace(task_id, static_cast<std::int64_t>(slots_.size()) + 1);
  if (is_new) {
    auto insert = connection_->prepare("INSERT INTO tasks (slot, task_id) VALUES (?1, ?2)");
    if (!insert) return base::propagate(std::move(insert));
    insert->bind(1, found->second);
    insert->bind_text(2, task_id);
    if (auto inserted = insert->run(); !inserted) return base::propagate(std::move(inserted));
  }
  return found->second;
}

base::Result<void> StateImport::add(const StoredLetter& letter) {
  const auto& content = letter.content;
  add_letter_.bind_text(1, content.task_id);
  add_letter_.bind_text(2, content.id);
  add_letter_.bind(3, static_cast<std::int64_t>(content.number));
  add_letter_.bind(4, letter.is_marked ? 1 : 0);
  add_letter_.bind(5, static_cast<std::int64_t>(content.keys[0]));
  add_letter_.bind(6, static_cast<std::int64_t>(content.keys[1]));
  add_letter_.bind_text(7, content.label);
  add_letter_.bind(8, content.commit_time_us);
  add_letter_.bind_text(9, content.reason);
  add_letter_.bind(10, content.attempts);
  add_letter_.bind(11, content.last_status);
  add_letter_.bind_text(12, content.last_reply);
  add_letter_.bind_text(13, letter.added_at);
  add_letter_.bind_blob(14, content.body);
  return add_letter_.run();
}

base::Result<void> StateImport::add(const DroppedLetter& letter) {
  add_dropped_.bind_text(1, letter.task_id);
  add_dropped_.bind_text(2, letter.id);
  add_dropped_.bind_text(3, letter.reason);
  add_dropped_.bind_text(4, letter.dropped_at);
  return add_dropped_.run();
}

base::Result<void> StateImport::finish() {
  if (auto counted = connection_->execute(kCount); !counted) return counted;
  if (auto committed = transaction_.commit(); !committed) return committed;
  add_waiting_ = {};
  add_letter_ = {};
  add_dropped_ = {};
  connection_.reset();
  return put_state_draft_in_place(dir_);
}

}  // namespace pikachu::store
