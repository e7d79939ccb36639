#include "app/tasks_json.h"

#include <gtest/gtest.h>

namespace pikachu::app {
namespace {

using sink::webhook::TaskStatus;

TEST(TasksJson, HasOneObjectForEachTaskInTheirOrder) {
  TaskStatus works;
  works.task_id = "users";
  works.queued = 7;
  works.in_flight = 2;
  works.delivered = 18'446'744'073'709'551'615U;
  TaskStatus fails;
  fails.task_id = "orders";
  fails.failed_attempts = 5;
  fails.dead_letters = 1;
  fails.breaker_is_open = true;
  fails.last_error = "HTTP 503";

  const auto json = tasks_json({works, fails}, {{.behind_changes = 9}, {}});

  EXPECT_EQ(json,
            R"([{"task_id":"users","status":"OK","queued":7,"waiting":9,"in_flight":2,)"
            R"("delivered":18446744073709551615,"failed_attempts":0,"dead_letters":0,)"
            R"("last_error":""},)"
            R"({"task_id":"orders","status":"FAILING","queued":0,"waiting":0,"in_flight":0,)"
            R"("delivered":0,"failed_attempts":5,"dead_letters":1,"last_error":"HTTP 503"}])");
}

TEST(TasksJson, IsAnEmptyArrayWithoutTasks) {
  EXPECT_EQ(tasks_json({}, {}), "[]");
}

TEST(TasksJson, EscapesTexts) {
  TaskStatus task;
  task.task_id = R"(a"b\c)";
  task.last_error = "line\nbreak";

  const auto json = tasks_json({task}, {});

  EXPECT_NE(json.find(R"("task_id":"a\"b\\c")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("last_error":"line\nbreak")"), std::string::npos) << json;
}

}  // namespace
}  // namespace pikachu::app
