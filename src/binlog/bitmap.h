#pragma once

#include <cstddef>
#include <cstdint>

#include "binlog/event_header.h"

namespace pikachu::binlog {

/// Bytes of a bitmap of so many bits, as rows events have them.
inline std::size_t bitmap_size(std::size_t bits) {
  return (bits + 7) / 8;
}

/// A bit of it, the first of a byte lowest. REQUIRES: `bits` has it.
inline bool bit_is_set(Bytes bits, std::size_t index) {
  return ((std::uint32_t{bits[index / 8]} >> (index % 8)) & 1U) != 0;
}

}  // namespace pikachu::binlog
