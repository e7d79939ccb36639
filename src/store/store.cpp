#include "store/store.h"

#include <array>
#include <chrono>
#include <utility>

#include "base/utc_time.h"
#include "store/state_file.h"

namespace pikachu::store {
namespace {

std::string now_text() {
  return base::to_utc(std::chrono::system_clock::now(), 3);
}

// Runs a statement whose rows, if any, do not matter.
base::Result<void> run(Statement& statement) {
  auto row = statement.step();
  if (!row) return base::propagate(std::move(row));
  statement.reset();
  return {};
}

base::Result<change::Flavor> parse_flavor(std::string_view text, const std::string& path) {
  for (const auto flavor : {change::Flavor::kMysql, change::Flavor::kMariadb}) {
    if (text == change::to_string(flavor)) return flavor;
  }
  return base::fail(base::ErrorCode::kCorrupt,
                    path + ": the saved position's flavor is \"" + std::string(text) +
                        "\", which is neither mysql nor mariadb; restore the file from a backup");
}

base::Result<change::Position> read_position(const Statement& row, const std::string& path) {
  auto flavor = parse_flavor(row.text(0), path);
  if (!flavor) return base::propagate(std::move(flavor));
  auto gtids = change::GtidSet::parse(*flavor, row.text(5));
  if (!gtids) {
    return base::fail(base::ErrorCode::kCorrupt,
                      path + ": the saved position's GTID set cannot be read: " +
                          gtids.error().message + "; restore the file from a backup");
  }
  if (row.number(4) < 0) {
    return base::fail(base::ErrorCode::kCorrupt,
                      path + ": the saved position's offset " + std::to_string(row.number(4)) +
                          " is negative; restore the file from a backup");
  }
  change::Position position;
  position.flavor = *flavor;
  position.server = row.text(1);
  position.server_version = row.text(2);
  position.file = row.text(3);
  position.offset = static_cast<std::uint64_t>(row.number(4));
  position.gtids = std::move(*gtids);
  return position;
}

}  // namespace

base::Result<std::unique_ptr<Store>> Store::open(const std::string& dir) {
  if (auto ready = ensure_state_directory(dir); !ready) return base::propagate(std::move(ready));
  auto lock = StateLock::acquire(dir);
  if (!lock) return base::propagate(std::move(lock));
  auto connection = open_state_file(dir);
  if (!connection) return base::propagate(std::move(connection));
  auto statements = prepare(*connection);
  if (!statements) return base::propagate(std::move(statements));
  return std::unique_ptr<Store>(
      new Store(std::move(*lock), std::move(*connection), std::move(*statements)));
}

base::Result<Store::Statements> Store::prepare(Connection& connection) {
  struct Entry {
    Statement Statements::*member;
    std::string_view sql;
  };
  constexpr std::array kEntries = {
      Entry{&Statements::load_position,
            R"(SELECT flavor, server, server_version, file, "offset", gtids FROM position)"},
      Entry{&Statements::save_position,
            R"(INSERT OR REPLACE INTO position (id, flavor, server, server_version, file, "offset",
                 gtids, saved_at) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7))"},
      Entry{&Statements::add_dead_letter,
            R"(INSERT OR REPLACE INTO dead_letters (task_id, id, body, reason, attempts,
                 last_status, last_reply, added_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8))"},
      Entry{&Statements::count_dead_letters,
            "SELECT count(*) FROM dead_letters WHERE task_id = ?1"},
  };
  Statements statements;
  for (const auto& entry : kEntries) {
    auto prepared = connection.prepare(entry.sql);
    if (!prepared) return base::propagate(std::move(prepared));
    statements.*entry.member = std::move(*prepared);
  }
  return statements;
}

Store::Store(StateLock lock, Connection connection, Statements statements)
    : lock_(std::move(lock)),
      connection_(std::move(connection)),
      statements_(std::move(statements)) {
}

base::Result<std::optional<pipeline::Checkpoint>> Store::load() {
  const std::lock_guard lock(mutex_);
  auto& statement = statements_.load_position;
  auto row = statement.step();
  if (!row) return base::propagate(std::move(row), "reading the saved position");
  if (!*row) return std::nullopt;
  auto position = read_position(statement, connection_.path());
  statement.reset();
  if (!position) return base::propagate(std::move(position));
  return pipeline::Checkpoint{std::move(*position), 0, std::nullopt};
}

base::Result<void> Store::save(const pipeline::Checkpoint& checkpoint) {
  const auto& position = checkpoint.position;
  const auto flavor = change::to_string(position.flavor);
  const auto gtids = position.gtids.to_string();
  const auto saved_at = now_text();
  const std::lock_guard lock(mutex_);
  auto& statement = statements_.save_position;
  statement.bind_text(1, flavor);
  statement.bind_text(2, position.server);
  statement.bind_text(3, position.server_version);
  statement.bind_text(4, position.file);
  statement.bind(5, static_cast<std::int64_t>(position.offset));
  statement.bind_text(6, gtids);
  statement.bind_text(7, saved_at);
  auto saved = run(statement);
  if (!saved) return base::propagate(std::move(saved), "saving the position");
  return {};
}

base::Result<void> Store::add(const pipeline::DeadLetter& letter) {
  const auto added_at = now_text();
  const std::lock_guard lock(mutex_);
  auto& statement = statements_.add_dead_letter;
  statement.bind_text(1, letter.task_id);
  statement.bind_text(2, letter.id);
  statement.bind_blob(3, letter.body);
  statement.bind_text(4, letter.reason);
  statement.bind(5, letter.attempts);
  statement.bind(6, letter.last_status);
  statement.bind_text(7, letter.last_reply);
  statement.bind_text(8, added_at);
  auto added = run(statement);
  if (!added) {
    return base::propagate(std::move(added), "adding a dead letter of task " + letter.task_id);
  }
  return {};
}

base::Result<std::uint64_t> Store::count(std::string_view task_id) {
  const std::lock_guard lock(mutex_);
  auto& statement = statements_.count_dead_letters;
  statement.bind_text(1, task_id);
  auto row = statement.step();
  if (!row) return base::propagate(std::move(row), "counting dead letters");
  const auto count = static_cast<std::uint64_t>(statement.number(0));
  statement.reset();
  return count;
}

}  // namespace pikachu::store
