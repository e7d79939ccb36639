#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "base/command_syntax.h"
#include "store/state_view.h"

namespace pikachu::app {

/// What `pikachu deadletters` is asked for.
struct DeadLettersOptions {
  enum class Format { kText, kJson };

  std::vector<std::string> words;  ///< list, show, retry or drop.
  std::string config_path = "config.yaml";
  std::string tasks_path;
  store::LetterChoice choice;
  bool all = false;
  std::optional<std::uint32_t> rate;
  std::string reason;
  std::int64_t after = 0;
  std::size_t limit = 100;
  Format format = Format::kText;
};

/// For app::parse_command_line.
base::CommandSyntax<DeadLettersOptions> deadletters_syntax();

/// Does what `options` ask for. REQUIRES: deadletters_syntax().check(options).
/// Returns the exit status: 0 done, 1 failed or nothing found (said in `messages`), 2 wrong
/// configuration. Spec: docs/reference/deadletters.md.
int run_deadletters(const DeadLettersOptions& options, std::ostream& output,
                    std::ostream& messages);

}  // namespace pikachu::app
