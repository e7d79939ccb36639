#include "mysql/information_schema.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "mysql/column_type.h"

namespace pikachu::mysql {
namespace {

using base::ErrorCode;
using change::ColumnHint;

constexpr std::uint32_t kBinaryCollation = 63;

std::uint32_t number_or_zero(const std::string& text) {
  return static_cast<std::uint32_t>(std::strtoul(text.c_str(), nullptr, 10));
}

std::string table_condition(const std::string& database, const std::string& table) {
  return " WHERE TABLE_SCHEMA = " + utf8_literal(database) +
         " AND TABLE_NAME = " + utf8_literal(table);
}

bool is_binary_string(std::string_view data_type) {
  constexpr std::array<std::string_view, 6> kTypes{"binary", "varbinary",  "tinyblob",
                                                   "blob",   "mediumblob", "longblob"};
  return std::find(kTypes.begin(), kTypes.end(), data_type) != kTypes.end();
}

// Character sets that have more than information_schema, in utf8mb3, can show.
bool exceeds_utf8mb3(std::string_view collation) {
  constexpr std::array<std::string_view, 4> kSets{"utf8mb4_", "utf16", "utf32_", "gb18030_"};
  return std::any_of(kSets.begin(), kSets.end(),
                     [&](std::string_view set) { return collation.starts_with(set); });
}

ColumnHint mariadb_hint(std::string_view data_type) {
  if (data_type == "uuid") return ColumnHint::kUuid;
  if (data_type == "inet4") return ColumnHint::kInet4;
  if (data_type == "inet6") return ColumnHint::kInet6;
  if (data_type == "vector") return ColumnHint::kVector;
  return ColumnHint::kNone;
}

// information_schema compares names without regard to case, servers on Linux do not: of tables that
// differ in case only it may return several.
void keep_exact_table(ResultTable& table, const std::string& database, const std::string& name) {
  ResultTable exact{table.columns, {}};
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (table.text(row, "table_schema") == database && table.text(row, "table_name") == name) {
      exact.rows.push_back(table.rows[row]);
    }
  }
  // With lower_case_table_names the binlog may write it otherwise than information_schema does.
  if (!exact.rows.empty()) table = std::move(exact);
}

}  // namespace

InformationSchema::InformationSchema(ConnectionOptions options, telemetry::Logger logger)
    : options_(std::move(options)), logger_(std::move(logger)) {
}

void InformationSchema::use_server(const ServerAddress& address) {
  options_ = options_.at(address);
  session_.reset();
}

base::Result<std::optional<change::TableSchema>> InformationSchema::read(
    const std::string& database, const std::string& table, const std::stop_token& stop) {
  const bool kept = session_ != nullptr;
  if (auto connected = ensure_connected(stop); !connected) {
    return base::propagate(std::move(connected));
  }
  auto schema = read_connected(database, table, stop);
  if (schema) return schema;
  session_.reset();
  // A kept connection may have been closed by the server long ago (wait_timeout).
  if (kept && schema.error().code == ErrorCode::kUnavailable) return read(database, table, stop);
  return base::propagate(std::move(schema), "looking up table " + database + "." + table);
}

base::Result<void> InformationSchema::ensure_connected(const std::stop_token& stop) {
  if (session_) return {};
  auto session = Session::connect(options_, logger_, stop);
  if (!session) return base::propagate(std::move(session));
  auto facts = read_server_facts(**session, stop);
  if (!facts) return base::propagate(std::move(facts));
  session_ = std::move(*session);
  facts_ = std::move(*facts);
  auto ready = read_collations(stop);
  if (ready && !facts_.is_mariadb() && facts_.number >= 80030) {
    // A generated invisible primary key is in the row image: it has to be shown. It is by default,
    // so a refusal matters little: the source notices a missing column.
    static_cast<void>(session_->try_query(
        "SET SESSION show_gipk_in_create_table_and_information_schema = ON", stop));
  }
  if (!ready) session_.reset();
  return ready;
}

base::Result<void> InformationSchema::read_collations(const std::stop_token& stop) {
  // Since 10.10 a MariaDB collation may serve several character sets, with an id for each.
  const bool shared = facts_.is_mariadb() && facts_.number >= 101000;
  auto rows = session_->query(
      shared ? "SELECT FULL_COLLATION_NAME AS name, ID AS id FROM "
               "information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
             : "SELECT COLLATION_NAME AS name, ID AS id FROM information_schema.COLLATIONS",
      stop);
  if (!rows) return base::propagate(std::move(rows));
  collations_.clear();
  for (std::size_t row = 0; row < rows->rows.size(); ++row) {
    collations_[rows->text(row, "name")] = number_or_zero(rows->text(row, "id"));
  }
  return {};
}

base::Result<std::optional<change::TableSchema>> InformationSchema::read_connected(
    const std::string& database, const std::string& table, const std::stop_token& stop) {
  auto columns = session_->query(
      "SELECT TABLE_SCHEMA AS table_schema, TABLE_NAME AS table_name, COLUMN_NAME AS column_name, "
      "DATA_TYPE AS data_type, COLUMN_TYPE AS column_type, COLLATION_NAME AS collation_name, "
      "DATETIME_PRECISION AS fraction FROM information_schema.COLUMNS" +
          table_condition(database, table) + " ORDER BY ORDINAL_POSITION",
      stop);
  if (!columns) return base::propagate(std::move(columns));
  keep_exact_table(*columns, database, table);
  if (columns->rows.empty()) return std::nullopt;

  auto json_columns = read_json_columns(database, table, stop);
  if (!json_columns) return base::propagate(std::move(json_columns));
  change::TableSchema schema;
  schema.database = database;
  schema.table = table;
  for (std::size_t row = 0; row < columns->rows.size(); ++row) {
    schema.columns.push_back(column_of(*columns, row));
    if (json_columns->contains(schema.columns.back().name)) {
      schema.columns.back().hint = ColumnHint::kJsonText;
    }
  }
  if (auto done = read_primary_key(schema, stop); !done) return base::propagate(std::move(done));
  if (auto done = add_versioning_columns(schema, stop); !done) {
    return base::propagate(std::move(done));
  }
  return schema;
}

change::Column InformationSchema::column_of(const ResultTable& columns, std::size_t row) const {
  change::Column column;
  column.name = columns.text(row, "column_name");
  column.sql_type = columns.text(row, "column_type");
  const std::string data_type = columns.text(row, "data_type");
  column.is_unsigned = is_unsigned_type(column.sql_type);
  column.labels = parse_labels(column.sql_type, true);
  column.labels_as_shown = true;
  column.fractional_digits =
      static_cast<std::uint8_t>(number_or_zero(columns.text(row, "fraction")));
  if (facts_.is_mariadb()) column.hint = mariadb_hint(data_type);
  const std::string collation_name = columns.text(row, "collation_name");
  const bool doubtful =
      std::any_of(column.labels.begin(), column.labels.end(),
                  [](const std::string& label) { return label.find('?') != std::string::npos; });
  if (doubtful && exceeds_utf8mb3(collation_name)) {
    logger_.warn(
        "A label has a '?', which may stand for a character that information_schema can't "
        "show; binlog_row_metadata=FULL makes the server log labels as they are.",
        {{"database", columns.text(row, "table_schema")},
         {"table", columns.text(row, "table_name")},
         {"column", column.name}});
  }
  const auto collation = collations_.find(collation_name);
  if (collation != collations_.end()) {
    column.collation_id = collation->second;
  } else if (is_binary_string(data_type) || column.hint != ColumnHint::kNone) {
    column.collation_id = kBinaryCollation;
  }
  return column;
}

base::Result<std::set<std::string>> InformationSchema::read_json_columns(
    const std::string& database, const std::string& table, const std::stop_token& stop) {
  std::set<std::string> names;
  // MariaDB's JSON is LONGTEXT with a CHECK that has the column's name; the table came in 10.2.22.
  if (!facts_.is_mariadb() || facts_.number < 100222) return names;
  // From 10.5.10 on it tells columns' checks from tables'. Before, their names do, until RENAME
  // COLUMN, which leaves them as they are.
  const bool has_level = facts_.number >= 100510;
  auto checks = session_->query(
      std::string("SELECT CONSTRAINT_SCHEMA AS table_schema, TABLE_NAME AS table_name, "
                  "CONSTRAINT_NAME AS check_name, CHECK_CLAUSE AS clause, ") +
          (has_level ? "LEVEL" : "''") +
          " AS level FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = " +
          utf8_literal(database) + " AND TABLE_NAME = " + utf8_literal(table),
      stop);
  if (!checks) return base::propagate(std::move(checks));
  keep_exact_table(*checks, database, table);
  for (std::size_t row = 0; row < checks->rows.size(); ++row) {
    auto name = json_checked_column(checks->text(row, "clause"));
    if (!name) continue;
    const bool is_column_check = has_level ? checks->text(row, "level") == "Column"
                                           : checks->text(row, "check_name") == *name;
    if (is_column_check) names.insert(std::move(*name));
  }
  return names;
}

base::Result<void> InformationSchema::read_primary_key(change::TableSchema& schema,
                                                       const std::stop_token& stop) {
  auto keys = session_->query(
      "SELECT TABLE_SCHEMA AS table_schema, TABLE_NAME AS table_name, COLUMN_NAME AS column_name "
      "FROM information_schema.STATISTICS" +
          table_condition(schema.database, schema.table) +
          " AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX",
      stop);
  if (!keys) return base::propagate(std::move(keys));
  keep_exact_table(*keys, schema.database, schema.table);
  for (std::size_t row = 0; row < keys->rows.size(); ++row) {
    const std::string name = keys->text(row, "column_name");
    const auto found =
        std::find_if(schema.columns.begin(), schema.columns.end(),
                     [&](const change::Column& column) { return column.name == name; });
    // Another connection may have altered the table between the two statements.
    if (found == schema.columns.end()) {
      return base::fail(ErrorCode::kUnavailable, "the table is being altered; try again");
    }
    schema.primary_key.push_back(static_cast<std::size_t>(found - schema.columns.begin()));
  }
  return {};
}

base::Result<void> InformationSchema::add_versioning_columns(change::TableSchema& schema,
                                                             const std::stop_token& stop) {
  // System versioning came in 10.3.4.
  if (!facts_.is_mariadb() || facts_.number < 100304) return {};
  const std::string where = table_condition(schema.database, schema.table);
  auto kind = session_->query(
      "SELECT TABLE_SCHEMA AS table_schema, TABLE_NAME AS table_name, TABLE_TYPE AS table_type, "
      "(SELECT COUNT(*) FROM information_schema.COLUMNS" +
          where +
          " AND GENERATION_EXPRESSION = 'ROW START') AS declared FROM "
          "information_schema.TABLES" +
          where,
      stop);
  if (!kind) return base::propagate(std::move(kind));
  keep_exact_table(*kind, schema.database, schema.table);
  if (kind->rows.empty() || kind->text(0, "table_type") != "SYSTEM VERSIONED" ||
      kind->text(0, "declared") != "0") {
    return {};
  }
  for (const char* name : {"row_start", "row_end"}) {
    change::Column column;
    column.name = name;
    column.sql_type = "timestamp(6)";
    column.fractional_digits = 6;
    schema.columns.push_back(std::move(column));
  }
  // STATISTICS does not show it, but the key has it, or a row and those that it was would share
  // one; the events' own metadata (binlog_row_metadata=FULL) has it too.
  if (!schema.primary_key.empty()) schema.primary_key.push_back(schema.columns.size() - 1);
  return {};
}

}  // namespace pikachu::mysql
