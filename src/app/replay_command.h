#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pikachu::app {

/// What `pikachu replay` is asked for.
struct ReplayOptions {
  std::string config_path = "config.yaml";
  std::string tasks_path;
  std::string task;
  std::string from;            ///< database.start_from's notation.
  std::string to;              ///< The same; "" for where the server is now.
  std::uint32_t rate = 1'000;  ///< Changes a second; 0 for as fast as the endpoint goes.
  std::optional<std::uint32_t> server_id;  ///< A random one without.
};

/// For app::parse_command_line. Errors: kInvalid, naming the option and what would be right.
std::string_view replay_help();
bool is_replay_option(std::string_view name);
bool replay_option_takes_value(std::string_view name);
base::Result<void> set_replay_option(ReplayOptions& options, std::string_view name,
                                     std::string_view value);
base::Result<void> check_replay(const ReplayOptions& options);

/// Delivers the changes of a task again, from the server's binlog, beside the running service, and
/// returns once all are accepted or set aside as dead letters, or a signal ends it.
/// REQUIRES: check_replay(options); no other thread runs yet.
/// Returns the exit status: 0 done, 1 failed or broken off, 2 wrong configuration.
/// Spec: docs/reference/replay.md.
int run_replay(const ReplayOptions& options, std::ostream& output, std::ostream& messages);

}  // namespace pikachu::app
