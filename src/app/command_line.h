#pragma once

#include <string>
#include <variant>
#include <vector>

#include "app/deadletters_command.h"
#include "app/replay_command.h"
#include "app/state_command.h"
#include "base/result.h"
#include "decode/decode_options.h"
#include "receive/receive_options.h"

namespace pikachu::app {

/// `pikachu -config FILE [-tasks FILE]`
struct RunCommand {
  std::string config_path = "config.yaml";
  std::string tasks_path;  ///< "" : the tasks are in config_path.
};
/// `pikachu receive …`
struct ReceiveCommand {
  receive::ReceiveOptions options;
};
/// `pikachu decode …`
struct DecodeCommand {
  decode::DecodeOptions options;
};
/// `pikachu deadletters …`
struct DeadLettersCommand {
  DeadLettersOptions options;
};
/// `pikachu state …`
struct StateCommand {
  StateOptions options;
};
/// `pikachu replay …`
struct ReplayCommand {
  ReplayOptions options;
};
/// `-help`, `pikachu receive -help`: `text` goes to standard output.
struct PrintCommand {
  std::string text;
};
using Command = std::variant<RunCommand, ReceiveCommand, DecodeCommand, DeadLettersCommand,
                             StateCommand, ReplayCommand, PrintCommand>;

/// Reads the arguments behind the program's name. Options take one dash or two, and their value as
/// the next argument or behind '='.
/// Errors: kInvalid, naming the argument and what would be right.
base::Result<Command> parse_command_line(const std::vector<std::string>& arguments);

/// "pikachu 2.0.0"
std::string version_text();

}  // namespace pikachu::app
