#include "binlog/table_layout.h"

#include <algorithm>
#include <string>
#include <utility>

#include "binlog/column_layout.h"
#include "binlog/sql_type.h"
#include "binlog/text_converter.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using base::fail;
using change::Column;
using change::Flavor;
using change::TableSchema;

constexpr std::string_view kRemedy =
    "; run SET GLOBAL binlog_row_metadata=FULL (MySQL 8.0.1, MariaDB 10.5 and later), and the "
    "binlog itself says it from then on; to read events from before, give the table the definition "
    "back that it had";

std::string table_name(const TableMap& map) {
  return "table " + map.database + "." + map.table;
}

std::string column_name(const TableMap& map, std::string_view column) {
  return table_name(map) + ", column " + std::string(column);
}

/// What is known of a column beyond the map, and that it fits the map is checked.
struct KnownColumn {
  const Column* column = nullptr;
  SqlType type;
};

/// Why `known` cannot be the column that the map describes; empty if it can.
std::string mismatch(const MappedColumn& mapped, const Column& known,
                     const std::optional<SqlType>& type, Flavor flavor) {
  if (!type) return "its type '" + known.sql_type + "' is not known";
  const bool is_text = has_charset(*type);
  const std::uint32_t known_collation =
      known.collation_id != 0 ? known.collation_id : mapped.collation_id.value_or(0);
  const auto charset = charset_of_collation(is_text ? known_collation : kBinaryCollation);
  const auto fits = [&](std::size_t bytes_per_character) {
    return is_stored_as(*type, bytes_per_character, flavor, mapped);
  };
  const bool is_stored =
      charset ? fits(traits_of(*charset).bytes_max) : fits(1) || fits(2) || fits(3) || fits(4);
  if (!is_stored) {
    return "the binlog has " + describe(mapped) + ", the known definition " + known.sql_type;
  }
  const bool is_year = mapped.type == ColumnType::kYear;
  const bool known_unsigned = known.is_unsigned || type->is_unsigned;
  if (mapped.is_unsigned && !is_year && *mapped.is_unsigned != known_unsigned) {
    return std::string("the binlog has it ") + (*mapped.is_unsigned ? "unsigned" : "signed") +
           ", the known definition " + known.sql_type;
  }
  if (mapped.collation_id && charset_of_collation(*mapped.collation_id) != charset) {
    return "the binlog has collation " + std::to_string(*mapped.collation_id) +
           ", the known definition " + known.sql_type + " has collation " +
           std::to_string(is_text ? known.collation_id : kBinaryCollation);
  }
  return {};
}

/// The known columns in the order of the map's. Without names in the map each must match.
base::Result<std::vector<KnownColumn>> match_by_position(const TableMap& map, Flavor flavor,
                                                         const TableSchema* known) {
  if (known == nullptr) {
    return fail(ErrorCode::kInvalid, table_name(map) +
                                         ": its column names are neither in the binlog nor known" +
                                         std::string(kRemedy));
  }
  if (known->columns.size() != map.columns.size()) {
    return fail(ErrorCode::kInvalid,
                table_name(map) + ": the binlog has " + std::to_string(map.columns.size()) +
                    " columns, the known definition " + std::to_string(known->columns.size()) +
                    std::string(kRemedy));
  }
  std::vector<KnownColumn> matched;
  matched.reserve(map.columns.size());
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    const Column& column = known->columns[i];
    auto type = parse_sql_type(column.sql_type);
    const std::string problem = mismatch(map.columns[i], column, type, flavor);
    if (!problem.empty()) {
      return fail(ErrorCode::kInvalid,
                  column_name(map, column.name) + ": " + problem + std::string(kRemedy));
    }
    matched.push_back({&column, std::move(*type)});
  }
  return matched;
}

/// The known columns by the map's names; those that do not match know nothing.
std::vector<KnownColumn> match_by_name(const TableMap& map, Flavor flavor,
                                       const TableSchema* known) {
  std::vector<KnownColumn> matched(map.columns.size());
  if (known == nullptr) return matched;
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    // Nearly always at the same place.
    const auto has_name = [&](const Column& column) { return column.name == map.columns[i].name; };
    const Column* column = nullptr;
    if (i < known->columns.size() && has_name(known->columns[i])) {
      column = &known->columns[i];
    } else if (const auto found = std::ranges::find_if(known->columns, has_name);
               found != known->columns.end()) {
      column = &*found;
    }
    if (column == nullptr) continue;
    auto type = parse_sql_type(column->sql_type);
    if (!mismatch(map.columns[i], *column, type, flavor).empty()) continue;
    matched[i] = {column, std::move(*type)};
  }
  return matched;
}

base::Result<std::vector<std::string>> labels_in_utf8(const std::vector<std::string>& labels,
                                                      Charset charset) {
  TextConverter converter;
  ScratchArena arena;
  std::vector<std::string> converted;
  converted.reserve(labels.size());
  for (const std::string& label : labels) {
    const auto text = converter.to_utf8(charset, label, arena);
    if (!text) {
      return fail(ErrorCode::kUnsupported, "this system cannot convert the character set " +
                                               std::string(traits_of(charset).name) +
                                               "; install the C library's gconv modules");
    }
    converted.emplace_back(*text);
  }
  return converted;
}

/// information_schema shows each character beyond U+FFFF in a label as '?' (observed on MySQL 5.6
/// and 9.7, MariaDB 10.11 and 11.8), so such a label may be bent, and nobody can tell.
base::Result<void> check_known_labels(const Column& column) {
  if (!column.labels_as_shown) return {};
  const auto charset = charset_of_collation(column.collation_id);
  if (!charset) return {};
  switch (*charset) {
    case Charset::kUtf8mb4:
    case Charset::kUtf16:
    case Charset::kUtf16le:
    case Charset::kUtf32:
    case Charset::kGb18030:
      break;
    default:
      return {};
  }
  for (const std::string& label : column.labels) {
    if (label.find('?') == std::string::npos) continue;
    return fail(ErrorCode::kInvalid,
                "its definition shows the label \"" + label +
                    "\", in which '?' may stand for a character beyond U+FFFF" +
                    std::string(kRemedy));
  }
  return {};
}

/// What the map and the known definition say together about one column.
base::Result<Column> merge_column(const MappedColumn& mapped, const KnownColumn& known,
                                  Flavor flavor, DoubtfulColumns doubtful) {
  Column merged;
  if (known.column != nullptr) {
    merged = *known.column;
    merged.is_unsigned = merged.is_unsigned || known.type.is_unsigned;
    if (merged.hint == change::ColumnHint::kNone) merged.hint = hint_of(known.type, flavor);
    merged.fractional_digits = fractional_digits_of(known.type);
    if (!has_charset(known.type) && merged.collation_id == 0)
      merged.collation_id = kBinaryCollation;
  }
  if (mapped.name) merged.name = *mapped.name;
  if (mapped.is_unsigned) merged.is_unsigned = *mapped.is_unsigned;
  if (mapped.collation_id) merged.collation_id = *mapped.collation_id;
  if (is_temporal2(mapped.type)) {
    merged.fractional_digits = static_cast<std::uint8_t>(mapped.metadata);
  }
  if (!mapped.labels.empty()) {
    const auto charset = charset_of_collation(merged.collation_id);
    if (!charset && doubtful == DoubtfulColumns::kBinary) {
      merged.labels.clear();
      merged.is_doubtful = true;
      return merged;
    }
    if (!charset) {
      return fail(ErrorCode::kUnsupported,
                  "its labels have collation " + std::to_string(merged.collation_id) +
                      ", whose character set is not known; change the column's collation");
    }
    auto labels = labels_in_utf8(mapped.labels, *charset);
    if (!labels) return base::propagate(std::move(labels));
    merged.labels = std::move(*labels);
  } else if (auto checked = check_known_labels(merged); !checked) {
    return base::propagate(std::move(checked));
  }
  return merged;
}

/// MariaDB writes UUID, INET4, INET6 and VECTOR as binary strings, and only the definition tells
/// them apart: without it the value can't be shown, nor guessed.
bool may_hide_its_type(const MappedColumn& mapped) {
  if (mapped.collation_id.value_or(kBinaryCollation) != kBinaryCollation) return false;
  constexpr std::uint16_t kInet4Bytes = 4;
  constexpr std::uint16_t kUuidBytes = 16;  // and INET6
  constexpr std::uint16_t kVectorElementBytes = 4;
  if (mapped.type == ColumnType::kString) {
    return mapped.metadata == kInet4Bytes || mapped.metadata == kUuidBytes;
  }
  return mapped.type == ColumnType::kVarchar && mapped.metadata % kVectorElementBytes == 0;
}

base::Result<bool> names_are_complete(const TableMap& map) {
  const auto named = std::ranges::count_if(
      map.columns, [](const MappedColumn& column) { return column.name.has_value(); });
  if (named != 0 && static_cast<std::size_t>(named) != map.columns.size()) {
    return fail(ErrorCode::kCorrupt, table_name(map) + ": " + std::to_string(named) +
                                         " names for " + std::to_string(map.columns.size()) +
                                         " columns in the table map");
  }
  return map.has_names();
}

}  // namespace

base::Result<TableLayout> make_table_layout(const TableMap& map, Flavor flavor,
                                            const TableSchema* known, DoubtfulColumns doubtful) {
  const auto has_names = names_are_complete(map);
  if (!has_names) return tl::unexpected(has_names.error());
  std::vector<KnownColumn> matched;
  if (*has_names) {
    matched = match_by_name(map, flavor, known);
  } else if (auto by_position = match_by_position(map, flavor, known)) {
    matched = std::move(*by_position);
  } else {
    return base::propagate(std::move(by_position));
  }

  auto schema = std::make_shared<TableSchema>();
  schema->database = map.database;
  schema->table = map.table;
  TableLayout layout;
  layout.columns.reserve(map.columns.size());
  schema->columns.reserve(map.columns.size());
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    const MappedColumn& mapped = map.columns[i];
    const bool is_doubtful =
        flavor == Flavor::kMariadb && matched[i].column == nullptr && may_hide_its_type(mapped);
    if (is_doubtful && doubtful == DoubtfulColumns::kRefused) {
      return fail(
          ErrorCode::kInvalid,
          column_name(map, mapped.name.value_or("")) +
              ": it may be a UUID, INET or VECTOR column, or a binary one; the table as it is "
              "now has no such column to tell by; give the table its definition back until "
              "these events are read");
    }
    auto merged = merge_column(mapped, matched[i], flavor, doubtful);
    if (!merged) {
      return base::propagate(std::move(merged), column_name(map, mapped.name.value_or("")));
    }
    merged->is_doubtful = merged->is_doubtful || is_doubtful;
    const bool digits_known = flavor == Flavor::kMysql || matched[i].column != nullptr;
    auto column = make_column_layout(mapped, *merged, digits_known);
    if (!column && !charset_of_collation(merged->collation_id) &&
        doubtful == DoubtfulColumns::kBinary) {
      merged->collation_id = kBinaryCollation;
      merged->is_doubtful = true;
      column = make_column_layout(mapped, *merged, digits_known);
      if (column) column->pad_to_bytes = 0;  // the text's own bytes, not those of a BINARY(n)
    }
    if (!column) return base::propagate(std::move(column), column_name(map, merged->name));
    layout.columns.push_back(*column);
    schema->columns.push_back(std::move(*merged));
  }
  if (*has_names) {
    schema->primary_key = map.primary_key.value_or(std::vector<std::size_t>());
  } else {
    schema->primary_key = map.primary_key.value_or(known->primary_key);
  }
  for (const std::size_t index : schema->primary_key) {
    if (index >= schema->columns.size()) {
      return fail(ErrorCode::kCorrupt, table_name(map) + ": its primary key has column " +
                                           std::to_string(index + 1) + " of " +
                                           std::to_string(schema->columns.size()));
    }
  }
  layout.schema = std::move(schema);
  return layout;
}

TableLayout make_nameless_layout(const TableMap& map, Flavor flavor) {
  auto schema = std::make_shared<TableSchema>();
  schema->database = map.database;
  schema->table = map.table;
  schema->unnamed = true;
  TableLayout layout;
  for (std::size_t i = 0; i < map.columns.size(); ++i) {
    const MappedColumn& mapped = map.columns[i];
    Column column;
    column.name = "@" + std::to_string(i + 1);
    column.is_unsigned = mapped.is_unsigned.value_or(false);
    column.collation_id = mapped.collation_id.value_or(kBinaryCollation);
    if (is_temporal2(mapped.type)) {
      column.fractional_digits = static_cast<std::uint8_t>(mapped.metadata);
    }
    auto made = make_column_layout(mapped, column, flavor == Flavor::kMysql);
    if (!made) {
      // A character set that is not known: its bytes can be counted and shown as bytes.
      column.collation_id = kBinaryCollation;
      made = make_column_layout(mapped, column, flavor == Flavor::kMysql);
    }
    layout.columns.push_back(made ? *made : TableLayout::ColumnLayout());
    schema->columns.push_back(std::move(column));
  }
  layout.schema = std::move(schema);
  return layout;
}

}  // namespace pikachu::binlog
