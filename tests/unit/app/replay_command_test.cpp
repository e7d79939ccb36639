#include "app/replay_command.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/store/temporary_directory.h"

namespace pikachu::app {
namespace {

constexpr const char* kTasks =
    "tasks:\n"
    "  - {task_id: orders, table_name: orders, events: [insert], callback_url: 'http://h/'}\n"
    "  - {task_id: users, table_name: users, events: [insert], callback_url: 'http://h/'}\n";

/// What is refused before anything is connected or opened.
class ReplayCommands : public testing::Test {
 protected:
  ReplayCommands() {
    options_.config_path = dir_ / "config.yaml";
    std::ofstream(options_.config_path)
        << "database: {host: h, user: u, password: p, server_id: 7, database: d}\n"
        << kTasks;
    options_.task = "user";
    options_.from = "earliest";
  }

  std::string refusal() {
    std::ostringstream output;
    std::ostringstream messages;
    EXPECT_EQ(run_replay(options_, output, messages), 2) << messages.str();
    EXPECT_EQ(output.str(), "");
    return messages.str();
  }

  const store::TemporaryDirectory dir_;
  ReplayOptions options_;
};

TEST_F(ReplayCommands, UnknownTaskIsRefusedWithThoseThatThereAre) {
  EXPECT_EQ(refusal(), "pikachu replay: " + options_.config_path +
                           " has no task \"user\"; -task takes one of these: orders, users\n");
}

TEST_F(ReplayCommands, UnknownTaskIsLookedForInTheFileOfTheTasks) {
  options_.tasks_path = dir_ / "tasks.yaml";
  std::ofstream(options_.tasks_path) << kTasks;

  EXPECT_TRUE(refusal().starts_with("pikachu replay: " + options_.tasks_path + " has no task"));
}

TEST_F(ReplayCommands, ServerIdOfTheServiceIsRefused) {
  options_.server_id = 7;

  EXPECT_NE(refusal().find("-server-id 7 is the service's own"), std::string::npos);
}

}  // namespace
}  // namespace pikachu::app
