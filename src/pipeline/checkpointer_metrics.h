#pragma once

#include "telemetry/metrics.h"

namespace pikachu::pipeline {

/// What the Checkpointer counts. docs/reference/metrics.md says what each is good for.
struct CheckpointerMetrics {
  /// Lifetime: the registry outlives this.
  explicit CheckpointerMetrics(telemetry::Registry& registry);

  prometheus::Gauge& age_seconds;  ///< Since the saved position was up to date; 0 if it is.
  prometheus::Counter& saves_total;
  prometheus::Counter& failures_total;
};

}  // namespace pikachu::pipeline
