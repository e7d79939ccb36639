#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pikachu::config {

/// A whole number in decimal, with or without a minus. Nothing else: no blanks, no 0x, no 1e3.
/// Errors: kInvalid, if it is none or does not fit.
base::Result<std::int64_t> parse_integer(std::string_view text);

/// true, yes, on; false, no, off; in lower, upper or title case, as YAML 1.1 has them.
std::optional<bool> parse_boolean(std::string_view text);

/// Milliseconds of "500ms", "30s", "1m30s", "1.5h", "72h", "7d"; "0" needs no unit. Units: ns, us,
/// ms, s, m, h, d. What is finer than a millisecond is cut off. Errors: kInvalid, with the remedy.
base::Result<std::int64_t> parse_duration(std::string_view text);

/// Bytes of "64MiB", "1.5GB", "512 KiB". Units: B, KiB, MiB, GiB, TiB, and KB, MB, GB, TB of a
/// thousand each. Errors: kInvalid, with the remedy.
base::Result<std::int64_t> parse_size(std::string_view text);

/// "90s", "1500ms", "72h": the largest unit that leaves no rest.
std::string show_duration(std::int64_t milliseconds);

/// "64MiB", "1000B".
std::string show_size(std::int64_t bytes);

}  // namespace pikachu::config
