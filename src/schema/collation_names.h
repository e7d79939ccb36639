#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pikachu::schema {

struct NamedCollation {
  std::string_view name;
  std::uint16_t id = 0;
};

/// The id of a collation that is listed by its name, in lower case. Not listed are those whose id
/// follows from another's: MariaDB's NOPAD and UCA 14.0.0 collations.
/// Spec: information_schema.COLLATIONS of MySQL 5.6.24 and 9.7.4,
/// COLLATION_CHARACTER_SET_APPLICABILITY of MariaDB 10.11.18 and 11.8.6.
std::optional<std::uint16_t> id_of_listed_collation(std::string_view name);

}  // namespace pikachu::schema
