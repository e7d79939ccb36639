#pragma once

#include <string_view>

namespace pikachu::base {

/// Names the calling thread, as ps, top and gdb show it. At most 15 bytes are kept.
void set_thread_name(std::string_view name);

}  // namespace pikachu::base
