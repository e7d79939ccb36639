#include "telemetry/metrics.h"

#include <gtest/gtest.h>

namespace pikachu::telemetry {
namespace {

TEST(Metrics, TextHasHelpTypeAndEscapedLabels) {
  Registry registry;
  prometheus::BuildCounter()
      .Name("pikachu_test_rows_total")
      .Help("Rows.")
      .Register(registry)
      .Add({{"task_id", "a\"b\\c\n"}})
      .Increment(3);

  const auto text = to_prometheus_text(registry);

  EXPECT_NE(text.find("# HELP pikachu_test_rows_total Rows.\n"), std::string::npos) << text;
  EXPECT_NE(text.find("# TYPE pikachu_test_rows_total counter\n"), std::string::npos) << text;
  EXPECT_NE(text.find("pikachu_test_rows_total{task_id=\"a\\\"b\\\\c\\n\"} 3\n"), std::string::npos)
      << text;
}

}  // namespace
}  // namespace pikachu::telemetry
