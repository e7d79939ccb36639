#pragma once

#include <array>
#include <string>
#include <vector>

#include "telemetry/metrics.h"

namespace pikachu::pipeline {

/// What the Pipeline counts. docs/reference/metrics.md says what each is good for.
struct PipelineMetrics {
  /// Lifetime: the registry outlives this.
  PipelineMetrics(telemetry::Registry& registry, const std::vector<std::string>& task_ids);

  /// By task, then by change::Operation: found once, not looked up for each row.
  std::vector<std::array<prometheus::Counter*, 3>> rows_total;
  prometheus::Counter& transactions_total;
  prometheus::Gauge& lag_seconds;
};

}  // namespace pikachu::pipeline
