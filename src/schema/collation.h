#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "binlog/charset.h"
#include "binlog/events.h"
#include "change/gtid_set.h"

namespace pikachu::schema {

/// The collation of a column, table or database whose collation follows from something unseen.
inline constexpr std::uint32_t kUnknownCollation = 0;

/// What the names of character sets and collations mean in a session. Names are in any case.
///
/// Spec: MySQL 9 Reference Manual, "Character Sets, Collations, Unicode"; MariaDB Knowledge Base,
/// "Supported Character Sets and Collations".
class SessionCollations {
 public:
  /// `utf8mb4_collation`, `default_collations`: see Statement. Without them, the sets' own
  /// defaults, which for utf8mb4 are those of servers that write neither.
  SessionCollations(change::Flavor flavor, std::optional<std::uint16_t> utf8mb4_collation,
                    std::span<const binlog::DefaultCollation> default_collations);

  /// What CHARACTER SET `name` alone stands for; nothing for a name that is not known.
  std::optional<std::uint32_t> of_charset(std::string_view name) const;
  std::uint32_t of_charset(binlog::Charset charset) const;

  /// The own default of `collation`'s character set, whatever the session says; kUnknownCollation
  /// for itself.
  static std::uint32_t own_default_of(std::uint32_t collation);

  /// What COLLATE `name` stands for. MariaDB's uca1400_ai_ci and its like take the character set of
  /// `context`, and are kUnknownCollation where that is. Nothing for a name that is not known.
  std::optional<std::uint32_t> of_name(std::string_view name, std::uint32_t context) const;

 private:
  change::Flavor flavor_;
  std::optional<std::uint16_t> utf8mb4_collation_;
  std::vector<binlog::DefaultCollation> default_collations_;
};

/// The _bin collation of the same character set; kUnknownCollation for itself.
std::uint32_t binary_collation_of(std::uint32_t collation);

/// Bytes of the longest character; nothing if the collation is not known.
std::optional<std::uint32_t> bytes_per_character(std::uint32_t collation);

}  // namespace pikachu::schema
