#include "decode/file_order.h"

#include <cstddef>

namespace pikachu::decode {

std::string FileOrder::enter(std::string_view name) {
  const bool is_expected = last_.empty() || next_.empty() || name == "stdin" || name == next_;
  std::string problem;
  if (!is_expected) {
    problem = "it stands behind " + last_ + ", which leads to " + next_ +
              ": the changes in between are missing, or the files are not in their order";
  }
  last_ = name;
  // Until a ROTATE says it: servers count their files, also when they end without one.
  next_ = successor(name);
  return problem;
}

std::string successor(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == name.size()) return {};
  std::string next(name);
  for (std::size_t i = next.size() - 1; i > dot; --i) {
    if (next[i] < '0' || next[i] > '9') return {};
  }
  for (std::size_t i = next.size() - 1; i > dot; --i) {
    if (next[i] != '9') {
      ++next[i];
      return next;
    }
    next[i] = '0';
  }
  return next.insert(dot + 1, 1, '1');
}

}  // namespace pikachu::decode
