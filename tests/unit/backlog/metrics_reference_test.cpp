#include <gtest/gtest.h>

#include "backlog/backlog_metrics.h"
#include "tests/unit/metrics_page.h"

namespace pikachu::backlog {
namespace {

using metrics_page::documented;
using metrics_page::registered;

TEST(MetricsReference, ListsWhatTheBacklogRegisters) {
  telemetry::Registry registry;
  const BacklogMetrics metrics(registry, {"t1"});
  EXPECT_EQ(documented("pikachu_backlog_"), registered(registry));
}

}  // namespace
}  // namespace pikachu::backlog
