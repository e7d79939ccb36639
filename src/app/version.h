#pragma once

#include <string_view>

namespace pikachu::app {

/// The project's version, from CMakeLists.txt: "2.0.0".
std::string_view version();

}  // namespace pikachu::app
