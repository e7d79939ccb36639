#include "app/command_line.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "app/version.h"
#include "base/command_syntax.h"

namespace pikachu::app {

namespace {

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
    return base::refuse(argument_ + " needs a value");
  }

  /// For an option that takes no value. Errors: kInvalid if it was given one, as in "-quiet=no".
  base::Result<void> refuse_value() const {
    if (!value_) return {};
    return base::refuse("\"" + argument_ +
                        "\" gives a value to an option that takes none; write it without =, or "
                        "leave it out");
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

tl::unexpected<base::Error> unknown(const Arguments& arguments) {
  return base::refuse("unknown argument \"" + arguments.argument() + "\"");
}

base::Result<Command> parse_run(Arguments arguments) {
  RunCommand command;
  while (const auto option = arguments.take_option()) {
    if (*option == "help" || *option == "h") return print(arguments, std::string(kHelp));
    if (*option == "version" || *option == "v") return print(arguments, version_text() + "\n");
    if (*option != "config" && *option != "tasks") {
      return unknown(arguments);
    }
    auto value = arguments.take_value();
    if (!value) return tl::unexpected(value.error());
    (*option == "config" ? command.config_path : command.tasks_path) = std::move(*value);
  }
  return command;
}

/// Adds to a refusal where to read on.
base::Result<Command> with_help(base::Result<Command> parsed, std::string_view command) {
  if (!parsed) parsed.error().message.append("; see ").append(command).append(" -help");
  return parsed;
}

/// Reads `arguments` into the options of a Command's alternative.
template <typename SubCommand, typename Options>
base::Result<Command> read_options(Arguments arguments,
                                   const base::CommandSyntax<Options>& syntax) {
  SubCommand command;
  while (const auto option = arguments.take_option()) {
    if (*option == "help" || *option == "h") return print(arguments, std::string(syntax.help));
    if (option->empty() && syntax.words != nullptr) {
      (command.options.*syntax.words).push_back(arguments.argument());
      continue;
    }
    const auto is_option = [&option](std::string_view name) { return name == *option; };
    std::string value;
    if (std::ranges::any_of(syntax.valued, is_option)) {
      auto taken = arguments.take_value();
      if (!taken) return tl::unexpected(taken.error());
      value = std::move(*taken);
    } else if (std::ranges::none_of(syntax.flags, is_option)) {
      return unknown(arguments);
    } else if (auto bare = arguments.refuse_value(); !bare) {
      return tl::unexpected(bare.error());
    }
    if (auto set = syntax.set(command.options, *option, value); !set) {
      return tl::unexpected(set.error());
    }
  }
  if (syntax.check != nullptr) {
    if (auto checked = syntax.check(command.options); !checked) {
      return tl::unexpected(checked.error());
    }
  }
  return command;
}

template <typename SubCommand, typename Options>
base::Result<Command> parse_options(Arguments arguments,
                                    const base::CommandSyntax<Options>& syntax) {
  return with_help(read_options<SubCommand>(std::move(arguments), syntax), syntax.command);
}

}  // namespace

std::string version_text() {
  return "pikachu " + std::string(version());
}

base::Result<Command> parse_command_line(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front().starts_with('-')) {
    return with_help(parse_run(Arguments(arguments, 0)), "pikachu");
  }
  const auto& command = arguments.front();
  Arguments rest(arguments, 1);
  if (command == "receive") return parse_options<ReceiveCommand>(rest, receive::syntax());
  if (command == "decode") return parse_options<DecodeCommand>(rest, decode::syntax());
  if (command == "deadletters")
    return parse_options<DeadLettersCommand>(rest, deadletters_syntax());
  if (command == "state") return parse_options<StateCommand>(rest, state_syntax());
  if (command == "replay") return parse_options<ReplayCommand>(rest, replay_syntax());
  return with_help(base::refuse("unknown command \"" + command + "\""), "pikachu");
}

}  // namespace pikachu::app
