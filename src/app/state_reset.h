#pragma once

#include <string>

#include "app/state_command.h"

namespace pikachu::app {

/// `pikachu state reset` on the state directory `dir`: says what it loses, asks, and does it.
/// Returns the exit status of run_state().
int reset_state(const StateOptions& options, const std::string& dir, const Terminal& terminal);

}  // namespace pikachu::app
