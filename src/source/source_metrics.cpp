#include "source/source_metrics.h"

namespace pikachu::source {

namespace {

prometheus::Counter& counter(telemetry::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Gauge& gauge(telemetry::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

SourceMetrics::SourceMetrics(telemetry::Registry& registry)
    : events(counter(registry, "pikachu_source_events_total", "Binlog events received.")),
      bytes(counter(registry, "pikachu_source_received_bytes_total",
                    "Bytes of binlog events received.")),
      connections(counter(registry, "pikachu_source_connections_total",
                          "Binlog streams opened: 1 plus the reconnects.")),
      statement_format(
          counter(registry, "pikachu_source_statement_format_total",
                  "Statements logged as text: their row changes are not in the binlog.")),
      rolled_back(counter(registry, "pikachu_source_rolled_back_total",
                          "Transactions with row changes that ended in ROLLBACK.")),
      connected(gauge(registry, "pikachu_source_connected", "1 while a binlog stream is open.")),
      prepared(gauge(registry, "pikachu_source_prepared_transactions",
                     "XA transactions with wanted rows between XA PREPARE and their end.")),
      prepared_age(gauge(registry, "pikachu_source_prepared_age_seconds",
                         "Time since the oldest of them was read.")) {
}

}  // namespace pikachu::source
