#pragma once

#include <string>

#include "telemetry/health.h"
#include "telemetry/metrics.h"

namespace pikachu::admin {

/// What is known about the program as a whole, looked up when somebody asks for /metrics.
/// docs/reference/metrics.md says what each is good for.
///
/// Threads: one at a time.
class AdminMetrics {
 public:
  /// Lifetime: the registry outlives this.
  AdminMetrics(telemetry::Registry& registry, const std::string& version);

  /// Brings all up to date.
  void refresh(const telemetry::HealthSnapshot& health);

 private:
  prometheus::Gauge& up_;
  prometheus::Gauge& stream_connected_;
  prometheus::Gauge& stream_silence_seconds_;
  prometheus::Gauge& queued_deliveries_;
  prometheus::Gauge& start_time_seconds_;
  prometheus::Gauge& resident_memory_bytes_;
  prometheus::Counter& cpu_seconds_total_;
};

}  // namespace pikachu::admin
