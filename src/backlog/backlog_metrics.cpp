#include "backlog/backlog_metrics.h"

namespace pikachu::backlog {
namespace {

prometheus::Gauge& gauge(telemetry::Registry& registry, const char* name, const char* help,
                         const prometheus::Labels& labels = {}) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

prometheus::Histogram& histogram(telemetry::Registry& registry, const char* name, const char* help,
                                 const prometheus::Histogram::BucketBoundaries& bounds) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, bounds);
}

}  // namespace

BacklogMetrics::BacklogMetrics(telemetry::Registry& registry,
                               const std::vector<std::string>& task_ids)
    : unwritten_changes(gauge(registry, "pikachu_backlog_unwritten_changes",
                              "Changes in memory that are to be written to disk")),
      group_changes(histogram(registry, "pikachu_backlog_group_changes",
                              "Changes written to disk in one transaction",
                              {1, 10, 100, 1'000, 5'000, 10'000})),
      write_seconds(histogram(registry, "pikachu_backlog_write_seconds",
                              "Time of one such transaction, its sync included",
                              {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5})),
      write_failures_total(prometheus::BuildCounter()
                               .Name("pikachu_backlog_write_failures_total")
                               .Help("Such transactions that failed")
                               .Register(registry)
                               .Add({})),
      reader_blocked(gauge(registry, "pikachu_backlog_reader_blocked",
                           "1 while the reader waits for disk space or for the disk")) {
  for (const auto& task_id : task_ids) {
    const prometheus::Labels labels{{"task_id", task_id}};
    tasks.push_back(
        {gauge(registry, "pikachu_backlog_waiting_changes", "Changes kept on disk for an endpoint",
               labels),
         gauge(registry, "pikachu_backlog_waiting_bytes", "Their bytes", labels),
         gauge(registry, "pikachu_backlog_oldest_commit_seconds",
               "When the oldest change was committed that is not delivered, since 1970; 0: none",
               labels)});
  }
}

}  // namespace pikachu::backlog
