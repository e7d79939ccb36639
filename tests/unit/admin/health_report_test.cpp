#include "admin/health_report.h"

#include <gtest/gtest.h>

namespace pikachu::admin {
namespace {

telemetry::HealthSnapshot running() {
  telemetry::HealthSnapshot health;
  health.monitor_running = true;
  health.dispatcher_running = true;
  health.stream_connected = true;
  health.stream_server = "db1:3306";
  health.stream_silence = std::chrono::milliseconds(120);
  health.uptime = std::chrono::seconds(61);
  health.queued = 3;
  health.position = "mysql-bin.000042:1234";
  health.waiting = {7, 3'500, ""};
  return health;
}

TEST(HealthReport, BeginsWithTheOriginalsKeys) {
  EXPECT_EQ(health_report(running(), "2.0.0"),
            R"({"status":"UP","monitor_running":true,"dispatcher_running":true,)"
            R"("event_queue_size":3,"last_event_time":"0001-01-01T00:00:00Z",)"
            R"("uptime_seconds":61,"version":"2.0.0",)"
            R"("stream":{"connected":true,"server":"db1:3306","silence_ms":120,"stale":false},)"
            R"("waiting":{"changes":7,"bytes":3500},)"
            R"("position":"mysql-bin.000042:1234","problem":""})"
            "\n");
}

TEST(HealthReport, IsDownWithTheProblemAndWithoutSilenceBeforeTheFirstContact) {
  telemetry::HealthSnapshot health;
  health.problem = "the reader is not running";
  const auto report = health_report(health, "2.0.0");
  EXPECT_NE(report.find(R"("status":"DOWN")"), std::string::npos) << report;
  EXPECT_NE(report.find(R"("silence_ms":null)"), std::string::npos) << report;
  EXPECT_NE(report.find(R"("problem":"the reader is not running")"), std::string::npos) << report;
}

TEST(HealthReport, ShowsTheLastEventInUtcWithItsFraction) {
  auto health = running();
  health.last_event_time =
      std::chrono::system_clock::time_point(std::chrono::microseconds(1'709'208'000'123'456));
  EXPECT_NE(health_report(health, "").find(R"("last_event_time":"2024-02-29T12:00:00.123456Z")"),
            std::string::npos);
}

TEST(HealthReport, SurvivesAProblemThatIsNotUtf8) {
  auto health = running();
  health.problem = "bad \xFF byte";
  EXPECT_NE(health_report(health, "").find("bad \xEF\xBF\xBD byte"), std::string::npos);
}

TEST(HealthReport, LiveNeedsTheThreadsOnly) {
  auto health = running();
  health.stream_connected = false;
  EXPECT_TRUE(is_live(health));
  EXPECT_EQ(live_report(health), "{\"live\":true,\"reason\":\"\"}\n");

  health.dispatcher_running = false;
  health.problem = "the delivery loops are not running";
  EXPECT_FALSE(is_live(health));
  EXPECT_EQ(live_report(health),
            "{\"live\":false,\"reason\":\"the delivery loops are not running\"}\n");
}

TEST(HealthReport, ReadyNeedsAStreamThatIsNotSilent) {
  auto health = running();
  EXPECT_EQ(ready_report(health), "{\"ready\":true,\"reason\":\"\"}\n");

  health.stream_stale = true;
  health.problem = "silent";
  EXPECT_EQ(ready_report(health), "{\"ready\":false,\"reason\":\"silent\"}\n");
}

TEST(HealthReport, MetricsHaveTheOriginalsKeysThenTheTasks) {
  EXPECT_EQ(metrics_report(running(), R"([{"task_id":"t1","waiting":2}])"),
            R"({"dispatcher_running":true,"event_queue_size":3,)"
            R"("last_event_time":"0001-01-01T00:00:00Z","monitor_running":true,"task_count":1,)"
            R"("tasks":[{"task_id":"t1","waiting":2}]})"
            "\n");
}

TEST(HealthReport, TasksThatAreNoArrayCountAsNone) {
  for (const auto* text : {"", "{", "{}", "7"}) {
    EXPECT_NE(metrics_report(running(), text).find(R"("task_count":0,"tasks":[])"),
              std::string::npos)
        << text;
  }
}

}  // namespace
}  // namespace pikachu::admin
