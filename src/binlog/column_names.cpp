#include <array>
#include <cstddef>
#include <utility>

#include "binlog/table_map.h"

namespace pikachu::binlog {

namespace {

// By number, from 0.
constexpr std::array<std::string_view, 21> kFirstNames = {
    "decimal",   "tiny",     "short", "long",       "float",     "double",   "null",
    "timestamp", "longlong", "int24", "date",       "time",      "datetime", "year",
    "newdate",   "varchar",  "bit",   "timestamp2", "datetime2", "time2",    "typed_array"};
constexpr std::array<std::pair<ColumnType, std::string_view>, 16> kOtherNames = {{
    {ColumnType::kBlobCompressed, "blob_compressed"},
    {ColumnType::kVarcharCompressed, "varchar_compressed"},
    {ColumnType::kVector, "vector"},
    {ColumnType::kInvalid, "invalid"},
    {ColumnType::kBool, "bool"},
    {ColumnType::kJson, "json"},
    {ColumnType::kNewDecimal, "newdecimal"},
    {ColumnType::kEnum, "enum"},
    {ColumnType::kSet, "set"},
    {ColumnType::kTinyBlob, "tiny_blob"},
    {ColumnType::kMediumBlob, "medium_blob"},
    {ColumnType::kLongBlob, "long_blob"},
    {ColumnType::kBlob, "blob"},
    {ColumnType::kVarString, "var_string"},
    {ColumnType::kString, "string"},
    {ColumnType::kGeometry, "geometry"},
}};

}  // namespace

std::string_view name_of(ColumnType type) {
  const auto number = static_cast<std::size_t>(type);
  if (number < kFirstNames.size()) return kFirstNames[number];
  for (const auto& [other, name] : kOtherNames) {
    if (other == type) return name;
  }
  return "";
}

}  // namespace pikachu::binlog
