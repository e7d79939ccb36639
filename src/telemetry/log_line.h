#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "telemetry/logger.h"

namespace pikachu::telemetry {

/// The level's name as config.yaml and the JSON lines have it: "warn".
std::string_view to_string(LogLevel level);

/// One line without its line break, in one of the forms that Logger describes.
///
/// No byte of a message or a value can end the line, or reach a terminal as a control character.
/// Text: values with blanks, quotes, backslashes or '=' stand in double quotes; control characters
/// are written \n, \r, \t or \x1b, and so are C1 controls and bytes that are not UTF-8.
/// JSON: bytes that are not UTF-8 become U+FFFD.
/// Spec: RFC 8259, section 7 (JSON strings).
std::string format_line(LogFormat format, std::chrono::system_clock::time_point time,
                        LogLevel level, std::string_view component, std::string_view message,
                        std::span<const LogField> fields);

}  // namespace pikachu::telemetry
