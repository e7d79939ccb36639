#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/settings.h"

namespace pikachu::config {

/// Reads a secret that is given as `key`, or as the first line of the file that `file_key` names.
/// Both at once, a file that cannot be read, is empty or has several lines: reported.
/// Nothing if neither is there, or something is wrong.
std::optional<std::string> read_secret(const Settings& settings, std::string_view key,
                                       std::string_view file_key);

/// Whether a file can be opened for reading.
/// Errors: kInvalid, with the system's reason and the remedy.
base::Result<void> check_readable(const std::string& path);

}  // namespace pikachu::config
