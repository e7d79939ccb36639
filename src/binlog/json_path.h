#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pikachu::binlog {

/// One step of a JSON path: the member of an object or the element of an array.
struct JsonPathLeg {
  bool is_member = false;
  bool from_end = false;  ///< [last-2] has the index 2.
  std::uint64_t index = 0;
  std::string member;  ///< In UTF-8, its escapes undone.

  /// The element that it names in an array of `size`; `size` or more if there is none.
  std::uint64_t position(std::uint64_t size) const;
  /// Where an element is put in that is inserted by this name: at most `size`.
  std::uint64_t insert_position(std::uint64_t size) const;
};

/// Reads a path as the server writes one into a change: "$.a[0].\"b c\"[last-1]".
/// False if it is none, or has wildcards or ranges, which name no single place.
/// Spec: mysql-server 9.7 sql-common/json_path.cc.
bool parse_json_path(std::string_view text, std::vector<JsonPathLeg>& legs);

}  // namespace pikachu::binlog
