#include "app/command_line.h"

#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::app {
namespace {

using Arguments = std::vector<std::string>;

/// The command, which has to be of this kind.
template <typename Kind>
Kind parsed(const Arguments& arguments) {
  auto command = parse_command_line(arguments);
  EXPECT_TRUE(command) << command.error().message;
  if (!command || !std::holds_alternative<Kind>(*command)) {
    ADD_FAILURE() << "it is another kind of command";
    return {};
  }
  return std::get<Kind>(*std::move(command));
}

/// Why the arguments are refused.
std::string refusal(const Arguments& arguments) {
  const auto command = parse_command_line(arguments);
  if (command) return "(not refused)";
  EXPECT_EQ(command.error().code, base::ErrorCode::kInvalid);
  return command.error().message;
}

TEST(CommandLine, RunsTheServiceWithConfigYamlByDefault) {
  const auto run = parsed<RunCommand>({});

  EXPECT_EQ(run.config_path, "config.yaml");
  EXPECT_EQ(run.tasks_path, "");
}

TEST(CommandLine, OptionsTakeOneDashOrTwoAndTheirValueEitherWay) {
  for (const Arguments& arguments :
       {Arguments{"-config", "c", "-tasks", "t"}, Arguments{"--config", "c", "--tasks=t"},
        Arguments{"-tasks=t", "-config=c"}}) {
    SCOPED_TRACE(testing::PrintToString(arguments));

    const auto run = parsed<RunCommand>(arguments);

    EXPECT_EQ(run.config_path, "c");
    EXPECT_EQ(run.tasks_path, "t");
  }
}

TEST(CommandLine, ValueMayBeginWithADashOrHaveAnEqualsSign) {
  EXPECT_EQ(parsed<RunCommand>({"-config=a=b"}).config_path, "a=b");
  EXPECT_EQ(parsed<RunCommand>({"-config", "-c"}).config_path, "-c");
}

TEST(CommandLine, PrintsVersionAndHelp) {
  for (const char* const option : {"-version", "--version", "-v"}) {
    EXPECT_EQ(parsed<PrintCommand>({option}).text, version_text() + "\n") << option;
  }
  for (const char* const option : {"-help", "--help", "-h"}) {
    EXPECT_TRUE(parsed<PrintCommand>({option}).text.starts_with("pikachu delivers")) << option;
    for (const char* const command : {"receive", "decode", "deadletters", "state", "replay"}) {
      const auto help = parsed<PrintCommand>({command, option}).text;
      EXPECT_TRUE(help.starts_with("pikachu " + std::string(command))) << help;
    }
  }
}

template <typename Options>
void expect_help_with_every_option(const base::CommandSyntax<Options>& syntax) {
  SCOPED_TRACE(syntax.command);
  for (const auto& names : {syntax.flags, syntax.valued}) {
    for (const auto name : names) {
      EXPECT_NE(syntax.help.find(" -" + std::string(name) + " "), std::string::npos) << name;
    }
  }
}

TEST(CommandLine, HelpNamesEveryOption) {
  expect_help_with_every_option(receive::syntax());
  expect_help_with_every_option(decode::syntax());
  expect_help_with_every_option(deadletters_syntax());
  expect_help_with_every_option(state_syntax());
  expect_help_with_every_option(replay_syntax());
}

TEST(CommandLine, CommandsTakeTheirOptionsAndWords) {
  for (const auto name : replay_syntax().valued) {
    const auto given = "-" + std::string(name) + "=";
    EXPECT_EQ(refusal({"replay", given}),
              given.substr(0, given.size() - 1) + ": its value is empty; see pikachu replay -help");
  }
  EXPECT_EQ(parsed<ReplayCommand>({"replay", "-task=t", "-from=earliest"}).options.task, "t");
  EXPECT_EQ(parsed<StateCommand>({"state", "reset", "-damaged", "-yes"}).options.words,
            Arguments{"reset"});
  EXPECT_TRUE(parsed<DeadLettersCommand>({"deadletters", "retry", "-all"}).options.all);
}

TEST(CommandLine, ReceiveTakesItsOptions) {
  const auto receive =
      parsed<ReceiveCommand>({"receive", "-listen", "[::1]:0", "-quiet", "--count=3"});

  EXPECT_EQ(receive.options.listen, "[::1]:0");
  EXPECT_TRUE(receive.options.quiet);
  EXPECT_EQ(receive.options.count, 3U);
}

TEST(CommandLine, DecodeTakesFilesAmongItsOptions) {
  const auto decode = parsed<DecodeCommand>(
      {"decode", "b.000001", "-stats", "-table", "users", "-", "--format=events"});

  EXPECT_EQ(decode.options.files, (Arguments{"b.000001", "-"}));
  EXPECT_TRUE(decode.options.stats);
  EXPECT_EQ(decode.options.tables.size(), 1U);
  EXPECT_EQ(decode.options.format, decode::DecodeOptions::Format::kEvents);
}

TEST(CommandLine, DecodeNeedsOptionsThatMakeSenseTogether) {
  EXPECT_EQ(refusal({"decode", "-quick", "f"}),
            "unknown argument \"-quick\"; see pikachu decode -help");
  EXPECT_EQ(refusal({"decode", "f", "-from"}), "-from needs a value; see pikachu decode -help");
  EXPECT_NE(refusal({"decode"}).find("needs a binlog file"), std::string::npos);
}

TEST(CommandLine, WhatIsUnknownIsNamedTogetherWithTheHelp) {
  EXPECT_EQ(refusal({"-confg", "x"}), "unknown argument \"-confg\"; see pikachu -help");
  EXPECT_EQ(refusal({"-config", "x", "y"}), "unknown argument \"y\"; see pikachu -help");
  EXPECT_EQ(refusal({"check"}), "unknown command \"check\"; see pikachu -help");
  EXPECT_EQ(refusal({"receive", "-config", "x"}),
            "unknown argument \"-config\"; see pikachu receive -help");
  EXPECT_EQ(refusal({"receive", "x"}), "unknown argument \"x\"; see pikachu receive -help");
}

TEST(CommandLine, WrongValueIsRefusedTogetherWithTheHelp) {
  EXPECT_EQ(refusal({"receive", "-count", "x"}),
            "-count: \"x\" is not a number from 1; see pikachu receive -help");
  EXPECT_EQ(refusal({"decode", "-format", "json", "f"}),
            "-format: \"json\" is neither rows nor events; see pikachu decode -help");
  EXPECT_EQ(refusal({"deadletters", "retry", "-rate=0"}),
            "-rate: \"0\" is not a number from 1 to 1000000; see pikachu deadletters -help");
  EXPECT_EQ(refusal({"state", "reset"}),
            "reset needs one of -position PLACE, -waiting -task T, and -damaged; see pikachu state "
            "-help");
  EXPECT_EQ(refusal({"replay", "-task=t", "-from=here"}),
            "-from: \"here\" is no place to start from; write earliest, gtid:SET, file:NAME:OFFSET "
            "or a time such as 2026-11-20T12:00:00Z; see pikachu replay -help");
  EXPECT_EQ(refusal({"replay", "-task=t", "-from=earliest", "-to=earliest"}),
            "-to earliest: nothing was committed before it; give a time, gtid:SET or "
            "file:NAME:OFFSET; see pikachu replay -help");
}

TEST(CommandLine, MissingValueIsRefused) {
  EXPECT_EQ(refusal({"-config"}), "-config needs a value; see pikachu -help");
  EXPECT_EQ(refusal({"receive", "--count"}), "--count needs a value; see pikachu receive -help");
}

TEST(CommandLine, ValueOfAnOptionThatTakesNoneIsRefused) {
  for (const Arguments& arguments :
       {Arguments{"-help=1"}, Arguments{"-version=no"}, Arguments{"--help="},
        Arguments{"receive", "-quiet=no"}, Arguments{"receive", "-help=1"}}) {
    const auto message = refusal(arguments);
    EXPECT_NE(message.find("\"" + arguments.back() + "\" gives a value"), std::string::npos)
        << message;
    EXPECT_TRUE(message.ends_with(arguments.front() == "receive" ? "; see pikachu receive -help"
                                                                 : "; see pikachu -help"))
        << message;
  }
}

}  // namespace
}  // namespace pikachu::app
