#include "tests/fuzz/allocation_meter.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

// The operators are the process's, so what they count is too.
constinit std::int64_t in_use = 0;
constinit std::int64_t peak = 0;

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  in_use += static_cast<std::int64_t>(malloc_usable_size(memory));
  peak = std::max(peak, in_use);
  return memory;
}

void operator delete(void* memory) noexcept {
  if (memory != nullptr) in_use -= static_cast<std::int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace pikachu::fuzz {

void AllocationMeter::start() {
  in_use = 0;
  peak = 0;
}

std::size_t AllocationMeter::peak_bytes() {
  return static_cast<std::size_t>(peak);
}

}  // namespace pikachu::fuzz
