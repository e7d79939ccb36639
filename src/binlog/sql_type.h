#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "binlog/table_map.h"
#include "change/table_schema.h"

namespace pikachu::binlog {

/// A column's type as information_schema writes it: "decimal(10,2) unsigned", "enum('a','b')",
/// "varchar(20) /*M!100301 COMPRESSED*/", "datetime(3) /* mariadb-5.3 */".
struct SqlType {
  std::string name;                                       ///< In lower case: "decimal".
  std::array<std::optional<std::uint32_t>, 2> arguments;  ///< Numbers in the first parentheses.
  std::size_t label_count = 0;                            ///< ENUM and SET.
  bool is_unsigned = false;
  bool is_compressed = false;
};

/// nullopt if the text is empty or its parentheses or quotes do not end.
std::optional<SqlType> parse_sql_type(std::string_view text);

/// Whether a column of type `type` is stored exactly as `mapped` says: type and metadata.
///
/// `bytes_per_character` is the longest character of the column's set, 1 for binary types. Types
/// that are not known match nothing: what cannot be proved is no match.
bool is_stored_as(const SqlType& type, std::size_t bytes_per_character, change::Flavor flavor,
                  const MappedColumn& mapped);

/// Whether the type is text, ENUM or SET: one with a character set.
bool has_charset(const SqlType& type);

/// Fractional digits of TIME, DATETIME and TIMESTAMP; 0 for other types.
std::uint8_t fractional_digits_of(const SqlType& type);

/// The hint that MariaDB's type names give: UUID, INET4, INET6, VECTOR.
change::ColumnHint hint_of(const SqlType& type, change::Flavor flavor);

/// For people: "VARCHAR, metadata 400".
std::string describe(const MappedColumn& mapped);

}  // namespace pikachu::binlog
