#pragma once

#include <iosfwd>
#include <optional>
#include <string>

namespace pikachu::app {

/// The state.dir of a configuration; nothing if that is wrong. What is wrong goes to `messages`.
std::optional<std::string> state_directory(const std::string& config_path,
                                           const std::string& tasks_path, std::ostream& messages);

}  // namespace pikachu::app
