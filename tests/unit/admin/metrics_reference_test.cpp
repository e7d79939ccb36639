#include <gtest/gtest.h>

#include "admin/admin_metrics.h"
#include "tests/unit/metrics_page.h"

namespace pikachu::admin {
namespace {

TEST(MetricsReference, ListsWhatTheAdminServerRegisters) {
  telemetry::Registry registry;
  const AdminMetrics metrics(registry, "2.0.0");
  auto families = metrics_page::documented("pikachu_admin_");
  families.merge(metrics_page::documented("pikachu_build_info"));
  families.merge(metrics_page::documented("process_"));
  EXPECT_EQ(families, metrics_page::registered(registry));
}

}  // namespace
}  // namespace pikachu::admin
