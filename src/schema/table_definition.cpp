#include "schema/table_definition.h"

#include <algorithm>

#include "binlog/charset.h"

namespace pikachu::schema {
namespace {

using change::ColumnHint;
using change::Flavor;

// The lower-case letter of a two-byte UTF-8 letter, where both are of two bytes.
// Spec: Unicode 15 UnicodeData.txt, simple lower-case mappings of U+00C0 to U+042F.
char32_t lower_letter(char32_t c) {
  const auto is_in = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  if ((is_in(0xC0, 0xDE) && c != 0xD7) || (is_in(0x391, 0x3A9) && c != 0x3A2)) return c + 32;
  if (is_in(0x410, 0x42F)) return c + 32;
  if (is_in(0x400, 0x40F)) return c + 80;
  const bool even_is_upper = (is_in(0x100, 0x137) && c != 0x130) || is_in(0x14A, 0x177);
  if (even_is_upper) return c | 1U;
  const bool odd_is_upper = is_in(0x139, 0x148) || is_in(0x179, 0x17E);
  if (odd_is_upper && c % 2 == 1) return c + 1;
  return c;
}

std::string fold(std::string_view name) {
  std::string folded;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto first = static_cast<unsigned char>(name[i]);
    const bool two_bytes = (first & 0xE0U) == 0xC0 && i + 1 < name.size();
    if (!two_bytes) {
      folded += name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
      continue;
    }
    const auto second = static_cast<unsigned char>(name[++i]);
    const char32_t letter = lower_letter((first & 0x1FU) << 6U | (second & 0x3FU));
    folded += static_cast<char>(0xC0U | letter >> 6U);
    folded += static_cast<char>(0x80U | (letter & 0x3FU));
  }
  return folded;
}

ColumnHint hint_of(const ColumnType& type, Flavor flavor) {
  switch (type.kind) {
    case TypeKind::kUuid:
      return ColumnHint::kUuid;
    case TypeKind::kInet4:
      return ColumnHint::kInet4;
    case TypeKind::kInet6:
      return ColumnHint::kInet6;
    case TypeKind::kVector:
      return flavor == Flavor::kMariadb ? ColumnHint::kVector : ColumnHint::kNone;
    default:
      return ColumnHint::kNone;
  }
}

change::Column to_column(const ColumnDefinition& definition, Flavor flavor) {
  const ColumnType& type = definition.type;
  change::Column column;
  column.name = definition.name;
  column.is_unsigned = type.is_unsigned;
  column.labels = type.labels;
  column.labels_as_shown = type.labels_as_shown;
  column.hint = hint_of(type, flavor);
  column.sql_type = to_string(type);
  if (has_charset(type.kind)) {
    column.collation_id = definition.collation;
  } else if (is_binary_string(type.kind) || column.hint != ColumnHint::kNone) {
    column.collation_id = binlog::kBinaryCollation;
  }
  if (definition.is_json_text) column.hint = ColumnHint::kJsonText;
  if (is_temporal_with_fraction(type.kind)) {
    column.fractional_digits = static_cast<std::uint8_t>(type.length.value_or(0));
  }
  return column;
}

}  // namespace

bool is_same_column(std::string_view a, std::string_view b) {
  return a == b || (a.size() == b.size() && fold(a) == fold(b));
}

std::optional<std::size_t> find_column(const std::vector<ColumnDefinition>& columns,
                                       std::string_view name) {
  const auto found = std::ranges::find_if(columns, [name](const ColumnDefinition& column) {
    return is_same_column(column.name, name);
  });
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

change::TableSchema to_schema(const TableName& name, const TableDefinition& definition,
                              Flavor flavor) {
  change::TableSchema schema;
  schema.database = name.database;
  schema.table = name.table;
  for (const ColumnDefinition& column : definition.columns) {
    schema.columns.push_back(to_column(column, flavor));
  }
  schema.primary_key = definition.primary_key;
  if (!definition.is_versioned) return schema;
  const auto end =
      std::ranges::find(definition.columns, RowBound::kEnd, &ColumnDefinition::row_bound);
  auto index = static_cast<std::size_t>(end - definition.columns.begin());
  if (end == definition.columns.end()) {
    // They are in the row images, though information_schema does not show them.
    for (const char* bound : {"row_start", "row_end"}) {
      ColumnDefinition column;
      column.name = bound;
      column.type.kind = TypeKind::kTimestamp;
      column.type.length = 6;
      schema.columns.push_back(to_column(column, flavor));
    }
    index = schema.columns.size() - 1;
  }
  // The end tells the row from those that it was. The server puts it into the key, whether it shows
  // that or not, and into the metadata of its events.
  auto& key = schema.primary_key;
  if (!key.empty() && std::ranges::find(key, index) == key.end()) key.push_back(index);
  return schema;
}

}  // namespace pikachu::schema
