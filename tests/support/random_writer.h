#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/counted_change.h"
#include "tests/support/server_process.h"

namespace pikachu::test {

/// A client that changes rows at random until it is stopped, and knows what it committed: inserts,
/// updates, changed primary keys and deletes, in transactions of 1 to 200 rows, now and then of
/// thousands; some rolled back, in whole or to a savepoint. The server may be killed meanwhile: a
/// COMMIT without an answer is looked up in the table `marks` afterwards.
///
/// Each writer has keys of its own, so that what one committed is the truth about them.
///
/// Threads: one owner; the rows are written by a thread of its own.
class RandomWriter {
 public:
  static constexpr int kBigRows = 20'000;

  struct Options {
    int ordinal = 0;  ///< Different for each writer.
    std::uint64_t seed = 0;
    std::vector<std::string> tables;
    /// Called on the writer's thread after each commit, with the number of changes in it; what it
    /// waits for is what the writer waits for.
    std::function<void(std::size_t, const std::stop_token&)> committed;
  };

  /// Creates the database test_db with `tables`, and the tables that writers need beside them.
  static base::Result<void> create_tables(ServerProcess& server,
                                          const std::vector<std::string>& tables, int writers);

  RandomWriter(const ServerProcess& server, Options options);

  /// Ends the transaction that is under way, one way or the other. REQUIRES: the server runs.
  void stop();

  /// What was committed. REQUIRES: stop() returned.
  const CountedHistory& history() const { return history_; }
  /// "" if the tables hold what they must by it. REQUIRES: stop() returned.
  std::string compare_with_tables();
  std::size_t rolled_back() const { return rolled_back_; }

 private:
  using Rows = std::map<std::int64_t, std::uint64_t>;  ///< id → n
  struct Step {
    std::size_t table = 0;
    std::int64_t old_key = 0;  ///< REQUIRES: the same as new_key, except where the key changes.
    std::int64_t new_key = 0;
    CountedChange change;
  };

  void run(const std::stop_token& stop);
  bool connect(const std::stop_token& stop);
  bool execute(const std::string& statement);
  void transaction(const std::stop_token& stop);
  bool write_rows(std::size_t rows);
  bool write_some(std::size_t table, std::size_t rows);
  bool insert(std::size_t table, std::size_t rows);
  bool update_one(std::size_t table);
  bool update_range(std::size_t table, std::int64_t first, std::int64_t last);
  bool remove(std::size_t table, std::int64_t first, std::int64_t last);
  bool move(std::size_t table);
  bool write_big(std::size_t table);
  bool resolve_commit(const std::stop_token& stop);
  void take(const Step& step);
  void undo_to(std::size_t steps);
  void keep();
  std::size_t below(std::size_t limit);
  std::int64_t small_key();
  std::optional<std::int64_t> present_key(std::size_t table);
  std::string pad();

  const Options options_;
  const std::string socket_;
  const std::string user_;
  const std::string password_;
  const std::int64_t first_small_;
  const std::int64_t first_big_;
  // The thread's own, until stop():
  std::mt19937_64 random_;
  std::optional<SqlConnection> connection_;
  std::vector<Rows> rows_;
  std::vector<Step> steps_;  ///< Of the open transaction.
  std::uint64_t next_n_;
  std::uint64_t transaction_ = 0;
  std::size_t rolled_back_ = 0;
  CountedHistory history_;
  std::jthread thread_;
};

}  // namespace pikachu::test
