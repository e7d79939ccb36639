#include "source/source_metrics.h"

namespace pikachu::source {

namespace {

prometheus::Counter& counter(telemetry::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
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
      connected(prometheus::BuildGauge()
                    .Name("pikachu_source_connected")
                    .Help("1 while a binlog stream is open.")
                    .Register(registry)
                    .Add({})) {
}

}  // namespace pikachu::source
