#pragma once

#include <cstdint>

namespace pikachu::wire {

// Little-endian integers at an address whose bytes are known to be there. ByteReader is for all
// others. Compilers make one load of each.

inline std::uint16_t load_u16(const std::uint8_t* from) {
  return static_cast<std::uint16_t>(from[0] | from[1] << 8U);
}

inline std::uint32_t load_u32(const std::uint8_t* from) {
  return from[0] | std::uint32_t{from[1]} << 8U | std::uint32_t{from[2]} << 16U |
         std::uint32_t{from[3]} << 24U;
}

inline std::uint64_t load_u64(const std::uint8_t* from) {
  return load_u32(from) | std::uint64_t{load_u32(from + 4)} << 32U;
}

}  // namespace pikachu::wire
