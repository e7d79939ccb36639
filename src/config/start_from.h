#pragma once

#include <string_view>

#include "base/result.h"
#include "source/event_stream.h"

namespace pikachu::config {

/// Reads database.start_from: "latest", "earliest", "gtid:SET" of either flavor,
/// "file:NAME:OFFSET", "file:NAME" (its first event), or a time, "2026-11-20T12:00:00Z" or with an
/// offset like +08:00. Errors: kInvalid, with the remedy. Spec: RFC 3339, section 5.6 (a blank may
/// stand for the T; fractions are cut off).
base::Result<source::StartFrom> parse_start_from(std::string_view text);

}  // namespace pikachu::config
