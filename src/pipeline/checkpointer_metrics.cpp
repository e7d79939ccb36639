#include "pipeline/checkpointer_metrics.h"

namespace pikachu::pipeline {

CheckpointerMetrics::CheckpointerMetrics(telemetry::Registry& registry)
    : age_seconds(prometheus::BuildGauge()
                      .Name("pikachu_checkpoint_age_seconds")
                      .Help("Seconds since everything that was read was settled and saved.")
                      .Register(registry)
                      .Add({})),
      saves_total(prometheus::BuildCounter()
                      .Name("pikachu_checkpoint_saves_total")
                      .Help("Positions saved.")
                      .Register(registry)
                      .Add({})),
      failures_total(prometheus::BuildCounter()
                         .Name("pikachu_checkpoint_failures_total")
                         .Help("Attempts to save the position that failed.")
                         .Register(registry)
                         .Add({})) {
}

}  // namespace pikachu::pipeline
