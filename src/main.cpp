#include <csignal>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include <unistd.h>

#include "app/command_line.h"
#include "app/descriptor_limit.h"
#include "app/service.h"
#include "config/config.h"
#include "decode/decode.h"
#include "receive/receive.h"
#include "telemetry/logger.h"

namespace {

constexpr int kWrongUsage = 2;

int run(const pikachu::app::RunCommand& command) {
  const auto loaded = pikachu::config::load(command.config_path, command.tasks_path);
  for (const auto& finding : loaded.findings) std::cerr << finding.to_string() << '\n';
  if (!loaded.config) return kWrongUsage;
  const auto logger = pikachu::telemetry::Logger::to_stderr(loaded.config->log);
  return pikachu::app::run_service(*loaded.config, logger.for_component("app"));
}

int run(const pikachu::app::ReceiveCommand& command) {
  return pikachu::receive::run_receive(command.options, std::cout);
}

int run(const pikachu::app::DecodeCommand& command) {
  // That nobody reads the output any more is an error of write(), and ends it with its statistics.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  pikachu::app::raise_descriptor_limit();
  return pikachu::decode::run_decode(command.options, STDOUT_FILENO, std::cerr);
}

int run(const pikachu::app::DeadLettersCommand& command) {
  return pikachu::app::run_deadletters(command.options, std::cout, std::cerr);
}

int run(const pikachu::app::StateCommand& command) {
  const bool is_interactive = ::isatty(STDIN_FILENO) == 1;
  return pikachu::app::run_state(command.options, {std::cin, std::cout, std::cerr, is_interactive});
}

int run(const pikachu::app::ReplayCommand& command) {
  return pikachu::app::run_replay(command.options, std::cout, std::cerr);
}

int run(const pikachu::app::PrintCommand& command) {
  std::cout << command.text;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto command = pikachu::app::parse_command_line({argv + 1, argv + argc});
  if (!command) {
    std::cerr << "pikachu: " << command.error().message << '\n';
    return kWrongUsage;
  }
  return std::visit([](const auto& chosen) { return run(chosen); }, *command);
}
