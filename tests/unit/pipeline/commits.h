#pragma once

#include <cstdint>

#include "pipeline/source.h"

namespace pikachu::pipeline {

/// The end of a transaction before `offset` of a file.
inline Commit at(std::uint64_t offset) {
  Commit commit;
  commit.position.offset = offset;
  return commit;
}

}  // namespace pikachu::pipeline
