#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "binlog/event_header.h"

namespace pikachu::decode {

/// The ROTATE event that a server puts between two files of a dump: the stream goes on at the first
/// event of `file`. Spec: docs/formats/binlog-events.md, "Framing".
std::vector<std::uint8_t> make_artificial_rotate(std::string_view file, binlog::Checksum checksum);

}  // namespace pikachu::decode
