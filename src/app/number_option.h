#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

#include "base/command_syntax.h"

namespace pikachu::app {

/// Reads the value of the option `name` into `number`. Errors: kInvalid, naming the option, the
/// value and the limits, if it is no number from `least` to `most`; then `number` is as before.
template <typename Number>
base::Result<void> set_number(Number& number, std::string_view name, std::string_view value,
                              Number least, Number most) {
  Number parsed = 0;
  const auto* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, parsed);
  if (error != std::errc() || stop != end || parsed < least || parsed > most) {
    return base::refuse("-" + std::string(name) + ": \"" + std::string(value) +
                        "\" is not a number from " + std::to_string(least) + " to " +
                        std::to_string(most));
  }
  number = parsed;
  return {};
}

}  // namespace pikachu::app
