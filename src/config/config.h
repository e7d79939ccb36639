#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "admin/admin_options.h"
#include "backlog/backlog_options.h"
#include "mysql/connection_options.h"
#include "route/task.h"
#include "sink/webhook/webhook_options.h"
#include "source/source_options.h"
#include "telemetry/logger.h"

namespace pikachu::config {

/// Everything that config.yaml (and tasks.yaml) say, checked. tasks[i] routes to
/// webhook.endpoints[i].
struct Config {
  mysql::ConnectionOptions connection;
  std::string database;  ///< Default database of table names; "*" for all.
  source::SourceOptions source;
  std::vector<route::TaskRoute> tasks;
  sink::webhook::WebhookOptions webhook;
  /// backlog.tasks[i] is that of tasks[i].
  backlog::BacklogOptions backlog;
  admin::AdminOptions admin;
  telemetry::LogOptions log;
  std::string state_dir = "./data";
  std::chrono::milliseconds shutdown_timeout{10'000};
  std::chrono::milliseconds checkpoint_interval{200};
};

/// One thing that is wrong, or worth a word, in a file.
struct Finding {
  enum class Severity { kError, kWarning };
  Severity severity = Severity::kError;
  std::string file;
  int line = 0;    ///< From 1; 0 if the finding is about the whole file.
  int column = 0;  ///< From 1.
  std::string
      message;  ///< Key, value, limit and remedy: "tasks[0].timeout: \"5\" has no unit; write 5s".

  /// "config.yaml:14:12: error: tasks[0].timeout: …"
  std::string to_string() const;
};

/// What came of reading: a configuration if no finding is an error, and all findings in file order.
struct LoadResult {
  std::optional<Config> config;
  std::vector<Finding> findings;
};

/// Reads and checks `path`, and `tasks_path` if it is not empty (its `tasks:` replace the others).
/// `${NAME}` and `${NAME:-default}` come from the environment. Never throws; a file that is missing
/// or not YAML is a finding too.
LoadResult load(const std::string& path, const std::string& tasks_path);

}  // namespace pikachu::config
