#pragma once

#include <string_view>

namespace pikachu::sink::webhook {

/// Whether a task may not set this header, because pikachu or HTTP itself does: another value would
/// break the delivery. REQUIRES: the name in lower case.
bool is_reserved_header(std::string_view lower_case_name);

}  // namespace pikachu::sink::webhook
