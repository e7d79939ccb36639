#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pikachu::mysql {

/// What a query returned, as text. Small results only: all of it is in memory.
struct ResultTable {
  using Row = std::vector<std::optional<std::string>>;

  std::vector<std::string> columns;  ///< Names, case as the server has them.
  std::vector<Row> rows;             ///< A missing value is NULL.

  /// The value in `row` of the column `name` (case does not matter); "" if it is NULL or the server
  /// has no such column. REQUIRES: row < rows.size().
  std::string text(std::size_t row, std::string_view name) const;
};

/// `text` as a literal that stands for it in any sql_mode, whatever is in it: _utf8mb4 x'…'.
std::string utf8_literal(std::string_view text);

}  // namespace pikachu::mysql
