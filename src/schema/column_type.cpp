#include "schema/column_type.h"

#include <algorithm>
#include <array>

namespace pikachu::schema {
namespace {

// In the order of the enumeration. Widths of integers are the types' own, signed and not.
struct TypeTraits {
  std::string_view name;
  std::uint32_t width = 0;
  std::uint32_t unsigned_width = 0;
};
constexpr std::array kTraits = {
    TypeTraits{"tinyint", 4, 3},
    TypeTraits{"smallint", 6, 5},
    TypeTraits{"mediumint", 9, 8},
    TypeTraits{"int", 11, 10},
    TypeTraits{"bigint", 20, 20},
    TypeTraits{"float"},
    TypeTraits{"double"},
    TypeTraits{"decimal"},
    TypeTraits{"bit", 1, 1},
    TypeTraits{"year", 4, 4},
    TypeTraits{"date"},
    TypeTraits{"time"},
    TypeTraits{"datetime"},
    TypeTraits{"timestamp"},
    TypeTraits{"char", 1, 1},
    TypeTraits{"varchar"},
    TypeTraits{"binary", 1, 1},
    TypeTraits{"varbinary"},
    TypeTraits{"tinytext"},
    TypeTraits{"text"},
    TypeTraits{"mediumtext"},
    TypeTraits{"longtext"},
    TypeTraits{"tinyblob"},
    TypeTraits{"blob"},
    TypeTraits{"mediumblob"},
    TypeTraits{"longblob"},
    TypeTraits{"enum"},
    TypeTraits{"set"},
    TypeTraits{"json"},
    TypeTraits{"geometry"},
    TypeTraits{"point"},
    TypeTraits{"linestring"},
    TypeTraits{"polygon"},
    TypeTraits{"multipoint"},
    TypeTraits{"multilinestring"},
    TypeTraits{"multipolygon"},
    TypeTraits{"geometrycollection"},
    TypeTraits{"geomcollection"},
    TypeTraits{"vector", 2048, 2048},
    TypeTraits{"uuid"},
    TypeTraits{"inet4"},
    TypeTraits{"inet6"},
};

// By name.
constexpr std::array kNamedTypes = {
    NamedType{"bigint", TypeKind::kBigint},
    NamedType{"binary", TypeKind::kBinary},
    NamedType{"bit", TypeKind::kBit},
    NamedType{"blob", TypeKind::kBlob},
    NamedType{"bool", TypeKind::kTinyint, 1},
    NamedType{"boolean", TypeKind::kTinyint, 1},
    NamedType{"char", TypeKind::kChar},
    NamedType{"character", TypeKind::kChar},
    NamedType{"clob", TypeKind::kLongtext},
    NamedType{"date", TypeKind::kDate},
    NamedType{"datetime", TypeKind::kDatetime},
    NamedType{"dec", TypeKind::kDecimal},
    NamedType{"decimal", TypeKind::kDecimal},
    NamedType{"double", TypeKind::kDouble},
    NamedType{"enum", TypeKind::kEnum},
    NamedType{"fixed", TypeKind::kDecimal},
    NamedType{"float", TypeKind::kFloat},
    NamedType{"float4", TypeKind::kFloat},
    NamedType{"float8", TypeKind::kDouble},
    NamedType{"geomcollection", TypeKind::kGeomcollection},
    NamedType{"geometry", TypeKind::kGeometry},
    NamedType{"geometrycollection", TypeKind::kGeometrycollection},
    NamedType{"inet4", TypeKind::kInet4},
    NamedType{"inet6", TypeKind::kInet6},
    NamedType{"int", TypeKind::kInt},
    NamedType{"int1", TypeKind::kTinyint},
    NamedType{"int2", TypeKind::kSmallint},
    NamedType{"int3", TypeKind::kMediumint},
    NamedType{"int4", TypeKind::kInt},
    NamedType{"int8", TypeKind::kBigint},
    NamedType{"integer", TypeKind::kInt},
    NamedType{"json", TypeKind::kJson},
    NamedType{"linestring", TypeKind::kLinestring},
    NamedType{"long", TypeKind::kMediumtext},
    NamedType{"longblob", TypeKind::kLongblob},
    NamedType{"longtext", TypeKind::kLongtext},
    NamedType{"mediumblob", TypeKind::kMediumblob},
    NamedType{"mediumint", TypeKind::kMediumint},
    NamedType{"mediumtext", TypeKind::kMediumtext},
    NamedType{"middleint", TypeKind::kMediumint},
    NamedType{"multilinestring", TypeKind::kMultilinestring},
    NamedType{"multipoint", TypeKind::kMultipoint},
    NamedType{"multipolygon", TypeKind::kMultipolygon},
    NamedType{"nchar", TypeKind::kChar},
    NamedType{"number", TypeKind::kDecimal},
    NamedType{"numeric", TypeKind::kDecimal},
    NamedType{"nvarchar", TypeKind::kVarchar},
    NamedType{"point", TypeKind::kPoint},
    NamedType{"polygon", TypeKind::kPolygon},
    NamedType{"raw", TypeKind::kVarbinary},
    NamedType{"real", TypeKind::kDouble},
    NamedType{"serial", TypeKind::kBigint},
    NamedType{"set", TypeKind::kSet},
    NamedType{"smallint", TypeKind::kSmallint},
    NamedType{"text", TypeKind::kText},
    NamedType{"time", TypeKind::kTime},
    NamedType{"timestamp", TypeKind::kTimestamp},
    NamedType{"tinyblob", TypeKind::kTinyblob},
    NamedType{"tinyint", TypeKind::kTinyint},
    NamedType{"tinytext", TypeKind::kTinytext},
    NamedType{"uuid", TypeKind::kUuid},
    NamedType{"varbinary", TypeKind::kVarbinary},
    NamedType{"varchar", TypeKind::kVarchar},
    NamedType{"varchar2", TypeKind::kVarchar},
    NamedType{"varcharacter", TypeKind::kVarchar},
    NamedType{"vector", TypeKind::kVector},
    NamedType{"year", TypeKind::kYear},
};

constexpr std::uint64_t kTinyBytesMax = 255;
constexpr std::uint64_t kTextBytesMax = 65'535;
constexpr std::uint64_t kMediumBytesMax = 16'777'215;

const TypeTraits& traits_of(TypeKind kind) {
  return kTraits.at(static_cast<std::size_t>(kind));
}

bool is_between(TypeKind kind, TypeKind first, TypeKind last) {
  return kind >= first && kind <= last;
}

std::string in_parentheses(std::uint32_t number) {
  return "(" + std::to_string(number) + ")";
}

// Servers escape what would not stand in a line, and double quotes.
std::string quote_label(std::string_view label) {
  std::string quoted = "'";
  for (const char c : label) {
    switch (c) {
      case '\'':
        quoted += "''";
        break;
      case '\\':
        quoted += "\\\\";
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\r':
        quoted += "\\r";
        break;
      case '\0':
        quoted += "\\0";
        break;
      default:
        quoted += c;
    }
  }
  return quoted + "'";
}

std::string quote_labels(const std::vector<std::string>& labels) {
  std::string quoted = "(";
  for (const std::string& label : labels) {
    if (quoted.size() > 1) quoted += ',';
    quoted += quote_label(label);
  }
  return quoted + ")";
}

std::string display_width(const ColumnType& type) {
  const TypeTraits& traits = traits_of(type.kind);
  switch (type.widths) {
    case DisplayWidths::kAsWritten:
      return type.length ? in_parentheses(*type.length) : "";
    case DisplayWidths::kHidden:
      if (type.kind == TypeKind::kYear) return "";
      if (type.kind == TypeKind::kTinyint && type.length == 1U && !type.is_unsigned) break;
      if (!type.is_zerofill) return "";
      break;
    case DisplayWidths::kShown:
      break;
  }
  return in_parentheses(
      type.length.value_or(type.is_unsigned ? traits.unsigned_width : traits.width));
}

std::string numbers(const ColumnType& type) {
  switch (type.kind) {
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kMediumint:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kYear:
      return display_width(type);
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      if (!type.length || !type.decimals) return "";
      break;
    case TypeKind::kTime:
    case TypeKind::kDatetime:
    case TypeKind::kTimestamp:
      return type.length.value_or(0) == 0 ? "" : in_parentheses(*type.length);
    case TypeKind::kEnum:
    case TypeKind::kSet:
      return quote_labels(type.labels);
    default:
      if (!type.length && traits_of(type.kind).width == 0) return "";
      break;
  }
  const std::uint32_t length = type.length.value_or(traits_of(type.kind).width);
  if (!type.decimals) return in_parentheses(length);
  return "(" + std::to_string(length) + "," + std::to_string(*type.decimals) + ")";
}

}  // namespace

bool has_charset(TypeKind kind) {
  return kind == TypeKind::kChar || kind == TypeKind::kVarchar || kind == TypeKind::kEnum ||
         kind == TypeKind::kSet || is_between(kind, TypeKind::kTinytext, TypeKind::kLongtext);
}

bool is_binary_string(TypeKind kind) {
  return kind == TypeKind::kBinary || kind == TypeKind::kVarbinary ||
         is_between(kind, TypeKind::kTinyblob, TypeKind::kLongblob);
}

bool is_temporal_with_fraction(TypeKind kind) {
  return is_between(kind, TypeKind::kTime, TypeKind::kTimestamp);
}

std::uint32_t display_width_of(TypeKind kind) {
  return traits_of(kind).width;
}

TypeKind as_binary(TypeKind kind) {
  switch (kind) {
    case TypeKind::kChar:
      return TypeKind::kBinary;
    case TypeKind::kVarchar:
      return TypeKind::kVarbinary;
    case TypeKind::kTinytext:
      return TypeKind::kTinyblob;
    case TypeKind::kText:
      return TypeKind::kBlob;
    case TypeKind::kMediumtext:
      return TypeKind::kMediumblob;
    case TypeKind::kLongtext:
      return TypeKind::kLongblob;
    default:
      return kind;
  }
}

TypeKind text_of_size(std::uint64_t bytes, bool binary) {
  TypeKind kind = TypeKind::kLongtext;
  if (bytes <= kTinyBytesMax) {
    kind = TypeKind::kTinytext;
  } else if (bytes <= kTextBytesMax) {
    kind = TypeKind::kText;
  } else if (bytes <= kMediumBytesMax) {
    kind = TypeKind::kMediumtext;
  }
  return binary ? as_binary(kind) : kind;
}

std::uint64_t text_bytes_max(TypeKind kind) {
  switch (kind) {
    case TypeKind::kTinytext:
    case TypeKind::kTinyblob:
      return kTinyBytesMax;
    case TypeKind::kText:
    case TypeKind::kBlob:
      return kTextBytesMax;
    case TypeKind::kMediumtext:
    case TypeKind::kMediumblob:
      return kMediumBytesMax;
    default:
      return 0;
  }
}

std::string to_string(const ColumnType& type) {
  std::string text(traits_of(type.kind).name);
  text += numbers(type);
  if (type.is_unsigned) text += " unsigned";
  if (type.is_zerofill) text += " zerofill";
  if (type.is_compressed) text += " /*M!100301 COMPRESSED*/";
  return text;
}

const NamedType* find_type(std::string_view name) {
  const auto* found = std::ranges::lower_bound(kNamedTypes, name, {}, &NamedType::name);
  return found == kNamedTypes.end() || found->name != name ? nullptr : found;
}

}  // namespace pikachu::schema
