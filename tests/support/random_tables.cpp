#include "tests/support/random_tables.h"

#include <algorithm>
#include <utility>

#include "tests/support/random_columns.h"

namespace pikachu::test {
namespace {

std::string shown_expression(const RandomColumn& column) {
  const std::string name = "`" + column.name + "`";
  switch (column.shown) {
    case RandomColumn::Shown::kHex:
      return "LOWER(HEX(" + name + "))";
    case RandomColumn::Shown::kExactDouble:
      return name + " * 1e0";  // unlike + 0e0 it keeps the sign of -0
    case RandomColumn::Shown::kBits:
      return name + " + 0";
    default:
      return "CAST(" + name + " AS CHAR)";
  }
}

}  // namespace

std::string RandomTable::create_statement() const {
  std::string sql = "CREATE TABLE `" + name + "` (id INT NOT NULL";
  for (const RandomColumn& column : columns) sql += ", `" + column.name + "` " + column.type;
  if (!key.empty()) sql += ", " + key;
  return sql + ") ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 " + options;
}

std::string RandomTable::select_statement() const {
  std::string sql = "SELECT CAST(id AS CHAR)";
  for (const RandomColumn& column : columns) sql += ", " + shown_expression(column);
  return sql + " FROM `" + name + "`";
}

base::Result<std::vector<RandomTable>> random_tables(ServerProcess& server, RandomValues& random) {
  const bool is_mariadb = server.is_mariadb();
  const bool is_56 = server.kind() == "mysql-5.6";
  const bool has_vectors = server.kind() == "mariadb-11.8" || server.kind() == "mysql-9.7";
  const std::int64_t last_second = server.kind() == "mariadb-11.8" ? 4'294'967'295 : 2'147'483'647;
  std::vector<RandomTable> tables;
  const auto add = [&tables](std::string name, std::vector<RandomColumn> columns) -> RandomTable& {
    RandomTable& table = tables.emplace_back();
    table.name = std::move(name);
    table.columns = std::move(columns);
    return table;
  };

  add("numbers", number_columns(random));
  add("temporals", temporal_columns(last_second));
  if (is_mariadb) {
    // The formats of MariaDB 5.3 end in 2038, whatever the server.
    RandomTable& old = add("old_temporals", temporal_columns(2'147'483'647));
    old.settings = {"SET GLOBAL mysql56_temporal_format=OFF"};
    old.resettings = {"SET GLOBAL mysql56_temporal_format=ON"};
  }
  add("strings", string_columns());
  add("blobs", blob_columns());
  add("labels", label_columns());
  if (!is_56) add("json", json_columns(is_mariadb));
  add("geometries", geometry_columns());
  if (is_mariadb) add("addresses", address_columns());
  if (is_mariadb) add("compressed", compressed_columns());
  if (has_vectors) add("vectors", vector_columns(is_mariadb));
  if (!is_56) {
    RandomTable& generated = add("generated", generated_columns());
    // Observed: MariaDB leaves generated columns out of images, 11.8 out of those of every UPDATE,
    // 10.11 where binlog_row_image is MINIMAL.
    generated.only_inserts = is_mariadb;
  }
  add("without_key", mixed_columns()).key = "";
  add("long_key", mixed_columns()).key = "PRIMARY KEY (bi, te, id)";
  add("in_partitions", mixed_columns()).options = "PARTITION BY HASH (id) PARTITIONS 4";
  add("wide", wide_columns());

  auto charsets = read_charsets(server);
  if (!charsets) return base::propagate(std::move(charsets));
  constexpr std::size_t kCharsetsOfATable = 14;
  for (std::size_t at = 0; at < charsets->size(); at += kCharsetsOfATable) {
    const std::size_t count = std::min(kCharsetsOfATable, charsets->size() - at);
    add("charsets_" + std::to_string(at / kCharsetsOfATable + 1),
        charset_columns({charsets->data() + at, count}, random));
  }
  return tables;
}

std::string RandomStatements::row(std::uint64_t id) {
  constexpr std::uint64_t kNulls = 7;
  std::string values = "(" + std::to_string(id);
  for (const RandomColumn& column : table_.columns) {
    if (!column.value) continue;
    values += ", " + (random_.one_in(kNulls) ? std::string("NULL") : column.value(random_));
  }
  return values + ")";
}

std::string RandomStatements::insert() {
  std::string sql = "INSERT INTO `" + table_.name + "` (id";
  for (const RandomColumn& column : table_.columns) {
    if (column.value) sql += ", `" + column.name + "`";
  }
  sql += ") VALUES ";
  const std::size_t rows = 1 + random_.below(4);
  for (std::size_t i = 0; i < rows; ++i) sql += (i == 0 ? "" : ", ") + row(++last_id_);
  return sql;
}

std::string RandomStatements::assignments() {
  std::string list;
  const std::size_t count = 1 + random_.below(3);
  std::vector<const RandomColumn*> changed;
  while (changed.size() < count) {
    const RandomColumn& column = random_.pick(table_.columns);
    if (!column.value) continue;
    if (std::ranges::find(changed, &column) != changed.end()) break;
    changed.push_back(&column);
    list += (list.empty() ? "`" : ", `") + column.name + "` = ";
    if (random_.one_in(8)) {
      list += "NULL";
    } else if (column.change && random_.one_in(2)) {
      list += column.change(random_);
    } else {
      list += column.value(random_);
    }
  }
  return list;
}

std::string RandomStatements::some_rows() {
  if (random_.one_in(3)) return " WHERE MOD(id, 7) = " + std::to_string(random_.below(7));
  const std::uint64_t first = 1 + random_.below(last_id_ + 1);
  return " WHERE id BETWEEN " + std::to_string(first) + " AND " +
         std::to_string(first + random_.below(4));
}

std::string RandomStatements::next() {
  const std::string table = "`" + table_.name + "`";
  const std::uint64_t what = random_.below(10);
  if (table_.only_inserts || what < 3 || last_id_ == 0) return insert();
  if (what == 3) return "DELETE FROM " + table + some_rows();
  if (what == 4) return "REPLACE" + insert().substr(std::string_view("INSERT").size());
  if (what == 5) {
    --last_id_;  // an id that is there
    return insert() + " ON DUPLICATE KEY UPDATE " + assignments();
  }
  if (what == 6) {
    const std::uint64_t id = 1 + random_.below(last_id_);
    return "UPDATE " + table + " SET id = " + std::to_string(++last_id_) +
           " WHERE id = " + std::to_string(id);
  }
  return "UPDATE " + table + " SET " + assignments() + some_rows();
}

}  // namespace pikachu::test
