#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/command_syntax.h"

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

/// What `pikachu receive` takes.
base::CommandSyntax<ReceiveOptions> syntax();

}  // namespace pikachu::receive
