#pragma once

#include "telemetry/metrics.h"

namespace pikachu::source {

/// docs/reference/metrics.md describes each.
struct SourceMetrics {
  explicit SourceMetrics(telemetry::Registry& registry);

  prometheus::Counter& events;
  prometheus::Counter& bytes;
  prometheus::Counter& connections;
  prometheus::Counter& statement_format;
  prometheus::Counter& rolled_back;
  prometheus::Gauge& connected;
  prometheus::Gauge& prepared;
  prometheus::Gauge& prepared_age;
};

}  // namespace pikachu::source
