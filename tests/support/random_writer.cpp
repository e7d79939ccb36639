#include "tests/support/random_writer.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace pikachu::test {
namespace {

constexpr std::int64_t kSmallKeys = 400;
constexpr std::int64_t kKeysOfAWriter = 1'000'000;
constexpr std::size_t kLongestPad = 200;

std::string number(std::int64_t value) {
  return std::to_string(value);
}

std::string between(std::int64_t first, std::int64_t last) {
  return " WHERE id BETWEEN " + number(first) + " AND " + number(last);
}

}  // namespace

base::Result<void> RandomWriter::create_tables(ServerProcess& server,
                                               const std::vector<std::string>& tables,
                                               int writers) {
  std::vector<std::string> statements{
      "CREATE DATABASE test_db", "CREATE TABLE test_db.numbers (i INT PRIMARY KEY)",
      "CREATE TABLE test_db.marks (writer INT PRIMARY KEY, transaction_number BIGINT)"};
  for (const auto& table : tables) {
    statements.push_back("CREATE TABLE test_db." + table +
                         " (id INT PRIMARY KEY, n BIGINT NOT NULL, pad VARCHAR(200) NOT NULL)");
  }
  for (int writer = 0; writer < writers; ++writer) {
    statements.push_back("INSERT INTO test_db.marks VALUES (" + std::to_string(writer) + ", 0)");
  }
  std::string values;
  for (int i = 0; i < kBigRows; ++i) values += (i == 0 ? "(" : ",(") + std::to_string(i) + ")";
  statements.push_back("INSERT INTO test_db.numbers VALUES " + values);
  return server.execute(statements);
}

RandomWriter::RandomWriter(const ServerProcess& server, Options options)
    : options_(std::move(options)),
      socket_(server.socket()),
      user_(server.root_user()),
      password_(server.root_password()),
      first_small_(kKeysOfAWriter * (options_.ordinal + 1)),
      first_big_(first_small_ + kSmallKeys),
      random_(options_.seed),
      rows_(options_.tables.size()),
      next_n_(1 + static_cast<std::uint64_t>(options_.ordinal) * 1'000'000'000'000U),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
}

void RandomWriter::stop() {
  thread_.request_stop();
  thread_.join();
}

void RandomWriter::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!connection_ && !connect(stop)) continue;
    transaction(stop);
  }
}

// False while the server is not there.
bool RandomWriter::connect(const std::stop_token& stop) {
  auto connection = SqlConnection::open(socket_, user_, password_);
  if (!connection) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any pause;
    pause.wait_for(lock, stop, std::chrono::milliseconds(50), [] { return false; });
    return false;
  }
  connection_ = std::move(*connection);
  // Without locks on gaps writers do not wait for each other.
  return execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED") &&
         execute("USE test_db");
}

bool RandomWriter::execute(const std::string& statement) {
  if (connection_ && connection_->query(statement)) return true;
  connection_.reset();
  return false;
}

void RandomWriter::transaction(const std::stop_token& stop) {
  constexpr std::size_t kMostRows = 200;
  steps_.clear();
  ++transaction_;
  const bool big = below(150) == 0;
  // Mostly few: the lowest of three numbers.
  const auto rows = 1 + std::min({below(kMostRows), below(kMostRows), below(kMostRows)});
  bool alive =
      execute("BEGIN") && (big ? write_big(below(options_.tables.size())) : write_rows(rows));
  if (alive && below(6) == 0) {
    const auto kept = steps_.size();
    alive = execute("SAVEPOINT here") && write_rows(1 + rows / 2) &&
            execute("ROLLBACK TO SAVEPOINT here");
    undo_to(alive ? kept : 0);
    alive = alive && write_rows(1 + rows / 2);
  }
  alive = alive && execute("UPDATE marks SET transaction_number = " + std::to_string(transaction_) +
                           " WHERE writer = " + std::to_string(options_.ordinal));
  if (!alive || below(8) == 0) {
    // Where the connection is gone the server rolls back by itself.
    ++rolled_back_;
    undo_to(0);
    execute("ROLLBACK");
    return;
  }
  if (!execute("COMMIT") && !resolve_commit(stop)) {
    ++rolled_back_;
    undo_to(0);
    return;
  }
  const auto changes = steps_.size();
  keep();
  options_.committed(changes, stop);
}

// Whether a COMMIT that got no answer happened. Asks until the server knows; after stop() it is
// there, unless the test has failed.
bool RandomWriter::resolve_commit(const std::stop_token& stop) {
  constexpr int kTriesAfterStop = 200;
  for (int tries = 0; tries < kTriesAfterStop; tries += stop.stop_requested() ? 1 : 0) {
    if (!connection_ && !connect(stop)) continue;
    const auto mark = connection_->query("SELECT transaction_number FROM marks WHERE writer = " +
                                         std::to_string(options_.ordinal));
    if (mark && !mark->empty()) return mark->front().front() == std::to_string(transaction_);
    connection_.reset();
  }
  return false;
}

bool RandomWriter::write_rows(std::size_t rows) {
  const auto end = steps_.size() + rows;
  while (steps_.size() < end) {
    if (!write_some(below(options_.tables.size()), end - steps_.size())) return false;
  }
  return true;
}

bool RandomWriter::write_some(std::size_t table, std::size_t rows) {
  const auto kind = below(10);
  if (kind < 3 || rows_[table].empty()) return insert(table, 1 + below(rows));
  if (kind < 6) return update_one(table);
  if (kind == 6) return move(table);
  const auto first = small_key();
  const auto last =
      std::min(first + static_cast<std::int64_t>(below(rows)), first_small_ + kSmallKeys - 1);
  return kind == 7 ? remove(table, first, last) : update_range(table, first, last);
}

bool RandomWriter::insert(std::size_t table, std::size_t rows) {
  std::string values;
  const auto before = steps_.size();
  for (std::size_t i = 0; i < rows; ++i) {
    const auto key = small_key();
    if (rows_[table].contains(key)) continue;
    values += (values.empty() ? "(" : ",(") + number(key) + "," + std::to_string(next_n_) + ",'" +
              pad() + "')";
    take({table, key, key, {0, next_n_++}});
  }
  return steps_.size() == before ||
         execute("INSERT INTO " + options_.tables[table] + " VALUES " + values);
}

bool RandomWriter::update_one(std::size_t table) {
  const auto key = present_key(table);
  if (!key) return true;
  take({table, *key, *key, {rows_[table].at(*key), next_n_}});
  return execute("UPDATE " + options_.tables[table] + " SET n = " + std::to_string(next_n_++) +
                 ", pad = '" + pad() + "' WHERE id = " + number(*key));
}

bool RandomWriter::update_range(std::size_t table, std::int64_t first, std::int64_t last) {
  const auto base = next_n_;
  const auto end = rows_[table].upper_bound(last);
  for (auto row = rows_[table].lower_bound(first); row != end; ++row) {
    take({table,
          row->first,
          row->first,
          {row->second, base + static_cast<std::uint64_t>(row->first - first)}});
  }
  next_n_ = base + static_cast<std::uint64_t>(last - first) + 1;
  return execute("UPDATE " + options_.tables[table] + " SET n = " + std::to_string(base) +
                 " + id - " + number(first) + ", pad = '" + pad() + "'" + between(first, last));
}

bool RandomWriter::remove(std::size_t table, std::int64_t first, std::int64_t last) {
  const Rows present(rows_[table].lower_bound(first), rows_[table].upper_bound(last));
  for (const auto& [key, n] : present) take({table, key, key, {n, 0}});
  return execute("DELETE FROM " + options_.tables[table] + between(first, last));
}

bool RandomWriter::move(std::size_t table) {
  const auto key = present_key(table);
  const auto target = small_key();
  if (!key || rows_[table].contains(target)) return true;
  take({table, *key, target, {rows_[table].at(*key), next_n_}});
  return execute("UPDATE " + options_.tables[table] + " SET id = " + number(target) +
                 ", n = " + std::to_string(next_n_++) + " WHERE id = " + number(*key));
}

// Inserts, updates, and deletes again all of the keys that are for this.
bool RandomWriter::write_big(std::size_t table) {
  const auto last = first_big_ + kBigRows - 1;
  if (rows_[table].contains(first_big_)) {
    return below(2) == 0 ? update_range(table, first_big_, last) : remove(table, first_big_, last);
  }
  const auto base = next_n_;
  for (int i = 0; i < kBigRows; ++i) {
    take({table, first_big_ + i, first_big_ + i, {0, next_n_++}});
  }
  return execute("INSERT INTO " + options_.tables[table] + " SELECT i + " + number(first_big_) +
                 ", i + " + std::to_string(base) + ", '" + pad() + "' FROM numbers");
}

void RandomWriter::take(const Step& step) {
  auto& rows = rows_[step.table];
  // A row that stays is not touched but for its number: update_range() goes along the rows.
  if (step.change.after == 0 || step.new_key != step.old_key) rows.erase(step.old_key);
  if (step.change.after != 0) rows[step.new_key] = step.change.after;
  steps_.push_back(step);
}

void RandomWriter::undo_to(std::size_t steps) {
  while (steps_.size() > steps) {
    const Step& step = steps_.back();
    auto& rows = rows_[step.table];
    rows.erase(step.new_key);
    if (step.change.before != 0) rows[step.old_key] = step.change.before;
    steps_.pop_back();
  }
}

void RandomWriter::keep() {
  for (const auto& step : steps_) {
    const auto& table = options_.tables[step.table];
    history_[{table, step.old_key}].push_back(step.change);
    if (step.new_key != step.old_key) history_[{table, step.new_key}].push_back(step.change);
  }
  steps_.clear();
}

std::string RandomWriter::compare_with_tables() {
  for (std::size_t table = 0; table < options_.tables.size(); ++table) {
    auto connection = SqlConnection::open(socket_, user_, password_);
    if (!connection) return connection.error().message;
    const auto found = connection->query("SELECT id, n FROM test_db." + options_.tables[table] +
                                         between(first_small_, first_small_ + kKeysOfAWriter - 1));
    if (!found) return found.error().message;
    Rows rows;
    for (const auto& row : *found) {
      rows[std::stoll(row[0].value_or(""))] = std::stoull(row[1].value_or(""));
    }
    if (rows != rows_[table]) return options_.tables[table] + " holds other rows than expected";
  }
  return "";
}

std::size_t RandomWriter::below(std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
}

std::int64_t RandomWriter::small_key() {
  return first_small_ + static_cast<std::int64_t>(below(kSmallKeys));
}

// One of the small keys, if any.
std::optional<std::int64_t> RandomWriter::present_key(std::size_t table) {
  const auto& rows = rows_[table];
  auto found = rows.lower_bound(small_key());
  if (found == rows.end() || found->first >= first_big_) found = rows.begin();
  if (found == rows.end() || found->first >= first_big_) return std::nullopt;
  return found->first;
}

std::string RandomWriter::pad() {
  return std::string(below(kLongestPad), 'x');
}

}  // namespace pikachu::test
