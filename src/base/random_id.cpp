#include "base/random_id.h"

#include <cstddef>
#include <random>
#include <string_view>

namespace pikachu::base {

std::string random_id() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kLength = 16;
  std::random_device random;
  std::uniform_int_distribution<std::size_t> digit(0, kDigits.size() - 1);
  std::string id;
  while (id.size() < kLength) id += kDigits[digit(random)];
  return id;
}

}  // namespace pikachu::base
