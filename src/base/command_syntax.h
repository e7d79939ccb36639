#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace pikachu::base {

/// The error of an argument that is wrong: names it, and what would be right. Where to read on is
/// added by whoever read the command line.
inline tl::unexpected<Error> refuse(std::string what) {
  return fail(ErrorCode::kInvalid, std::move(what));
}

/// What a command takes behind its name, and how that becomes its Options.
template <typename Options>
struct CommandSyntax {
  std::string_view command;  ///< "pikachu replay"
  std::string_view help;     ///< What -help prints.

  // Names of options, without dashes.
  std::span<const std::string_view> flags;   ///< Those without a value.
  std::span<const std::string_view> valued;  ///< Those with one.

  /// Sets an option; `value` is ignored where it takes none. REQUIRES: `name` is among the names.
  /// Errors: of refuse(), naming the option, the value and what it takes.
  Result<void> (*set)(Options& options, std::string_view name, std::string_view value) = nullptr;
  /// Whether the options make sense together; null if they always do. Errors: of refuse().
  Result<void> (*check)(const Options& options) = nullptr;
  /// Where arguments that are no options go; null if there are none.
  std::vector<std::string> Options::*words = nullptr;
};

}  // namespace pikachu::base
