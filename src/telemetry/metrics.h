#pragma once

#include <memory>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace pikachu::telemetry {

/// Each component declares its metrics in a <component>_metrics.h struct that is made from this.
/// Names are pikachu_<component>_<what>_<unit>[_total]; labels come from bounded sets (task_id,
/// operation, outcome), never from URLs, error texts or rows. docs/reference/metrics.md lists them.
using Registry = prometheus::Registry;

/// Everything in `registry` in Prometheus' text format, version 0.0.4.
std::string to_prometheus_text(const Registry& registry);

}  // namespace pikachu::telemetry
