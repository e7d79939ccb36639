#include <optional>
#include <string>
#include <utility>

#include "binlog/charset.h"
#include "schema/column_clause.h"
#include "schema/repertoire.h"

namespace pikachu::schema {
namespace {

using base::ErrorCode;

constexpr std::uint64_t kVarcharBytesMax = 65'535;

base::Result<std::uint32_t> collation_of(const ColumnClause& clause, std::uint32_t table_collation,
                                         const Session& session) {
  if (clause.as_bytes) return binlog::kBinaryCollation;
  std::uint32_t collation = table_collation;
  if (clause.is_json) collation = *session.collations.of_name("utf8mb4_bin", kUnknownCollation);
  if (!clause.charset.empty()) {
    const auto of_charset = session.collations.of_charset(clause.charset);
    if (!of_charset) {
      return base::fail(ErrorCode::kUnsupported,
                        "the character set '" + clause.charset + "' is not known");
    }
    collation = *of_charset;
  }
  if (!clause.collation.empty()) {
    const auto named = session.collations.of_name(clause.collation, collation);
    if (!named) {
      return base::fail(ErrorCode::kUnsupported,
                        "the collation '" + clause.collation + "' is not known");
    }
    return *named;
  }
  return clause.binary_collation ? binary_collation_of(collation) : collation;
}

// The bytes of `characters` characters; nothing if the character set is not known and they may be
// on either side of `limit`.
std::optional<std::uint64_t> bytes_of(std::uint64_t characters, std::uint32_t collation,
                                      std::uint64_t limit) {
  constexpr std::uint64_t kBytesPerCharacterMax = 4;
  if (const auto each = bytes_per_character(collation)) return characters * *each;
  if (characters > limit) return characters;
  if (characters * kBytesPerCharacterMax <= limit) return characters;
  return std::nullopt;
}

// VARCHAR beyond its limit becomes a TEXT where the sql_mode is not strict.
base::Result<void> size_varchar(ColumnDefinition& column) {
  ColumnType& type = column.type;
  const bool binary = type.kind == TypeKind::kVarbinary;
  const auto bytes =
      bytes_of(type.length.value_or(0), binary ? binlog::kBinaryCollation : column.collation,
               kVarcharBytesMax);
  if (!bytes) {
    return base::fail(ErrorCode::kUnsupported,
                      "whether it is a VARCHAR depends on a character set that is not known");
  }
  if (*bytes <= kVarcharBytesMax) return {};
  if (!bytes_per_character(column.collation) && !binary) {
    return base::fail(ErrorCode::kUnsupported,
                      "its type depends on a character set that is not known");
  }
  type.kind = text_of_size(*bytes, binary);
  type.length.reset();
  return {};
}

// TEXT(n) and BLOB(n) are the smallest that n characters fit into.
base::Result<void> size_text(ColumnDefinition& column, const Session& session) {
  ColumnType& type = column.type;
  const auto given = std::exchange(type.length, std::nullopt);
  const std::uint32_t characters = given.value_or(0);
  // Observed on MySQL 9.7; MySQL 5.6 and MariaDB take TEXT(0) as TEXT.
  const bool zero_counts = session.is_mysql_8;
  if (!given || (characters == 0 && !zero_counts)) return {};
  const bool binary = type.kind == TypeKind::kBlob;
  const auto each = binary ? 1 : bytes_per_character(column.collation);
  if (!each) {
    return base::fail(ErrorCode::kUnsupported,
                      "its type depends on a character set that is not known");
  }
  type.kind = text_of_size(std::uint64_t{characters} * *each, binary);
  return {};
}

void keep_labels(ColumnDefinition& column, const Session& session) {
  const auto charset = binlog::charset_of_collation(column.collation);
  if (charset) session.repertoires->limit(column.type.labels, *charset);
}

base::Result<void> size_column(ColumnDefinition& column, const Session& session) {
  switch (column.type.kind) {
    case TypeKind::kVarchar:
    case TypeKind::kVarbinary:
      return size_varchar(column);
    case TypeKind::kText:
    case TypeKind::kBlob:
      return size_text(column, session);
    default:
      return {};
  }
}

}  // namespace

base::Result<ColumnDefinition> finish_column(ColumnClause clause, std::uint32_t table_collation,
                                             const Session& session) {
  ColumnDefinition column = std::move(clause.column);
  const std::string doing = "column " + column.name;
  if (has_charset(column.type.kind)) {
    const auto collation = collation_of(clause, table_collation, session);
    if (!collation) return tl::unexpected(base::Error(collation.error()).with_context(doing));
    column.collation = *collation;
    keep_labels(column, session);
    if (column.collation == binlog::kBinaryCollation) {
      column.type.kind = as_binary(column.type.kind);
    }
  }
  if (clause.is_json && !clause.has_check) column.is_json_text = true;
  if (!session.is_mariadb()) column.is_json_text = false;
  if (auto sized = size_column(column, session); !sized)
    return base::propagate(std::move(sized), doing);
  return column;
}

base::Result<void> convert_column(ColumnDefinition& column, std::uint32_t collation,
                                  const Session& session) {
  ColumnType& type = column.type;
  if (!has_charset(type.kind) || column.collation == binlog::kBinaryCollation) return {};
  const std::uint64_t bytes_max = text_bytes_max(type.kind);
  const auto before = bytes_per_character(column.collation);
  const auto after = bytes_per_character(collation);
  if (bytes_max != 0) {
    if (!before || !after) {
      return base::fail(
          ErrorCode::kUnsupported,
          "column " + column.name + ": its type depends on a character set that is not known");
    }
    type.kind = text_of_size(bytes_max / *before * *after, false);
  }
  if (!type.labels.empty() && !keeps_labels(type.labels, column.collation, collation)) {
    return base::fail(ErrorCode::kUnsupported,
                      "column " + column.name + ": what becomes of its labels is not known");
  }
  column.collation = collation;
  if (collation == binlog::kBinaryCollation) type.kind = as_binary(type.kind);
  return size_column(column, session);
}

}  // namespace pikachu::schema
