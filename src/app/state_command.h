#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "base/command_syntax.h"

namespace pikachu::app {

/// What `pikachu state` is asked for.
struct StateOptions {
  enum class Format { kText, kJson };

  std::vector<std::string> words;  ///< show, export, import or reset.
  std::string config_path = "config.yaml";
  std::string tasks_path;
  std::string position;  ///< reset: database.start_from's notation, or "none"; "" without.
  std::string task;
  bool waiting = false;  ///< reset: what waits for `task`.
  bool damaged = false;  ///< reset: the whole file.
  bool yes = false;      ///< Don't ask.
  Format format = Format::kText;
};

/// For app::parse_command_line.
base::CommandSyntax<StateOptions> state_syntax();

/// Where a command reads and writes.
struct Terminal {
  std::istream& input;
  std::ostream& output;
  std::ostream& messages;
  bool is_interactive = false;  ///< A person can answer a question in `input`.
};

/// Does what `options` ask for. REQUIRES: state_syntax().check(options).
/// Returns the exit status: 0 done, 1 failed (said in the messages), 2 wrong configuration, or not
/// confirmed. Spec: docs/reference/state.md.
int run_state(const StateOptions& options, const Terminal& terminal);

}  // namespace pikachu::app
