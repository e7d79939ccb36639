#include "store/state_view.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "base/utc_time.h"
#include "store/position_table.h"
#include "store/state_file.h"
#include "store/waiting_table.h"

namespace pikachu::store {
namespace {

// So many records in one transaction: some milliseconds, in which the service waits.
constexpr std::size_t kGroup = 500;

constexpr std::string_view kLetterColumns =
    "letter, task_id, id, number, retry, key_a, key_b, label, commit_time_us, reason, attempts, "
    "last_status, last_reply, added_at, length(body)";

std::uint64_t unsigned_of(std::int64_t number) {
  return static_cast<std::uint64_t>(number);
}

StoredLetter read_letter(const Statement& row) {
  StoredLetter letter;
  letter.letter = row.number(0);
  auto& content = letter.content;
  content.task_id = row.text(1);
  content.id = row.text(2);
  content.number = unsigned_of(row.number(3));
  letter.is_marked = row.number(4) != 0;
  content.keys = {unsigned_of(row.number(5)), unsigned_of(row.number(6))};
  content.label = row.text(7);
  content.commit_time_us = row.number(8);
  content.reason = row.text(9);
  content.attempts = static_cast<std::uint32_t>(row.number(10));
  content.last_status = static_cast<int>(row.number(11));
  content.last_reply = row.text(12);
  letter.added_at = row.text(13);
  letter.body_bytes = unsigned_of(row.number(14));
  return letter;
}

// The records that are meant, lowest first.
base::Result<std::vector<std::int64_t>> find_letters(Connection& connection,
                                                     const LetterChoice& choice) {
  std::string sql = "SELECT letter FROM dead_letters WHERE 1 = 1";
  if (choice.task_id) sql += " AND task_id = ?1";
  if (!choice.ids.empty()) sql += " AND id = ?2";
  auto select = connection.prepare(sql + " ORDER BY letter");
  if (!select) return base::propagate(std::move(select));
  std::vector<std::int64_t> letters;
  for (std::size_t i = 0; i < std::max<std::size_t>(1, choice.ids.size()); ++i) {
    if (choice.task_id) select->bind_text(1, *choice.task_id);
    if (!choice.ids.empty()) select->bind_text(2, choice.ids[i]);
    while (true) {
      auto row = select->step();
      if (!row) return base::propagate(std::move(row), "reading dead letters");
      if (!*row) break;
      letters.push_back(select->number(0));
    }
  }
  std::sort(letters.begin(), letters.end());
  letters.erase(std::unique(letters.begin(), letters.end()), letters.end());
  return letters;
}

// Calls `change` with each letter, in transactions of kGroup, and counts those it changed.
template <typename Change>
base::Result<std::uint64_t> change_in_groups(Connection& connection,
                                             const std::vector<std::int64_t>& letters,
                                             const Change& change) {
  std::uint64_t changed = 0;
  for (std::size_t begin = 0; begin < letters.size(); begin += kGroup) {
    auto transaction = Transaction::begin(connection, OpenMode::kWrite);
    if (!transaction) return base::propagate(std::move(transaction));
    const auto end = std::min(letters.size(), begin + kGroup);
    for (std::size_t i = begin; i < end; ++i) {
      if (auto done = change(letters[i]); !done) return base::propagate(std::move(done));
      changed += unsigned_of(connection.changes());
    }
    if (auto committed = transaction->commit(); !committed) {
      return base::propagate(std::move(committed));
    }
  }
  return changed;
}

}  // namespace

base::Result<StateView> StateView::open(const std::string& dir, OpenMode mode) {
  auto connection = open_state_file_beside(dir, mode);
  if (!connection) return base::propagate(std::move(connection));
  return StateView(std::make_unique<Connection>(std::move(*connection)));
}

base::Result<StateSummary> StateView::summary() {
  auto transaction = Transaction::begin(*connection_, OpenMode::kRead);
  if (!transaction) return base::propagate(std::move(transaction));
  return read_summary();
}

base::Result<StateSummary> StateView::read_summary() {
  StateSummary summary;
  auto position = PositionTable::open(*connection_);
  if (!position) return base::propagate(std::move(position));
  auto checkpoint = position->load();
  if (!checkpoint) return base::propagate(std::move(checkpoint));
  summary.checkpoint = std::move(*checkpoint);
  auto saved_at = position->saved_at();
  if (!saved_at) return base::propagate(std::move(saved_at));
  summary.saved_at = std::move(*saved_at);
  auto start_from = position->start_from();
  if (!start_from) return base::propagate(std::move(start_from));
  summary.start_from = std::move(*start_from);
  auto tasks = read_tasks();
  if (!tasks) return base::propagate(std::move(tasks));
  summary.tasks = std::move(*tasks);
  auto last = read_last_number(*connection_);
  if (!last) return base::propagate(std::move(last));
  summary.last_number = *last;
  auto page_size = connection_->query_number("PRAGMA page_size");
  if (!page_size) return base::propagate(std::move(page_size));
  auto pages = connection_->query_number("PRAGMA page_count");
  if (!pages) return base::propagate(std::move(pages));
  auto free_pages = connection_->query_number("PRAGMA freelist_count");
  if (!free_pages) return base::propagate(std::move(free_pages));
  summary.file_bytes = unsigned_of(*pages * *page_size);
  summary.free_bytes = unsigned_of(*free_pages * *page_size);
  return summary;
}

base::Result<std::vector<StateSummary::Task>> StateView::read_tasks() {
  auto select = connection_->prepare(R"sql(
SELECT task_id, sum(waiting), sum(bytes), sum(letters), sum(marked) FROM (
  SELECT task_id, waiting, waiting_bytes AS bytes, 0 AS letters, 0 AS marked FROM tasks
    WHERE waiting > 0
  UNION ALL SELECT task_id, 0, 0, count(*), 0 FROM dead_letters GROUP BY task_id
  UNION ALL SELECT task_id, 0, 0, 0, count(*) FROM dead_letters WHERE retry = 1 GROUP BY task_id)
GROUP BY task_id ORDER BY task_id)sql");
  if (!select) return base::propagate(std::move(select));
  std::vector<StateSummary::Task> tasks;
  while (true) {
    auto row = select->step();
    if (!row) return base::propagate(std::move(row), "reading what waits for tasks");
    if (!*row) return tasks;
    tasks.push_back({select->text(0), to_amount(select->number(1), select->number(2)),
                     unsigned_of(select->number(3)), unsigned_of(select->number(4))});
  }
}

base::Result<std::vector<StoredLetter>> StateView::letters(
    const std::optional<std::string>& task_id, std::int64_t after, std::size_t max_letters) {
  constexpr std::size_t kMost = std::numeric_limits<std::int64_t>::max();
  auto select = connection_->prepare(
      "SELECT " + std::string(kLetterColumns) + " FROM dead_letters WHERE letter > ?1" +
      (task_id ? " AND task_id = ?3" : "") + " ORDER BY letter LIMIT ?2");
  if (!select) return base::propagate(std::move(select));
  select->bind(1, after);
  select->bind(2, static_cast<std::int64_t>(std::min(max_letters, kMost)));
  if (task_id) select->bind_text(3, *task_id);
  std::vector<StoredLetter> letters;
  while (true) {
    auto row = select->step();
    if (!row) return base::propagate(std::move(row), "reading dead letters");
    if (!*row) return letters;
    letters.push_back(read_letter(*select));
  }
}

base::Result<std::optional<StoredLetter>> StateView::letter(std::string_view task_id,
                                                            std::string_view id) {
  auto select = connection_->prepare("SELECT " + std::string(kLetterColumns) +
                                     ", body FROM dead_letters WHERE task_id = ?1 AND id = ?2");
  if (!select) return base::propagate(std::move(select));
  select->bind_text(1, task_id);
  select->bind_text(2, id);
  auto row = select->step();
  if (!row) return base::propagate(std::move(row), "reading a dead letter");
  if (!*row) return std::nullopt;
  auto letter = read_letter(*select);
  letter.content.body = select->text(15);
  return letter;
}

base::Result<std::uint64_t> StateView::mark(const LetterChoice& choice,
                                            std::optional<std::uint32_t> rate) {
  if (rate) {
    auto set = connection_->prepare("UPDATE retry SET rate = ?1");
    if (!set) return base::propagate(std::move(set));
    set->bind(1, *rate);
    if (auto done = set->run(); !done) return base::propagate(std::move(done));
  }
  auto letters = find_letters(*connection_, choice);
  if (!letters) return base::propagate(std::move(letters));
  auto update = connection_->prepare("UPDATE dead_letters SET retry = 1 WHERE letter = ?1");
  if (!update) return base::propagate(std::move(update));
  return change_in_groups(*connection_, *letters, [&](std::int64_t letter) {
    update->bind(1, letter);
    return update->run();
  });
}

base::Result<std::uint64_t> StateView::drop(const LetterChoice& choice, std::string_view reason) {
  auto letters = find_letters(*connection_, choice);
  if (!letters) return base::propagate(std::move(letters));
  auto remember = connection_->prepare(R"sql(
INSERT INTO dropped_letters (task_id, id, reason, dropped_at)
  SELECT task_id, id, ?2, ?3 FROM dead_letters WHERE letter = ?1)sql");
  if (!remember) return base::propagate(std::move(remember));
  auto forget = connection_->prepare(
      "DELETE FROM dropped_letters WHERE drop_number <= last_insert_rowid() - ?1");
  if (!forget) return base::propagate(std::move(forget));
  auto remove = connection_->prepare("DELETE FROM dead_letters WHERE letter = ?1");
  if (!remove) return base::propagate(std::move(remove));
  const auto now = base::to_utc(std::chrono::system_clock::now(), 3);
  return change_in_groups(*connection_, *letters, [&](std::int64_t letter) -> base::Result<void> {
    remember->bind(1, letter);
    remember->bind_text(2, reason);
    remember->bind_text(3, now);
    if (auto done = remember->run(); !done) return done;
    forget->bind(1, kDroppedKept);
    if (auto done = forget->run(); !done) return done;
    remove->bind(1, letter);
    return remove->run();
  });
}

base::Result<void> StateView::visit(const Visitor& visitor) {
  auto transaction = Transaction::begin(*connection_, OpenMode::kRead);
  if (!transaction) return base::propagate(std::move(transaction));
  auto summary = read_summary();
  if (!summary) return base::propagate(std::move(summary));
  if (auto seen = visitor.summary(*summary); !seen) return seen;
  if (auto seen = visit_waiting(visitor); !seen) return seen;
  if (auto seen = visit_letters(visitor); !seen) return seen;
  return visit_dropped(visitor);
}

base::Result<void> StateView::visit_waiting(const Visitor& visitor) {
  auto select = connection_->prepare(R"sql(
SELECT place, id, key_a, key_b, label, commit_time_us, body, task_id
  FROM waiting JOIN tasks ON tasks.slot = waiting.place >> 48 ORDER BY place)sql");
  if (!select) return base::propagate(std::move(select));
  while (true) {
    auto row = select->step();
    if (!row) return base::propagate(std::move(row), "reading waiting deliveries");
    if (!*row) return {};
    if (auto seen = visitor.waiting({select->text(7), read_waiting(*select, 0)}); !seen) {
      return seen;
    }
  }
}

base::Result<void> StateView::visit_letters(const Visitor& visitor) {
  auto select = connection_->prepare("SELECT " + std::string(kLetterColumns) +
                                     ", body FROM dead_letters ORDER BY letter");
  if (!select) return base::propagate(std::move(select));
  while (true) {
    auto row = select->step();
    if (!row) return base::propagate(std::move(row), "reading dead letters");
    if (!*row) return {};
    auto letter = read_letter(*select);
    letter.content.body = select->text(15);
    if (auto seen = visitor.letter(letter); !seen) return seen;
  }
}

base::Result<void> StateView::visit_dropped(const Visitor& visitor) {
  auto select = connection_->prepare(
      "SELECT task_id, id, reason, dropped_at FROM dropped_letters ORDER BY drop_number");
  if (!select) return base::propagate(std::move(select));
  while (true) {
    auto row = select->step();
    if (!row) return base::propagate(std::move(row), "reading dropped letters");
    if (!*row) return {};
    auto seen =
        visitor.dropped({select->text(0), select->text(1), select->text(2), select->text(3)});
    if (!seen) return seen;
  }
}

base::Result<void> StateView::reset_position(const std::optional<std::string>& start_from) {
  auto position = PositionTable::open(*connection_);
  if (!position) return base::propagate(std::move(position));
  auto transaction = Transaction::begin(*connection_, OpenMode::kWrite);
  if (!transaction) return base::propagate(std::move(transaction));
  if (auto replaced = position->replace(start_from); !replaced) return replaced;
  return transaction->commit();
}

base::Result<pipeline::WaitingStore::Amount> StateView::remove_waiting(const std::string& task_id) {
  auto transaction = Transaction::begin(*connection_, OpenMode::kWrite);
  if (!transaction) return base::propagate(std::move(transaction));
  auto removed = remove_all_waiting(*connection_, task_id);
  if (!removed) return removed;
  if (auto committed = transaction->commit(); !committed) {
    return base::propagate(std::move(committed));
  }
  return removed;
}

}  // namespace pikachu::store
