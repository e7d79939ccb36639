#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pikachu::receive {

/// What `pikachu receive` was told to do.
struct ReceiveOptions {
  std::string listen = "127.0.0.1:9000";  ///< HOST:PORT; port 0 picks a free one.
  std::vector<int> statuses{200};         ///< Answers in turn; the last one repeats.
  std::chrono::milliseconds delay{0};     ///< Before each answer.
  std::uint64_t fail_every = 0;           ///< Each n-th webhook gets a 503; 0: none does.
  bool quiet = false;                     ///< One line, with the number, at the end.
  std::optional<std::uint64_t> count;     ///< Exit after so many webhooks.
};

/// What `pikachu receive -help` prints.
std::string_view help_text();

/// Whether there is an option `name`, without its dashes.
bool is_option(std::string_view name);

/// Whether the option has a value. REQUIRES: is_option(name).
bool option_takes_value(std::string_view name);

/// Sets an option; `value` is ignored where it takes none. REQUIRES: is_option(name).
/// Errors: kInvalid, naming the option, the value and what it takes.
base::Result<void> set_option(ReceiveOptions& options, std::string_view name,
                              std::string_view value);

}  // namespace pikachu::receive
