#pragma once

#include <cstddef>

namespace pikachu::fuzz {

/// What operator new handed out since start(), in the whole process: a program that links
/// allocation_meter.cpp has its own operators new and delete, which count.
///
/// Memory that C libraries take with malloc (zlib's 40 KiB, zstd's window) is not counted.
///
/// Threads: programs of one thread only.
class AllocationMeter {
 public:
  /// Counts from here on.
  static void start();
  /// The most bytes that were in use at a time since start(), beyond those that were then.
  static std::size_t peak_bytes();
};

/// The memory that decoding `input_bytes` may take: deflate's largest ratio and some room. What is
/// beyond it was allocated for a size that is stated but not there.
constexpr std::size_t memory_allowed_for(std::size_t input_bytes) {
  constexpr std::size_t kBase = std::size_t{4} * 1024 * 1024;
  constexpr std::size_t kPerByte = std::size_t{2} * 1032;
  return kBase + kPerByte * input_bytes;
}

}  // namespace pikachu::fuzz
