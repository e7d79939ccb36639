#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "base/command_syntax.h"

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

/// For app::parse_command_line.
base::CommandSyntax<ReplayOptions> replay_syntax();

/// Delivers the changes of a task again, from the server's binlog, beside the running service, and
/// returns once all are accepted or set aside as dead letters, or a signal ends it.
/// REQUIRES: replay_syntax().check(options); no other thread runs yet.
/// Returns the exit status: 0 done, 1 failed or broken off, 2 wrong configuration.
/// Spec: docs/reference/replay.md.
int run_replay(const ReplayOptions& options, std::ostream& output, std::ostream& messages);

}  // namespace pikachu::app
