#include <gtest/gtest.h>

#include "pipeline/checkpointer_metrics.h"
#include "pipeline/pipeline_metrics.h"
#include "tests/unit/metrics_page.h"

namespace pikachu::pipeline {
namespace {

using metrics_page::documented;
using metrics_page::registered;

TEST(MetricsReference, ListsWhatThePipelineRegisters) {
  telemetry::Registry registry;
  const PipelineMetrics metrics(registry, {"t1"});
  EXPECT_EQ(documented("pikachu_pipeline_"), registered(registry));
}

TEST(MetricsReference, ListsWhatTheCheckpointerRegisters) {
  telemetry::Registry registry;
  const CheckpointerMetrics metrics(registry);
  EXPECT_EQ(documented("pikachu_checkpoint_"), registered(registry));
}

}  // namespace
}  // namespace pikachu::pipeline
