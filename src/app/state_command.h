#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

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

/// For app::parse_command_line. Errors: kInvalid, naming the option and what would be right.
std::string_view state_help();
bool is_state_option(std::string_view name);
bool state_option_takes_value(std::string_view name);
base::Result<void> set_state_option(StateOptions& options, std::string_view name,
                                    std::string_view value);
base::Result<void> check_state(const StateOptions& options);

/// Where a command reads and writes.
struct Terminal {
  std::istream& input;
  std::ostream& output;
  std::ostream& messages;
  bool is_interactive = false;  ///< A person can answer a question in `input`.
};

/// Does what `options` ask for. REQUIRES: check_state(options).
/// Returns the exit status: 0 done, 1 failed (said in the messages), 2 wrong configuration, or not
/// confirmed. Spec: docs/reference/state.md.
int run_state(const StateOptions& options, const Terminal& terminal);

}  // namespace pikachu::app
