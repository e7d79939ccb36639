#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace pikachu::test {

/// A change of a row of a table (id INT PRIMARY KEY, n BIGINT, …) in which every insert and update
/// gives n a number that no other has: so the two values of n name the change.
struct CountedChange {
  std::uint64_t before = 0;  ///< 0: an insert.
  std::uint64_t after = 0;   ///< 0: a delete.

  friend bool operator==(const CountedChange&, const CountedChange&) = default;
};

/// The changes of each row, by table and id, in order. One that changes the id is with both.
using CountedHistory = std::map<std::pair<std::string, std::int64_t>, std::vector<CountedChange>>;

}  // namespace pikachu::test
