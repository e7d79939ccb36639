#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "change/row_change.h"
#include "route/task.h"

namespace pikachu::route {

/// Finds the tasks that a change concerns. Pure: no I/O, no clock.
///
/// Threads: one owner (it remembers the tables it has met).
class Router {
 public:
  /// Tables that are remembered at a time; a server with more of them costs time, not memory.
  static constexpr std::size_t kMaxTables = 100'000;

  explicit Router(std::vector<TaskRoute> tasks);

  /// Whether any task is about this table; others need not be decoded.
  bool wants_table(std::string_view database, std::string_view table);

  /// The tasks that want this change: indexes into the constructor's list, ascending.
  /// Lifetime: valid until the next call.
  std::span<const std::size_t> match(const change::RowChange& change);

 private:
  /// Indexes of tasks, ascending, by change::Operation.
  using TasksByOperation = std::array<std::vector<std::size_t>, 3>;

  const TasksByOperation& tasks_of(std::string_view database, std::string_view table);

  std::vector<TaskRoute> tasks_;
  /// By database and table with a NUL between them, which no name has in it. Bounded: forgotten as
  /// a whole when it has kMaxTables.
  std::unordered_map<std::string, TasksByOperation> by_table_;
  std::string name_;  ///< Scratch for the key.
  /// The last change's table, kept alive so that its address stays its own, and its tasks.
  std::shared_ptr<const change::TableSchema> last_table_;
  const TasksByOperation* last_tasks_ = nullptr;
};

}  // namespace pikachu::route
