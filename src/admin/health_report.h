#pragma once

#include <string>
#include <string_view>

#include "telemetry/health.h"

namespace pikachu::admin {

/// The bodies of the server's JSON answers: one object and a line break each, keys in a fixed
/// order. docs/reference/http.md shows them.

/// The original's five keys first, then ours.
std::string health_report(const telemetry::HealthSnapshot& health, std::string_view version);

/// Whether the threads run: if not, only a restart helps.
bool is_live(const telemetry::HealthSnapshot& health);
std::string live_report(const telemetry::HealthSnapshot& health);

/// Whether changes flow: it is up, connected and not silent.
std::string ready_report(const telemetry::HealthSnapshot& health);

/// The original's /metrics: five keys, then `tasks_json`, an array, as "tasks". Text that is no
/// JSON array counts as an empty one.
std::string metrics_report(const telemetry::HealthSnapshot& health, std::string_view tasks_json);

}  // namespace pikachu::admin
