#include "app/tasks_json.h"

#include <cstddef>

#include "encode/body.h"

namespace pikachu::app {

std::string tasks_json(const std::vector<sink::webhook::TaskStatus>& tasks,
                       const std::vector<backlog::TaskWaiting>& waiting) {
  std::string json = "[";
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto& task = tasks[i];
    const auto behind = i < waiting.size() ? waiting[i].behind_changes : 0;
    if (i > 0) json += ',';
    json += R"({"task_id":)";
    encode::append_string(task.task_id, json);
    json += R"(,"status":)";
    encode::append_string(task.breaker_is_open ? "FAILING" : "OK", json);
    json += ",\"queued\":" + std::to_string(task.queued);
    json += ",\"waiting\":" + std::to_string(behind);
    json += ",\"in_flight\":" + std::to_string(task.in_flight);
    json += ",\"delivered\":" + std::to_string(task.delivered);
    json += ",\"failed_attempts\":" + std::to_string(task.failed_attempts);
    json += ",\"dead_letters\":" + std::to_string(task.dead_letters);
    json += ",\"last_error\":";
    encode::append_string(task.last_error, json);
    json += '}';
  }
  return json + ']';
}

}  // namespace pikachu::app
