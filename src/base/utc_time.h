#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pikachu::base {

/// Appends `since_epoch` as RFC 3339 in UTC with `digits` of fraction, cut off, not rounded:
/// "2026-11-20T12:00:00.123Z"; no fraction and no point where `digits` is 0.
///
/// REQUIRES: digits <= 6. Times before 1970 are shown as they are; years have at least four digits.
/// Spec: RFC 3339, section 5.6 (years 0 to 9999).
void append_utc(std::chrono::microseconds since_epoch, unsigned digits, std::string& out);

/// The same as a string of its own.
std::string to_utc(std::chrono::system_clock::time_point time, unsigned digits);

/// Reads a time with its zone, "2026-11-20T12:00:00Z" or with an offset like +08:00, as seconds
/// since 1970 UTC; nothing if it is none. A blank may stand for the T; a fraction is cut off.
/// Spec: RFC 3339, section 5.6.
std::optional<std::chrono::seconds> parse_utc(std::string_view text);

}  // namespace pikachu::base
