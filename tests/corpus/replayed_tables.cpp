#include "tests/corpus/replayed_tables.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <stdexcept>
#include <utility>

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

/// A server shows "?" for a code without meaning to it; here that is U+FFFD, or a character that
/// another server has for it.
bool equals_with_lost_characters(std::string_view decoded, std::string_view shown) {
  constexpr unsigned kContinuation = 0x80U;
  const auto is_continuation = [&](std::size_t at) {
    return at < decoded.size() &&
           (static_cast<unsigned char>(decoded[at]) & 0xc0U) == kContinuation;
  };
  std::size_t at = 0;
  for (const char c : shown) {
    if (at < decoded.size() && decoded[at] == c) {
      ++at;
      continue;
    }
    if (c != '?' || at == decoded.size() || static_cast<unsigned char>(decoded[at]) < 0xc0U) {
      return false;
    }
    do ++at;
    while (is_continuation(at));
  }
  return at == decoded.size();
}

/// Bit for bit: -0 is not 0.
bool is_same_double(const std::string& text, double number) {
  return std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)) ==
         std::bit_cast<std::uint64_t>(number);
}

/// The server's "2024-02-29 12:00:00.1" in UTC as RFC 3339; the zero timestamp has no fraction.
bool equals_timestamp(std::string_view rfc3339, std::string text) {
  constexpr std::size_t kSeparatorAt = 10;
  if (rfc3339 == "0000-00-00 00:00:00") return text.starts_with(rfc3339);
  if (text.size() <= kSeparatorAt || !rfc3339.ends_with("Z")) return false;
  text[kSeparatorAt] = 'T';
  return text + "Z" == rfc3339;
}

/// A before image shows the row as it is: the name of a column of which that is not so, or "".
/// Values of another kind were made by ALTER TABLE, and are not compared.
std::string first_difference(const Row& row, const Row& before) {
  for (const auto& [name, value] : before) {
    const auto have = row.find(name);
    if (have == row.end() || have->second.kind != value.kind) continue;
    if (!(have->second == value)) return name;
  }
  return "";
}

std::string shown(const nlohmann::json& value) {
  constexpr std::size_t kShown = 200;
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, kShown);
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
      return is_same_double(text, static_cast<double>(value.number.as_float));
    case ValueKind::kDouble:
      return is_same_double(text, value.number.as_double);
    case ValueKind::kText:
    case ValueKind::kJson:
      return value.bytes == text || equals_timestamp(value.bytes, text) ||
             equals_with_lost_characters(value.bytes, text);
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
  owned.table = schema.database + "." + schema.table;
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
  std::vector<Row>& rows = tables_[change.table].rows;
  if (change.operation == Operation::kInsert) {
    Row row = change.after;
    for (const auto& by_default : tables_[change.table].defaults) row.insert(by_default);
    rows.push_back(std::move(row));
    return;
  }
  const auto row = std::ranges::find_if(
      rows, [&](const Row& candidate) { return is_row(candidate, change.before, change.key); });
  if (row == rows.end()) {
    throw std::runtime_error("a change of " + change.table + " finds no row");
  }
  if (const std::string column = first_difference(*row, change.before); !column.empty()) {
    throw std::runtime_error("a before image of " + change.table + " differs from its row in " +
                             column);
  }
  if (change.operation == Operation::kDelete) {
    rows.erase(row);
    return;
  }
  for (const auto& [name, value] : change.after) (*row)[name] = value;
}

void ReplayedTables::rename(const std::string& from, const std::string& to) {
  auto renamed = tables_.extract(from);
  if (renamed.empty()) return;
  renamed.key() = to;
  tables_.erase(to);
  tables_.insert(std::move(renamed));
}

void ReplayedTables::drop_database(const std::string& database) {
  std::erase_if(tables_,
                [&](const auto& table) { return table.first.starts_with(database + "."); });
}

std::string ReplayedTables::take(const std::string& table, const nlohmann::json& expected,
                                 Missing missing) {
  std::vector<Row>& rows = tables_[table].rows;
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
      if (++differing >= fewest) break;
      if (!first.empty()) continue;
      first = name + ": decoded " +
              (have == row->end() ? std::string("nothing") : to_string(have->second)) +
              ", the server has " + shown(value);
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
  const auto found = tables_.find(table);
  return found == tables_.end() ? 0 : found->second.rows.size();
}

}  // namespace pikachu::corpus
