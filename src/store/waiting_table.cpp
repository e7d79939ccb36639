#include "store/waiting_table.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

#include "base/fault_point.h"

namespace pikachu::store {
namespace {

using pipeline::Message;
using pipeline::WaitingDelivery;
using Amount = pipeline::WaitingStore::Amount;

// 100,000 changes a second for 89 years.
constexpr int kNumberBits = 48;
constexpr std::uint64_t kNumberEnd = std::uint64_t{1} << kNumberBits;
constexpr std::int64_t kLastSlot = 32'767;

std::int64_t bytes_of(const Message& message) {
  return static_cast<std::int64_t>(message.id.size() + message.label.size() + message.body.size());
}

}  // namespace

Amount to_amount(std::int64_t changes, std::int64_t bytes) {
  const auto count = static_cast<std::uint64_t>(changes);
  return {count, static_cast<std::uint64_t>(bytes) + count * sizeof(Message)};
}

WaitingDelivery read_waiting(const Statement& row, std::size_t task) {
  auto message = std::make_shared<Message>();
  message->task = task;
  message->id = row.text(1);
  message->keys = {static_cast<std::uint64_t>(row.number(2)),
                   static_cast<std::uint64_t>(row.number(3))};
  message->label = row.text(4);
  message->commit_time_us = row.number(5);
  message->body = row.text(6);
  return {static_cast<std::uint64_t>(row.number(0)) & (kNumberEnd - 1), std::move(message)};
}

base::Result<std::uint64_t> read_last_number(Connection& connection) {
  auto last = connection.query_number(R"sql(
SELECT max((SELECT last FROM numbers), coalesce((SELECT through FROM position), 0),
           coalesce((SELECT max(number) FROM dead_letters), 0)))sql");
  if (!last) return base::propagate(std::move(last), "reading the last number");
  return static_cast<std::uint64_t>(*last);
}

base::Result<Amount> remove_all_waiting(Connection& connection, const std::string& task_id) {
  auto find = connection.prepare("SELECT waiting, waiting_bytes FROM tasks WHERE task_id = ?1");
  if (!find) return base::propagate(std::move(find));
  find->bind_text(1, task_id);
  auto found = find->step();
  if (!found) return base::propagate(std::move(found));
  if (!*found) return Amount{};
  const auto amount = to_amount(find->number(0), find->number(1));
  find->reset();
  for (const std::string_view sql : {R"sql(
DELETE FROM waiting WHERE
  place >= (SELECT slot << 48 FROM tasks WHERE task_id = ?1) AND
  place <= (SELECT (slot << 48) + 281474976710655 FROM tasks WHERE task_id = ?1))sql",
                                     R"sql(
UPDATE tasks SET waiting = 0, waiting_bytes = 0 WHERE task_id = ?1)sql"}) {
    auto statement = connection.prepare(sql);
    if (!statement) return base::propagate(std::move(statement));
    statement->bind_text(1, task_id);
    if (auto done = statement->run(); !done) return base::propagate(std::move(done));
  }
  return amount;
}

base::Result<WaitingTable> WaitingTable::open(Connection& connection,
                                              std::vector<std::string> task_ids) {
  WaitingTable table(connection);
  table.task_ids_ = std::move(task_ids);
  if (auto assigned = table.assign_slots(); !assigned) return base::propagate(std::move(assigned));
  if (auto prepared = table.prepare(); !prepared) return base::propagate(std::move(prepared));
  return table;
}

base::Result<void> WaitingTable::assign_slots() {
  auto transaction = Transaction::begin(*connection_, OpenMode::kWrite);
  if (!transaction) return base::propagate(std::move(transaction));
  // Slots for which nothing waits are free. Asked of the rows, not of the count: a slot that
  // changed its task under a row would send it to the wrong endpoint.
  auto freed = connection_->execute(R"sql(
DELETE FROM tasks WHERE NOT EXISTS (
  SELECT 1 FROM waiting WHERE place BETWEEN slot << 48 AND (slot << 48) + 281474976710655))sql");
  if (!freed) return freed;
  for (const auto& task_id : task_ids_) {
    if (auto assigned = assign_slot(task_id); !assigned) return assigned;
  }
  return transaction->commit();
}

base::Result<void> WaitingTable::assign_slot(const std::string& task_id) {
  auto find = connection_->prepare("SELECT slot FROM tasks WHERE task_id = ?1");
  if (!find) return base::propagate(std::move(find));
  find->bind_text(1, task_id);
  auto found = find->step();
  if (!found) return base::propagate(std::move(found));
  if (*found) {
    slots_.push_back(find->number(0));
    return {};
  }
  auto highest = connection_->query_number("SELECT coalesce(max(slot), 0) FROM tasks");
  if (!highest) return base::propagate(std::move(highest));
  if (*highest >= kLastSlot) {
    return base::fail(base::ErrorCode::kInvalid,
                      connection_->path() + ": task " + task_id + " would be the " +
                          std::to_string(*highest + 1) +
                          "th that ever was, and there is room for " + std::to_string(kLastSlot) +
                          "; move the state to a new file with pikachu state export and import");
  }
  auto insert = connection_->prepare("INSERT INTO tasks (slot, task_id) VALUES (?1, ?2)");
  if (!insert) return base::propagate(std::move(insert));
  insert->bind(1, *highest + 1);
  insert->bind_text(2, task_id);
  slots_.push_back(*highest + 1);
  return insert->run();
}

base::Result<void> WaitingTable::prepare() {
  struct Entry {
    Statement* statement;
    std::string_view sql;
  };
  for (const auto& [statement, sql] : {
           Entry{&insert_, R"sql(
INSERT OR IGNORE INTO waiting (place, id, key_a, key_b, label, commit_time_us, body)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7))sql"},
           // Before each DELETE: half as much time as its RETURNING would take.
           Entry{&measure_, R"sql(
SELECT length(CAST(id AS BLOB)) + length(CAST(label AS BLOB)) + length(body) FROM waiting
  WHERE place = ?1)sql"},
           Entry{&delete_, "DELETE FROM waiting WHERE place = ?1"},
           Entry{&grow_, R"sql(
UPDATE tasks SET waiting = max(0, waiting + ?2), waiting_bytes = max(0, waiting_bytes + ?3)
  WHERE slot = ?1)sql"},
           Entry{&remember_number_, "UPDATE numbers SET last = max(last, ?1)"},
           Entry{&read_, R"sql(
SELECT place, id, key_a, key_b, label, commit_time_us, body FROM waiting
  WHERE place > ?1 AND place < ?2 ORDER BY place LIMIT ?3)sql"},
           Entry{&amount_, "SELECT waiting, waiting_bytes FROM tasks WHERE slot = ?1"},
       }) {
    auto prepared = connection_->prepare(sql);
    if (!prepared) return base::propagate(std::move(prepared));
    *statement = std::move(*prepared);
  }
  return {};
}

std::int64_t WaitingTable::place_of(std::size_t task, std::uint64_t number) const {
  return (slots_[task] << kNumberBits) +
         static_cast<std::int64_t>(std::min(number, kNumberEnd - 1));
}

std::int64_t WaitingTable::end_of(std::size_t task) const {
  return place_of(task, kNumberEnd - 1);
}

base::Result<void> WaitingTable::write(std::span<const WaitingDelivery> added,
                                       std::span<const pipeline::WaitingId> removed) {
  auto transaction = Transaction::begin(*connection_, OpenMode::kWrite);
  if (!transaction) return base::propagate(std::move(transaction), "writing waiting deliveries");
  std::vector<Growth> growth(task_ids_.size());
  std::uint64_t last_number = 0;
  for (const auto& delivery : added) {
    if (auto done = add(delivery, growth[delivery.message->task]); !done) {
      return base::propagate(std::move(done), "writing waiting deliveries");
    }
    last_number = std::max(last_number, delivery.number);
  }
  for (const auto& id : removed) {
    if (auto done = remove(id, growth[id.task]); !done) {
      return base::propagate(std::move(done), "removing waiting deliveries");
    }
  }
  if (auto counted = count(growth, last_number); !counted) {
    return base::propagate(std::move(counted), "counting waiting deliveries");
  }
  if (!added.empty()) PIKACHU_FAULT_POINT("waiting.adding");
  if (!removed.empty()) PIKACHU_FAULT_POINT("waiting.removing");
  auto committed = transaction->commit();
  if (!committed) return base::propagate(std::move(committed), "writing waiting deliveries");
  PIKACHU_FAULT_POINT("waiting.written");
  return {};
}

base::Result<void> WaitingTable::add(const WaitingDelivery& delivery, Growth& growth) {
  if (delivery.number >= kNumberEnd - 1) {
    return base::fail(base::ErrorCode::kUnsupported,
                      connection_->path() + ": delivery number " + std::to_string(delivery.number) +
                          " is past the last one, " + std::to_string(kNumberEnd - 2) +
                          "; move the state to a new file with pikachu state export and import");
  }
  const auto& message = *delivery.message;
  insert_.bind(1, place_of(message.task, delivery.number));
  insert_.bind_text(2, message.id);
  insert_.bind(3, static_cast<std::int64_t>(message.keys[0]));
  insert_.bind(4, static_cast<std::int64_t>(message.keys[1]));
  insert_.bind_text(5, message.label);
  insert_.bind(6, message.commit_time_us);
  insert_.bind_blob(7, message.body);
  if (auto inserted = insert_.run(); !inserted) return inserted;
  if (connection_->changes() == 0) return {};
  ++growth.changes;
  growth.bytes += bytes_of(message);
  return {};
}

base::Result<void> WaitingTable::remove(const pipeline::WaitingId& id, Growth& growth) {
  const auto place = place_of(id.task, id.number);
  measure_.bind(1, place);
  auto found = measure_.step();
  if (!found) return base::propagate(std::move(found));
  if (!*found) return {};
  --growth.changes;
  growth.bytes -= measure_.number(0);
  measure_.reset();
  delete_.bind(1, place);
  return delete_.run();
}

base::Result<void> WaitingTable::count(std::span<const Growth> growth, std::uint64_t last_number) {
  for (std::size_t task = 0; task < growth.size(); ++task) {
    if (growth[task].changes == 0 && growth[task].bytes == 0) continue;
    grow_.bind(1, slots_[task]);
    grow_.bind(2, growth[task].changes);
    grow_.bind(3, growth[task].bytes);
    if (auto grown = grow_.run(); !grown) return grown;
  }
  if (last_number == 0) return {};
  remember_number_.bind(1, static_cast<std::int64_t>(last_number));
  return remember_number_.run();
}

base::Result<std::vector<WaitingDelivery>> WaitingTable::read(std::size_t task, std::uint64_t after,
                                                              std::size_t max_changes,
                                                              std::size_t max_bytes) {
  constexpr std::size_t kMost = std::numeric_limits<std::int64_t>::max();
  read_.bind(1, place_of(task, after));
  read_.bind(2, end_of(task));
  read_.bind(3, static_cast<std::int64_t>(std::min(max_changes, kMost)));
  std::vector<WaitingDelivery> found;
  std::size_t bytes = 0;
  while (true) {
    auto row = read_.step();
    if (!row) return base::propagate(std::move(row), "reading waiting deliveries");
    if (!*row) return found;
    auto delivery = read_waiting(read_, task);
    bytes += delivery.message->size();
    if (bytes > max_bytes && !found.empty()) break;
    found.push_back(std::move(delivery));
  }
  read_.reset();
  return found;
}

base::Result<Amount> WaitingTable::amount(std::size_t task) {
  amount_.bind(1, slots_[task]);
  auto row = amount_.step();
  if (!row) return base::propagate(std::move(row), "counting waiting deliveries");
  if (!*row) return Amount{};
  const auto amount = to_amount(amount_.number(0), amount_.number(1));
  amount_.reset();
  return amount;
}

base::Result<std::vector<pipeline::WaitingStore::Orphan>> WaitingTable::orphans() {
  auto tasks = connection_->prepare(
      "SELECT task_id, waiting, waiting_bytes FROM tasks WHERE waiting > 0 ORDER BY slot");
  if (!tasks) return base::propagate(std::move(tasks));
  std::vector<pipeline::WaitingStore::Orphan> found;
  while (true) {
    auto row = tasks->step();
    if (!row) return base::propagate(std::move(row), "reading tasks with waiting deliveries");
    if (!*row) return found;
    auto task_id = tasks->text(0);
    if (std::find(task_ids_.begin(), task_ids_.end(), task_id) != task_ids_.end()) continue;
    found.push_back({std::move(task_id), to_amount(tasks->number(1), tasks->number(2))});
  }
}

}  // namespace pikachu::store
