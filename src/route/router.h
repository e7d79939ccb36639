#pragma once

#include <cstddef>
#include <memory>
#include <span>
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
  explicit Router(std::vector<TaskRoute> tasks);

  /// Whether any task is about this table; others need not be decoded.
  bool wants_table(std::string_view database, std::string_view table);

  /// The tasks that want this change: indexes into the constructor's list, ascending.
  /// Lifetime: valid until the next call.
  std::span<const std::size_t> match(const change::RowChange& change);

 private:
  std::vector<TaskRoute> tasks_;
  // The implementer adds what it needs: tasks by table, cached per table.
};

}  // namespace pikachu::route
