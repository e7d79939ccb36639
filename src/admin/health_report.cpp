#include "admin/health_report.h"

#include <cstdint>

#include <nlohmann/json.hpp>

#include "base/utc_time.h"

namespace pikachu::admin {
namespace {

using Json = nlohmann::ordered_json;

// What Go prints for a time that was never set: clients of the original know it.
constexpr const char* kNever = "0001-01-01T00:00:00Z";
constexpr unsigned kFractionDigits = 6;

std::string last_event_time(const telemetry::HealthSnapshot& health) {
  return health.last_event_time ? base::to_utc(*health.last_event_time, kFractionDigits) : kNever;
}

std::string to_line(const Json& json) {
  // A problem's text may quote bytes from elsewhere: replace what is not UTF-8 instead of throwing.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string health_report(const telemetry::HealthSnapshot& health, std::string_view version) {
  Json silence_ms;
  if (health.stream_silence) silence_ms = health.stream_silence->count();
  Json report;
  report["status"] = health.up() ? "UP" : "DOWN";
  report["monitor_running"] = health.monitor_running;
  report["dispatcher_running"] = health.dispatcher_running;
  report["event_queue_size"] = health.queued;
  report["last_event_time"] = last_event_time(health);
  report["uptime_seconds"] = std::int64_t{health.uptime.count()};
  report["version"] = version;
  report["stream"]["connected"] = health.stream_connected;
  report["stream"]["server"] = health.stream_server;
  report["stream"]["silence_ms"] = std::move(silence_ms);
  report["stream"]["stale"] = health.stream_stale;
  report["waiting"]["changes"] = health.waiting.changes;
  report["waiting"]["bytes"] = health.waiting.bytes;
  report["position"] = health.position;
  report["problem"] = health.problem;
  return to_line(report);
}

bool is_live(const telemetry::HealthSnapshot& health) {
  return health.monitor_running && health.dispatcher_running;
}

std::string live_report(const telemetry::HealthSnapshot& health) {
  Json report;
  report["live"] = is_live(health);
  report["reason"] = is_live(health) ? std::string() : health.problem;
  return to_line(report);
}

std::string ready_report(const telemetry::HealthSnapshot& health) {
  Json report;
  report["ready"] = health.up();
  report["reason"] = health.up() ? std::string() : health.problem;
  return to_line(report);
}

std::string metrics_report(const telemetry::HealthSnapshot& health, std::string_view tasks_json) {
  auto tasks = Json::parse(tasks_json, nullptr, false);
  if (!tasks.is_array()) tasks = Json::array();
  Json report;
  report["dispatcher_running"] = health.dispatcher_running;
  report["event_queue_size"] = health.queued;
  report["last_event_time"] = last_event_time(health);
  report["monitor_running"] = health.monitor_running;
  report["task_count"] = tasks.size();
  report["tasks"] = std::move(tasks);
  return to_line(report);
}

}  // namespace pikachu::admin
