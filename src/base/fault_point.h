#pragma once

// A place where a test may end the program or make it fail, to see what a restart does about it.
//
//     PIKACHU_FAULT_POINT("waiting.written");
//
// Nothing at all, unless PIKACHU_FAULTS is defined, which only the test program pikachu_faults is
// compiled with. docs/testing.md lists the points and says how a test chooses one.
// Not for headers: a file with points is compiled twice, and an inline function in two ways would
// break the one-definition rule.

#ifdef PIKACHU_FAULTS

#include <cstdint>
#include <string_view>

namespace pikachu::base {

/// What the one who passes a point has to do.
enum class FaultAction : std::uint8_t {
  kGoOn,
  kTear,  ///< Do half of it, and end the process.
  kFail,
};

/// Notes that `point` is passed. Does not return if the process is to end there.
/// Threads: any.
FaultAction pass_fault_point(std::string_view point);

/// Ends the process at once, as kill -9 does: nothing is flushed, no destructor runs.
[[noreturn]] void end_process();

}  // namespace pikachu::base

#define PIKACHU_FAULT_POINT(point) static_cast<void>(::pikachu::base::pass_fault_point(point))

#else

#define PIKACHU_FAULT_POINT(point) static_cast<void>(0)

#endif
