#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/document.h"
#include "config/report.h"

namespace pikachu::config {

/// Typed reading of a map that check_shape() has examined: what is absent, null or invalid is
/// nothing, so that the caller's default stands.
///
/// Lifetime: a view of the node and the report.
class Settings {
 public:
  /// `shown` is the map's path for messages, "tasks[0]"; "" for the whole document.
  Settings(const Node& map, std::string shown, Report& report)
      : map_(map), shown_(std::move(shown)), report_(report) {}

  /// The value at "tls.mode", or nothing. Valid values only.
  const Node* at(std::string_view path) const;

  std::optional<std::string> text(std::string_view path) const;
  std::optional<bool> boolean(std::string_view path) const;
  std::optional<std::int64_t> integer(std::string_view path) const;
  std::optional<std::chrono::milliseconds> duration(std::string_view path) const;
  std::optional<std::int64_t> size(std::string_view path) const;
  /// The items of a list, or the one value; invalid ones left out.
  std::vector<const Node*> texts(std::string_view path) const;

  // The same into a variable, which keeps its value where there is nothing.
  void read(std::string_view path, std::string& to) const {
    if (auto value = text(path)) to = *std::move(value);
  }
  void read(std::string_view path, bool& to) const {
    if (const auto value = boolean(path)) to = *value;
  }
  void read(std::string_view path, std::chrono::milliseconds& to) const {
    if (const auto value = duration(path)) to = *value;
  }
  /// REQUIRES: the table of known keys holds the number to the range of `Number`.
  template <typename Number>
  void read_integer(std::string_view path, Number& to) const {
    if (const auto value = integer(path)) to = static_cast<Number>(*value);
  }
  void read_size(std::string_view path, std::size_t& to) const {
    if (const auto value = size(path)) to = static_cast<std::size_t>(*value);
  }

  /// Reports about a key of this map, at its value; where it is absent, at the map
  /// that it belongs into.
  void error(std::string_view path, std::string_view what) const;
  void warning(std::string_view path, std::string_view what) const;
  /// Reports about `node`, which is a part of the key's value.
  void error_at(const Node& node, std::string_view path, std::string_view what) const;

  /// The path of a key for messages: "tasks[0].timeout".
  std::string shown(std::string_view path) const;

  const Node& map() const { return map_; }
  Report& report() const { return report_; }

 private:
  Mark mark_of(std::string_view path) const;

  const Node& map_;
  std::string shown_;
  Report& report_;
};

}  // namespace pikachu::config
