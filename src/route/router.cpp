#include "route/router.h"

#include <algorithm>
#include <utility>

namespace pikachu::route {

Router::Router(std::vector<TaskRoute> tasks) : tasks_(std::move(tasks)) {
}

const Router::TasksByOperation& Router::tasks_of(std::string_view database,
                                                 std::string_view table) {
  name_.assign(database).append(1, '\0').append(table);
  if (const auto known = by_table_.find(name_); known != by_table_.end()) return known->second;
  if (by_table_.size() >= kMaxTables) {
    last_table_.reset();
    last_tasks_ = nullptr;
    by_table_.clear();
  }
  TasksByOperation found;
  for (std::size_t task = 0; task < tasks_.size(); ++task) {
    const bool is_about =
        std::any_of(tasks_[task].tables.begin(), tasks_[task].tables.end(),
                    [&](const TablePattern& pattern) { return pattern.matches(database, table); });
    if (!is_about) continue;
    for (std::size_t operation = 0; operation < found.size(); ++operation) {
      if (tasks_[task].wants(static_cast<change::Operation>(operation))) {
        found.at(operation).push_back(task);
      }
    }
  }
  return by_table_.emplace(name_, std::move(found)).first->second;
}

bool Router::wants_table(std::string_view database, std::string_view table) {
  const TasksByOperation& tasks = tasks_of(database, table);
  return std::any_of(tasks.begin(), tasks.end(), [](const auto& list) { return !list.empty(); });
}

std::span<const std::size_t> Router::match(const change::RowChange& change) {
  // Rows of one event share their table: most often the answer is the last one.
  if (last_tasks_ == nullptr || change.table != last_table_) {
    last_tasks_ = &tasks_of(change.table->database, change.table->table);
    last_table_ = change.table;
  }
  return last_tasks_->at(static_cast<std::size_t>(change.operation));
}

}  // namespace pikachu::route
