#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.h"

namespace pikachu::config {

struct Member;

/// A YAML value with its place: what the rest of this component sees of YAML.
struct Node {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  Mark mark;
  std::string text;             ///< A scalar's text, without quotes.
  std::vector<Node> items;      ///< Of a list.
  std::vector<Member> members;  ///< Of a map, in the order of the file, duplicates included.
  /// Something is wrong with this value and was reported: read the default, and say no more.
  bool is_invalid = false;

  /// The first member of that name, or nothing; a null value is a value too.
  const Member* member(std::string_view name) const;
  Member* member(std::string_view name);
};

/// A key of a map and its value.
struct Member {
  std::string key;
  Mark mark;  ///< Of the key.
  Node value;
};

/// Reads one YAML document. What is wrong goes to `report`, and nothing comes back: no such file, a
/// directory, above 16 MiB, not YAML, empty, several documents, not a map, more than 300000
/// values (aliases multiply).
/// Never throws.
std::optional<Node> read_document(const std::string& path, std::size_t file, Report& report);

}  // namespace pikachu::config
