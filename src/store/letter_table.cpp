#include "store/letter_table.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <utility>

#include "base/fault_point.h"
#include "base/utc_time.h"

namespace pikachu::store {
namespace {

// A letter that comes again gets a new `letter`, so that what is still under way for the old one
// cannot remove it, and keeps its number: by that, letters of one row stay in order.
constexpr std::string_view kAdd = R"sql(
INSERT OR REPLACE INTO dead_letters (task_id, id, number, key_a, key_b, label, commit_time_us,
    reason, attempts, last_status, last_reply, added_at, body)
  VALUES (?1, ?2,
    min(?3, coalesce((SELECT number FROM dead_letters WHERE task_id = ?1 AND id = ?2), ?3)),
    ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13))sql";
constexpr std::string_view kNextMarked = R"sql(
SELECT letter, number, id, key_a, key_b, label, commit_time_us, body FROM dead_letters
  WHERE task_id = ?1 AND retry = 1 AND (number, letter) > (?2, ?3) ORDER BY number, letter
  LIMIT ?4)sql";

pipeline::MarkedLetter read_marked(const Statement& row, std::size_t task) {
  auto message = std::make_shared<pipeline::Message>();
  message->task = task;
  message->id = row.text(2);
  message->keys = {static_cast<std::uint64_t>(row.number(3)),
                   static_cast<std::uint64_t>(row.number(4))};
  message->label = row.text(5);
  message->commit_time_us = row.number(6);
  message->body = row.text(7);
  return {row.number(0), static_cast<std::uint64_t>(row.number(1)), std::move(message)};
}

}  // namespace

base::Result<LetterTable> LetterTable::open(Connection& connection,
                                            std::vector<std::string> task_ids) {
  LetterTable table(connection);
  table.task_ids_ = std::move(task_ids);
  struct Entry {
    Statement* statement;
    std::string_view sql;
  };
  for (const auto& [statement, sql] : {
           Entry{&table.add_, kAdd},
           Entry{&table.count_, "SELECT count(*) FROM dead_letters WHERE task_id = ?1"},
           Entry{&table.version_, "PRAGMA data_version"},
           Entry{&table.next_marked_, kNextMarked},
           Entry{&table.remove_, "DELETE FROM dead_letters WHERE letter = ?1"},
       }) {
    auto prepared = connection.prepare(sql);
    if (!prepared) return base::propagate(std::move(prepared));
    *statement = std::move(*prepared);
  }
  return table;
}

base::Result<void> LetterTable::add(const pipeline::DeadLetter& letter) {
  const auto added_at = base::to_utc(std::chrono::system_clock::now(), 3);
  add_.bind_text(1, letter.task_id);
  add_.bind_text(2, letter.id);
  add_.bind(3, static_cast<std::int64_t>(letter.number));
  add_.bind(4, static_cast<std::int64_t>(letter.keys[0]));
  add_.bind(5, static_cast<std::int64_t>(letter.keys[1]));
  add_.bind_text(6, letter.label);
  add_.bind(7, letter.commit_time_us);
  add_.bind_text(8, letter.reason);
  add_.bind(9, letter.attempts);
  add_.bind(10, letter.last_status);
  add_.bind_text(11, letter.last_reply);
  add_.bind_text(12, added_at);
  add_.bind_blob(13, letter.body);
  PIKACHU_FAULT_POINT("letter.adding");
  if (auto added = add_.run(); !added) {
    return base::propagate(std::move(added), "adding a dead letter of task " + letter.task_id);
  }
  PIKACHU_FAULT_POINT("letter.added");
  return {};
}

base::Result<std::uint64_t> LetterTable::count(std::string_view task_id) {
  count_.bind_text(1, task_id);
  auto row = count_.step();
  if (!row) return base::propagate(std::move(row), "counting dead letters");
  const auto count = static_cast<std::uint64_t>(count_.number(0));
  count_.reset();
  return count;
}

base::Result<std::uint64_t> LetterTable::version() {
  auto row = version_.step();
  if (!row) return base::propagate(std::move(row), "looking for marked dead letters");
  const auto version = static_cast<std::uint64_t>(version_.number(0));
  version_.reset();
  return version;
}

base::Result<std::uint32_t> LetterTable::rate() {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  auto rate = connection_->query_number("SELECT rate FROM retry");
  if (!rate) return base::propagate(std::move(rate), "reading the rate of dead letters");
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(*rate, 1, kMost));
}

base::Result<std::vector<pipeline::MarkedLetter>> LetterTable::next_marked(
    std::size_t task, pipeline::LetterPlace after, std::size_t max_letters) {
  constexpr std::size_t kMost = std::numeric_limits<std::int64_t>::max();
  next_marked_.bind_text(1, task_ids_[task]);
  next_marked_.bind(2, static_cast<std::int64_t>(after.number));
  next_marked_.bind(3, after.letter);
  next_marked_.bind(4, static_cast<std::int64_t>(std::min(max_letters, kMost)));
  std::vector<pipeline::MarkedLetter> found;
  while (true) {
    auto row = next_marked_.step();
    if (!row) return base::propagate(std::move(row), "reading marked dead letters");
    if (!*row) return found;
    found.push_back(read_marked(next_marked_, task));
  }
}

base::Result<void> LetterTable::remove(std::int64_t letter) {
  remove_.bind(1, letter);
  auto removed = remove_.run();
  if (!removed) return base::propagate(std::move(removed), "removing a dead letter");
  return {};
}

}  // namespace pikachu::store
