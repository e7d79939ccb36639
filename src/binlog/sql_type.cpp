#include "binlog/sql_type.h"

#include <algorithm>
#include <charconv>

namespace pikachu::binlog {
namespace {

using change::ColumnHint;
using change::Flavor;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

/// Cuts what stands in the parentheses at the front of `text`, "" if there are none; nullopt if
/// they do not end. Counts the quoted labels in it.
std::optional<std::string_view> cut_arguments(std::string_view& text, std::size_t& label_count) {
  if (text.empty() || text.front() != '(') return std::string_view();
  bool in_quotes = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\'') {
      // A doubled quote inside a label ends it and begins it again.
      in_quotes = !in_quotes;
      if (in_quotes && text[i - 1] != '\'') ++label_count;
    } else if (text[i] == ')' && !in_quotes) {
      const std::string_view arguments = text.substr(1, i - 1);
      text.remove_prefix(i + 1);
      return arguments;
    }
  }
  return std::nullopt;
}

bool is_any_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

bool is_geometry(std::string_view name) {
  return is_any_of(name,
                   {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring",
                    "multipolygon", "geometrycollection", "geomcollection"});
}

/// Bytes of the length prefix; 0 if it is no BLOB or TEXT.
std::uint16_t blob_prefix(std::string_view name, Flavor flavor) {
  if (is_any_of(name, {"tinyblob", "tinytext"})) return 1;
  if (is_any_of(name, {"blob", "text"})) return 2;
  if (is_any_of(name, {"mediumblob", "mediumtext"})) return 3;
  if (is_any_of(name, {"longblob", "longtext"})) return 4;
  return name == "json" && flavor == Flavor::kMariadb ? 4 : 0;
}

/// The longest value in bytes; nullopt if it is no VARCHAR or VARBINARY, or has no length.
std::optional<std::size_t> varchar_bytes(const SqlType& type, std::size_t bytes_per_character,
                                         Flavor flavor) {
  const auto length = type.arguments[0];
  if (!length) return std::nullopt;
  if (type.name == "varchar") return *length * bytes_per_character;
  if (type.name == "varbinary") return *length;
  if (type.name == "vector" && flavor == Flavor::kMariadb) return *length * sizeof(float);
  return std::nullopt;
}

std::optional<std::size_t> char_bytes(const SqlType& type, std::size_t bytes_per_character,
                                      Flavor flavor) {
  constexpr std::size_t kUuidAndInet6Bytes = 16;
  constexpr std::size_t kInet4Bytes = 4;
  if (type.name == "char") return type.arguments[0].value_or(1) * bytes_per_character;
  if (type.name == "binary") return type.arguments[0].value_or(1);
  if (flavor != Flavor::kMariadb) return std::nullopt;
  if (type.name == "uuid" || type.name == "inet6") return kUuidAndInet6Bytes;
  if (type.name == "inet4") return kInet4Bytes;
  return std::nullopt;
}

std::uint16_t set_bytes(std::size_t labels) {
  const std::size_t bytes = (labels + 7) / 8;
  return static_cast<std::uint16_t>(bytes > 4 ? 8 : bytes);
}

bool is_stored_as_decimal(const SqlType& type, std::uint16_t metadata) {
  constexpr std::uint32_t kDefaultPrecision = 10;
  return is_any_of(type.name, {"decimal", "numeric", "dec", "fixed"}) &&
         type.arguments[0].value_or(kDefaultPrecision) == metadata >> 8U &&
         type.arguments[1].value_or(0) == (metadata & 0xffU);
}

bool is_stored_as_old_temporal(const SqlType& type, std::string_view name, Flavor flavor) {
  return type.name == name && (flavor == Flavor::kMariadb || fractional_digits_of(type) == 0);
}

}  // namespace

std::optional<SqlType> parse_sql_type(std::string_view text) {
  SqlType type;
  std::size_t name_size = 0;
  while (name_size < text.size() && is_name_character(text[name_size])) ++name_size;
  type.name = lower(text.substr(0, name_size));
  if (type.name.empty()) return std::nullopt;
  text.remove_prefix(name_size);
  const auto arguments = cut_arguments(text, type.label_count);
  if (!arguments) return std::nullopt;
  if (type.label_count == 0) {
    const char* next = arguments->data();
    const char* end = next + arguments->size();
    for (auto& argument : type.arguments) {
      std::uint32_t number = 0;
      const auto parsed = std::from_chars(next, end, number);
      if (parsed.ec != std::errc()) break;
      argument = number;
      next = std::find_if(parsed.ptr, end, [](char c) { return c >= '0' && c <= '9'; });
    }
  }
  const std::string attributes = lower(text);
  type.is_unsigned = attributes.find("unsigned") != std::string::npos;
  type.is_compressed = attributes.find("compressed") != std::string::npos;
  return type;
}

bool is_stored_as(const SqlType& type, std::size_t bytes_per_character, Flavor flavor,
                  const MappedColumn& mapped) {
  const std::uint16_t metadata = mapped.metadata;
  switch (mapped.type) {
    case ColumnType::kTiny:
      return is_any_of(type.name, {"tinyint", "bool", "boolean"});
    case ColumnType::kShort:
      return type.name == "smallint";
    case ColumnType::kInt24:
      return type.name == "mediumint";
    case ColumnType::kLong:
      return is_any_of(type.name, {"int", "integer"});
    case ColumnType::kLongLong:
      return type.name == "bigint";
    case ColumnType::kFloat:
      return type.name == "float";
    case ColumnType::kDouble:
      return is_any_of(type.name, {"double", "real"});
    case ColumnType::kNewDecimal:
      return is_stored_as_decimal(type, metadata);
    case ColumnType::kYear:
      return type.name == "year";
    case ColumnType::kDate:
    case ColumnType::kNewDate:
      return type.name == "date";
    case ColumnType::kTime2:
      return type.name == "time" && fractional_digits_of(type) == metadata;
    case ColumnType::kDatetime2:
      return type.name == "datetime" && fractional_digits_of(type) == metadata;
    case ColumnType::kTimestamp2:
      return type.name == "timestamp" && fractional_digits_of(type) == metadata;
    case ColumnType::kTime:
      return is_stored_as_old_temporal(type, "time", flavor);
    case ColumnType::kDatetime:
      return is_stored_as_old_temporal(type, "datetime", flavor);
    case ColumnType::kTimestamp:
      return is_stored_as_old_temporal(type, "timestamp", flavor);
    case ColumnType::kBit:
      return type.name == "bit" &&
             type.arguments[0].value_or(1) == (metadata & 0xffU) + 8U * (metadata >> 8U);
    case ColumnType::kVarchar:
    case ColumnType::kVarString:
      return !type.is_compressed && varchar_bytes(type, bytes_per_character, flavor) == metadata;
    case ColumnType::kVarcharCompressed:
      // One byte more than the longest value, for the method.
      return type.is_compressed &&
             varchar_bytes(type, bytes_per_character, flavor).value_or(0) + 1 == metadata;
    case ColumnType::kString:
      return char_bytes(type, bytes_per_character, flavor) == metadata;
    case ColumnType::kEnum:
      return type.name == "enum" && metadata == (type.label_count < 256 ? 1 : 2);
    case ColumnType::kSet:
      return type.name == "set" && metadata == set_bytes(type.label_count);
    case ColumnType::kBlob:
      return !type.is_compressed && metadata != 0 && blob_prefix(type.name, flavor) == metadata;
    case ColumnType::kBlobCompressed:
      return type.is_compressed && metadata != 0 && blob_prefix(type.name, flavor) == metadata;
    case ColumnType::kJson:
      return type.name == "json";
    case ColumnType::kGeometry:
      return is_geometry(type.name);
    case ColumnType::kVector:
      return type.name == "vector";
    default:
      return false;
  }
}

bool has_charset(const SqlType& type) {
  return is_any_of(type.name, {"char", "varchar", "tinytext", "text", "mediumtext", "longtext",
                               "json", "enum", "set"});
}

std::uint8_t fractional_digits_of(const SqlType& type) {
  constexpr std::uint32_t kDigitsMax = 6;
  if (!is_any_of(type.name, {"time", "datetime", "timestamp"})) return 0;
  return static_cast<std::uint8_t>(std::min(type.arguments[0].value_or(0), kDigitsMax));
}

ColumnHint hint_of(const SqlType& type, Flavor flavor) {
  if (flavor != Flavor::kMariadb) return ColumnHint::kNone;
  if (type.name == "uuid") return ColumnHint::kUuid;
  if (type.name == "inet4") return ColumnHint::kInet4;
  if (type.name == "inet6") return ColumnHint::kInet6;
  if (type.name == "vector") return ColumnHint::kVector;
  return ColumnHint::kNone;
}

std::string describe(const MappedColumn& mapped) {
  return std::string(name_of(mapped.type)) + " (type " +
         std::to_string(static_cast<unsigned>(mapped.type)) + "), metadata " +
         std::to_string(mapped.metadata);
}

}  // namespace pikachu::binlog
