#include "admin/admin_metrics.h"

#include <algorithm>
#include <chrono>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

namespace pikachu::admin {
namespace {

prometheus::Gauge& gauge(telemetry::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

double seconds(const ::timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double used_cpu_seconds() {
  ::rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Linux, proc(5), /proc/pid/statm: total and resident size, in pages. 0 if it cannot be read.
double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

AdminMetrics::AdminMetrics(telemetry::Registry& registry, const std::string& version)
    : up_(gauge(registry, "pikachu_admin_up", "1 if /health says UP, 0 if it says DOWN.")),
      stream_connected_(gauge(registry, "pikachu_admin_stream_connected",
                              "1 while connected to the database server.")),
      stream_silence_seconds_(
          gauge(registry, "pikachu_admin_stream_silence_seconds",
                "Seconds since the database server was last heard of, heartbeats included.")),
      queued_deliveries_(gauge(registry, "pikachu_admin_queued_deliveries",
                               "Deliveries accepted and not settled.")),
      start_time_seconds_(gauge(registry, "process_start_time_seconds",
                                "Start of the process, in seconds since 1970.")),
      resident_memory_bytes_(
          gauge(registry, "process_resident_memory_bytes", "Resident memory in bytes.")),
      cpu_seconds_total_(prometheus::BuildCounter()
                             .Name("process_cpu_seconds_total")
                             .Help("Processor time spent, user and system, in seconds.")
                             .Register(registry)
                             .Add({})) {
  prometheus::BuildGauge()
      .Name("pikachu_build_info")
      .Help("Always 1; the label says which version runs.")
      .Register(registry)
      .Add({{"version", version}})
      .Set(1);
}

void AdminMetrics::refresh(const telemetry::HealthSnapshot& health) {
  up_.Set(health.up() ? 1 : 0);
  stream_connected_.Set(health.stream_connected ? 1 : 0);
  if (health.stream_silence) {
    stream_silence_seconds_.Set(std::chrono::duration<double>(*health.stream_silence).count());
  }
  queued_deliveries_.Set(static_cast<double>(health.queued));
  if (start_time_seconds_.Value() == 0) {
    const auto start = std::chrono::system_clock::now() - health.uptime;
    start_time_seconds_.Set(std::chrono::duration<double>(start.time_since_epoch()).count());
  }
  resident_memory_bytes_.Set(resident_bytes());
  cpu_seconds_total_.Increment(std::max(0.0, used_cpu_seconds() - cpu_seconds_total_.Value()));
}

}  // namespace pikachu::admin
