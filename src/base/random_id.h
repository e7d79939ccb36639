#pragma once

#include <string>

namespace pikachu::base {

/// 16 hexadecimal digits that nobody else has drawn: 64 random bits of the system.
std::string random_id();

}  // namespace pikachu::base
