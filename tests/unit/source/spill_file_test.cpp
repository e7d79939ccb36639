#include "source/spill_file.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace pikachu::source {
namespace {

TEST(SpillFile, WhatIsSettledTakesNoMemory) {
  const std::vector<std::uint8_t> piece(1'000, 7);
  SpillFile file(::testing::TempDir(), "take another");
  ASSERT_TRUE(file.append({}, piece));
  EXPECT_GE(file.memory_bytes(), piece.size());

  ASSERT_TRUE(file.settle());

  EXPECT_EQ(file.memory_bytes(), 0U);
  const auto read = file.read(0, piece.size());
  ASSERT_TRUE(read);
  EXPECT_TRUE(std::equal(read->begin(), read->end(), piece.begin(), piece.end()));
}

}  // namespace
}  // namespace pikachu::source
