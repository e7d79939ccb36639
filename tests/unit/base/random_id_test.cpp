#include "base/random_id.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace pikachu::base {
namespace {

TEST(RandomId, Is16HexadecimalDigitsThatDiffer) {
  std::set<std::string> ids;
  std::set<char> digits;
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = random_id();
    EXPECT_EQ(id.size(), 16U);
    digits.insert(id.begin(), id.end());
    ids.insert(id);
  }

  EXPECT_EQ(ids.size(), 1'000U);
  EXPECT_EQ(std::string(digits.begin(), digits.end()), "0123456789abcdef");
}

}  // namespace
}  // namespace pikachu::base
