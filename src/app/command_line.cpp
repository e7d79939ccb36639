#include "app/command_line.h"

#include <optional>
#include <string_view>
#include <utility>

#include "app/version.h"

namespace pikachu::app {

namespace {

using base::ErrorCode;
using base::fail;

constexpr std::string_view kHelp =
    R"(pikachu delivers the row changes of a MySQL or MariaDB server to HTTP endpoints.

Usage:
  pikachu [-config FILE] [-tasks FILE]   run the service
  pikachu decode [OPTION...] FILE...     row changes of binlog files as JSON Lines
  pikachu deadletters ACTION [OPTION...] the changes that endpoints refused: list, show, retry, drop
  pikachu replay -task T -from P [...]   deliver a task's changes again, from the binlog
  pikachu state ACTION [OPTION...]       what is saved: show, export, import, reset
  pikachu receive [OPTION...]            print webhooks as they arrive, for trying things out
  pikachu -version | -help

Options (one dash or two, "-config FILE" or "-config=FILE"):
  -config FILE   configuration (default: config.yaml); docs/reference/config.md has every key
  -tasks FILE    take `tasks:` from this file instead
  -version       print the version and end
  -help          print this and end

Signals: SIGTERM and SIGINT end it gracefully: it stops reading, finishes what is in flight within
shutdown_timeout, and saves its position. What is left is delivered after the next start.

Exit status: 0 done, 1 failed while running, 2 wrong usage or configuration.
)";

/// Walks arguments; knows "-name value", "--name value" and "-name=value".
class Arguments {
 public:
  explicit Arguments(const std::vector<std::string>& all, std::size_t first)
      : all_(all), next_(first) {}

  /// Takes the next option's name, without dashes; "" if it is not an option; nothing at the end.
  std::optional<std::string> take_option() {
    if (next_ == all_.size()) return std::nullopt;
    argument_ = all_[next_++];
    value_.reset();
    if (argument_.size() < 2 || argument_[0] != '-') return std::string();
    std::string name = argument_.substr(argument_[1] == '-' ? 2 : 1);
    if (const auto equals = name.find('='); equals != std::string::npos) {
      value_ = name.substr(equals + 1);
      name.resize(equals);
    }
    return name;
  }

  /// The value of the option that was taken last. Errors: kInvalid if there is none.
  base::Result<std::string> take_value() {
    if (value_) return *std::exchange(value_, std::nullopt);
    if (next_ < all_.size()) return all_[next_++];
    return fail(ErrorCode::kInvalid, argument_ + " needs a value; see pikachu -help");
  }

  /// For an option that takes no value. Errors: kInvalid if it was given one, as in "-quiet=no".
  base::Result<void> refuse_value() const {
    if (!value_) return {};
    return fail(ErrorCode::kInvalid, "\"" + argument_ +
                                         "\" gives a value to an option that takes none; write it "
                                         "without =, or leave it out; see pikachu -help");
  }

  const std::string& argument() const { return argument_; }

 private:
  const std::vector<std::string>& all_;
  std::size_t next_;
  std::string argument_;
  std::optional<std::string> value_;
};

base::Result<Command> print(const Arguments& arguments, std::string text) {
  if (auto bare = arguments.refuse_value(); !bare) return tl::unexpected(bare.error());
  return PrintCommand{std::move(text)};
}

base::Result<Command> parse_run(Arguments arguments) {
  RunCommand command;
  while (const auto option = arguments.take_option()) {
    if (*option == "help" || *option == "h") return print(arguments, std::string(kHelp));
    if (*option == "version" || *option == "v") return print(arguments, version_text() + "\n");
    if (*option != "config" && *option != "tasks") {
      return fail(ErrorCode::kInvalid,
                  "unknown argument \"" + arguments.argument() + "\"; see pikachu -help");
    }
    auto value = arguments.take_value();
    if (!value) return tl::unexpected(value.error());
    (*option == "config" ? command.config_path : command.tasks_path) = std::move(*value);
  }
  return command;
}

/// What a subcommand takes behind its name.
template <typename Options>
struct Syntax {
  std::string command;
  std::string_view (*help_text)() = nullptr;
  bool (*is_option)(std::string_view name) = nullptr;
  bool (*takes_value)(std::string_view name) = nullptr;
  base::Result<void> (*set)(Options& options, std::string_view name,
                            std::string_view value) = nullptr;
  std::vector<std::string> Options::*files = nullptr;  ///< Arguments that are no options, if any.
};

/// Reads `arguments` into the options of a Command's alternative.
template <typename SubCommand, typename Options>
base::Result<Command> parse_options(Arguments arguments, const Syntax<Options>& syntax) {
  SubCommand command;
  while (const auto option = arguments.take_option()) {
    if (*option == "help" || *option == "h") {
      return print(arguments, std::string(syntax.help_text()));
    }
    if (option->empty() && syntax.files != nullptr) {
      (command.options.*syntax.files).push_back(arguments.argument());
      continue;
    }
    if (option->empty() || !syntax.is_option(*option)) {
      return fail(ErrorCode::kInvalid, "unknown argument \"" + arguments.argument() + "\"; see " +
                                           syntax.command + " -help");
    }
    std::string value;
    if (syntax.takes_value(*option)) {
      auto taken = arguments.take_value();
      if (!taken) return tl::unexpected(taken.error());
      value = std::move(*taken);
    } else if (auto bare = arguments.refuse_value(); !bare) {
      return tl::unexpected(bare.error());
    }
    if (auto set = syntax.set(command.options, *option, value); !set) {
      return tl::unexpected(set.error());
    }
  }
  return command;
}

base::Result<Command> parse_receive(Arguments arguments) {
  return parse_options<ReceiveCommand, receive::ReceiveOptions>(
      std::move(arguments), {"pikachu receive", receive::help_text, receive::is_option,
                             receive::option_takes_value, receive::set_option});
}

/// As above, and checks the options together.
template <typename SubCommand, typename Options>
base::Result<Command> parse_checked(Arguments arguments, const Syntax<Options>& syntax,
                                    base::Result<void> (*check)(const Options& options)) {
  auto command = parse_options<SubCommand, Options>(std::move(arguments), syntax);
  if (!command) return command;
  if (const auto* chosen = std::get_if<SubCommand>(&*command)) {
    if (auto checked = check(chosen->options); !checked) return tl::unexpected(checked.error());
  }
  return command;
}

base::Result<Command> parse_decode(Arguments arguments) {
  return parse_checked<DecodeCommand, decode::DecodeOptions>(
      std::move(arguments),
      {"pikachu decode", decode::help_text, decode::is_option, decode::option_takes_value,
       decode::set_option, &decode::DecodeOptions::files},
      decode::check);
}

base::Result<Command> parse_deadletters(Arguments arguments) {
  return parse_checked<DeadLettersCommand, DeadLettersOptions>(
      std::move(arguments),
      {"pikachu deadletters", deadletters_help, is_deadletters_option,
       deadletters_option_takes_value, set_deadletters_option, &DeadLettersOptions::words},
      check_deadletters);
}

base::Result<Command> parse_state(Arguments arguments) {
  return parse_checked<StateCommand, StateOptions>(
      std::move(arguments),
      {"pikachu state", state_help, is_state_option, state_option_takes_value, set_state_option,
       &StateOptions::words},
      check_state);
}

base::Result<Command> parse_replay(Arguments arguments) {
  return parse_checked<ReplayCommand, ReplayOptions>(
      std::move(arguments),
      {"pikachu replay", replay_help, is_replay_option, replay_option_takes_value,
       set_replay_option},
      check_replay);
}

}  // namespace

std::string version_text() {
  return "pikachu " + std::string(version());
}

base::Result<Command> parse_command_line(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments.front() == "receive") {
    return parse_receive(Arguments(arguments, 1));
  }
  if (!arguments.empty() && arguments.front() == "decode") {
    return parse_decode(Arguments(arguments, 1));
  }
  if (!arguments.empty() && arguments.front() == "deadletters") {
    return parse_deadletters(Arguments(arguments, 1));
  }
  if (!arguments.empty() && arguments.front() == "state") {
    return parse_state(Arguments(arguments, 1));
  }
  if (!arguments.empty() && arguments.front() == "replay") {
    return parse_replay(Arguments(arguments, 1));
  }
  if (!arguments.empty() && !arguments.front().starts_with('-')) {
    return fail(ErrorCode::kInvalid,
                "unknown command \"" + arguments.front() + "\"; see pikachu -help");
  }
  return parse_run(Arguments(arguments, 0));
}

}  // namespace pikachu::app
