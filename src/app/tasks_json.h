#pragma once

#include <string>
#include <vector>

#include "backlog/backlog.h"
#include "sink/webhook/webhook_sink.h"

namespace pikachu::app {

/// The tasks as a JSON array, for the admin server's JSON /metrics.
/// Spec: docs/reference/http.md.
std::string tasks_json(const std::vector<sink::webhook::TaskStatus>& tasks,
                       const std::vector<backlog::TaskWaiting>& waiting);

}  // namespace pikachu::app
