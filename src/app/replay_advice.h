#pragma once

#include <string>

namespace pikachu::app {

/// The message of an error with what a person who replays does next, where it says what one who
/// runs the service does: `pikachu state reset -position P` becomes `pikachu replay -from P`, and
/// `start_from` and `database.server_id` the options that stand for them.
std::string as_replay_advice(std::string message);

}  // namespace pikachu::app
