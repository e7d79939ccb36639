#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault_point.h"

namespace pikachu::faults {

/// At which point what happens. Steps, each of which begins to count when the one before it is
/// done:
///
///     step[>step...]      step: point[:n[-m]][:kill|tear|fail|stall|pass]
///
/// What happens at the n-th passing, or each from the n-th to the m-th: the last step's kill, all
/// others' pass, unless they say something else. "waiting.adding:2>disk.write_log:1-3:fail": the
/// first three writes behind the second group fail.
///
/// Threads: one at a time.
class FaultPlan {
 public:
  /// A plan that cannot be read ends the program with a message: a test that meant something else
  /// must not pass.
  explicit FaultPlan(std::string_view text);

  enum class Action : std::uint8_t { kPass, kKill, kTear, kFail, kStall };
  Action pass(std::string_view point);

 private:
  struct Step {
    std::string point;
    std::uint64_t first = 1;
    std::uint64_t last = 1;
    Action action = Action::kPass;
  };
  static Step parse_step(std::string_view text, bool is_last);

  std::vector<Step> steps_;
  std::size_t current_ = 0;
  std::uint64_t passed_ = 0;  ///< Of the current step's point.
};

}  // namespace pikachu::faults
