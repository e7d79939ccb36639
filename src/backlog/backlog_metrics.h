#pragma once

#include <string>
#include <vector>

#include "telemetry/metrics.h"

namespace pikachu::backlog {

/// What the backlog counts. docs/reference/metrics.md says what each is good for.
///
/// Threads: any. Lifetime: the registry outlives this.
struct BacklogMetrics {
  BacklogMetrics(telemetry::Registry& registry, const std::vector<std::string>& task_ids);

  struct OfTask {
    prometheus::Gauge& waiting_changes;
    prometheus::Gauge& waiting_bytes;
    prometheus::Gauge& oldest_commit_seconds;
  };
  std::vector<OfTask> tasks;
  prometheus::Gauge& unwritten_changes;
  prometheus::Histogram& group_changes;
  prometheus::Histogram& write_seconds;
  prometheus::Counter& write_failures_total;
  prometheus::Gauge& reader_blocked;
};

}  // namespace pikachu::backlog
