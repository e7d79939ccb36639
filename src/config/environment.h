#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace pikachu::config {

/// `text` with each `${NAME}` and `${NAME:-default}` replaced from the environment; the default
/// stands in where the variable is not set, or empty. `$${` gives a literal `${`; any other '$' is
/// itself. What a variable holds is not looked into again.
///
/// Errors: kInvalid: a variable that is not set and has no default, or a `${` that is no such
/// thing. The message names the variable and never shows `text`, which may be a password.
base::Result<std::string> substitute(std::string_view text);

}  // namespace pikachu::config
