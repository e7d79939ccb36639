#include "tests/corpus/replayed_tables.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace pikachu::corpus {
namespace {

using change::Operation;
using change::ValueKind;

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex.push_back(kHexDigits[byte >> 4U]);
    hex.push_back(kHexDigits[byte & 0x0fU]);
  }
  return hex;
}

/// The server's "2024-02-29 12:00:00.1" in UTC as RFC 3339; the zero timestamp has no fraction.
bool equals_timestamp(std::string_view rfc3339, std::string text) {
  constexpr std::size_t kSeparatorAt = 10;
  if (rfc3339 == "0000-00-00 00:00:00") return text.starts_with(rfc3339);
  if (text.size() <= kSeparatorAt || !rfc3339.ends_with("Z")) return false;
  text[kSeparatorAt] = 'T';
  return text + "Z" == rfc3339;
}

/// Whether a row agrees with those columns of `wanted` that the key names, or with all of them.
bool is_row(const Row& row, const Row& wanted, const std::vector<std::string>& key) {
  const auto agrees = [&](const std::string& name) {
    const auto have = row.find(name);
    const auto want = wanted.find(name);
    return have != row.end() && want != wanted.end() && have->second == want->second;
  };
  if (!key.empty()) return std::ranges::all_of(key, agrees);
  return std::ranges::all_of(wanted, [&](const auto& column) { return agrees(column.first); });
}

}  // namespace

OwnedValue own(const change::Value& value) {
  return {value.kind, value.number, std::string(value.bytes)};
}

std::string to_string(const OwnedValue& value) {
  constexpr std::size_t kShown = 60;
  return "kind " + std::to_string(static_cast<int>(value.kind)) + " number " +
         std::to_string(value.number.as_signed) + " bytes '" + value.bytes.substr(0, kShown) +
         "' (" + std::to_string(value.bytes.size()) + ")";
}

bool equals_expected(const OwnedValue& value, const nlohmann::json& expected) {
  if (expected.is_null()) return value.kind == ValueKind::kNull;
  const std::string text = expected.value("text", "");
  // Of huge values: "len=16777215 sha256=…".
  if (text.starts_with("len="))
    return text.substr(4).starts_with(std::to_string(value.bytes.size()) + " ");
  const std::string hex = expected.value("hex", "");
  switch (value.kind) {
    case ValueKind::kSigned:
      return std::strtoll(text.c_str(), nullptr, 10) == value.number.as_signed;
    case ValueKind::kUnsigned:
      return std::strtoull(text.c_str(), nullptr, 10) == value.number.as_unsigned;
    case ValueKind::kFloat:
      return std::strtod(text.c_str(), nullptr) == static_cast<double>(value.number.as_float);
    case ValueKind::kDouble:
      return std::strtod(text.c_str(), nullptr) == value.number.as_double;
    case ValueKind::kText:
    case ValueKind::kJson:
      return value.bytes == text || equals_timestamp(value.bytes, text);
    case ValueKind::kBinary:
    case ValueKind::kGeometry:
    case ValueKind::kVector:
      return to_hex(value.bytes) == hex;
    default:
      return false;
  }
}

OwnedChange own(Operation operation, const change::TableSchema& schema,
                std::span<const change::Value> before, std::span<const change::Value> after) {
  OwnedChange owned;
  owned.operation = operation;
  owned.table = schema.table;
  for (const std::size_t index : schema.primary_key)
    owned.key.push_back(schema.columns[index].name);
  const auto own_row = [&schema](std::span<const change::Value> values) {
    Row row;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].kind != ValueKind::kAbsent) row[schema.columns[i].name] = own(values[i]);
    }
    return row;
  };
  owned.before = own_row(before);
  owned.after = own_row(after);
  return owned;
}

void ReplayedTables::apply(const OwnedChange& change) {
  std::vector<Row>& rows = rows_[change.table];
  if (change.operation == Operation::kInsert) {
    rows.push_back(change.after);
    return;
  }
  const auto row = std::ranges::find_if(
      rows, [&](const Row& candidate) { return is_row(candidate, change.before, change.key); });
  if (row == rows.end()) {
    throw std::runtime_error("a change of " + change.table + " finds no row");
  }
  if (change.operation == Operation::kDelete) {
    rows.erase(row);
    return;
  }
  for (const auto& [name, value] : change.after) (*row)[name] = value;
}

std::string ReplayedTables::take(const std::string& table, const nlohmann::json& expected,
                                 Missing missing) {
  std::vector<Row>& rows = rows_[table];
  std::string nearest = "there is no row left";
  std::size_t fewest = SIZE_MAX;
  for (auto row = rows.begin(); row != rows.end(); ++row) {
    std::size_t differing = 0;
    std::string first;
    for (const auto& [name, value] : expected.items()) {
      const auto have = row->find(name);
      const bool equal =
          have == row->end() ? missing == Missing::kAllowed : equals_expected(have->second, value);
      if (equal) continue;
      ++differing;
      if (!first.empty()) continue;
      first = name + ": decoded " +
              (have == row->end() ? std::string("nothing") : to_string(have->second)) +
              ", the server has " + value.dump().substr(0, 200);
    }
    if (differing == 0) {
      rows.erase(row);
      return {};
    }
    if (differing < fewest) {
      fewest = differing;
      nearest = first;
    }
  }
  return nearest;
}

std::size_t ReplayedTables::left(const std::string& table) const {
  const auto rows = rows_.find(table);
  return rows == rows_.end() ? 0 : rows->second.size();
}

}  // namespace pikachu::corpus
