#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "change/row_change.h"
#include "change/table_schema.h"
#include "change/value.h"

namespace pikachu::corpus {

/// A decoded value that owns its bytes.
struct OwnedValue {
  change::ValueKind kind = change::ValueKind::kAbsent;
  change::Value::Number number;
  std::string bytes;

  bool operator==(const OwnedValue& other) const {
    return kind == other.kind && number.as_unsigned == other.number.as_unsigned &&
           bytes == other.bytes;
  }
};
OwnedValue own(const change::Value& value);

/// For messages: kind and the first bytes.
std::string to_string(const OwnedValue& value);

/// Whether the value is what the server's SELECT shows: an item of expected_final_rows.ndjson.
bool equals_expected(const OwnedValue& value, const nlohmann::json& expected);

using Row = std::map<std::string, OwnedValue>;  ///< By column name.

/// One row change that owns its values.
struct OwnedChange {
  change::Operation operation = change::Operation::kInsert;
  std::string table;             ///< "database.table"
  std::vector<std::string> key;  ///< Names of the primary key's columns; empty: the whole row.
  Row before;
  Row after;
};
/// Absent values are left out of the rows.
OwnedChange own(change::Operation operation, const change::TableSchema& schema,
                std::span<const change::Value> before, std::span<const change::Value> after);

/// What a column means that no row image had: its default may stand for it.
enum class Missing : std::uint8_t { kDiffers, kAllowed };

/// Tables that are made of nothing but what a binlog says. Names are "database.table".
class ReplayedTables {
 public:
  /// Throws std::runtime_error where an update or delete finds no row, or another before image than
  /// the changes so far have led to.
  void apply(const OwnedChange& change);

  /// For what a definition does to rows that are there.
  std::vector<Row>& rows(const std::string& table) { return tables_[table].rows; }
  /// What an inserted row has in columns that are not in its image (binlog_row_image=MINIMAL).
  Row& defaults(const std::string& table) { return tables_[table].defaults; }
  void rename(const std::string& from, const std::string& to);
  void drop(const std::string& table) { tables_.erase(table); }
  void drop_database(const std::string& database);

  /// Takes out the row of `table` that equals `expected` in every column; "" or what differs in the
  /// row that comes nearest.
  std::string take(const std::string& table, const nlohmann::json& expected, Missing missing);
  /// Rows of `table` that were not taken.
  std::size_t left(const std::string& table) const;

 private:
  struct Table {
    std::vector<Row> rows;
    Row defaults;
  };
  std::map<std::string, Table> tables_;
};

}  // namespace pikachu::corpus
