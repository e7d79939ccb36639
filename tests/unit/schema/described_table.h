#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "schema/catalog.h"

namespace pikachu::schema {

/// A statement in database d, of a session whose server's default is utf8mb4_general_ci (45).
inline Statement in_d(std::string_view sql) {
  return {.sql = sql, .database = "d", .client_collation = 45, .server_collation = 45};
}

/// Applies statements and says what a table of d looks like then:
/// "id int(11), name varchar(10):45 key 0"; "unknown" if it is not known.
class Tables {
 public:
  explicit Tables(change::Flavor flavor) : catalog_(flavor) {}

  Tables& apply(std::string_view sql) {
    const auto applied = catalog_.apply(in_d(sql));
    EXPECT_TRUE(applied) << applied.error().message;
    return *this;
  }
  /// The error's message; fails the test if there is none.
  std::string refusal(const Statement& statement) {
    const auto applied = catalog_.apply(statement);
    if (applied) {
      ADD_FAILURE() << "applied: " << statement.sql;
      return {};
    }
    EXPECT_EQ(applied.error().code, base::ErrorCode::kUnsupported);
    return applied.error().message;
  }
  std::string refusal(std::string_view sql) { return refusal(in_d(sql)); }

  std::string table(std::string_view name, std::string_view database = "d") const {
    const auto found = catalog_.find(database, name);
    if (!found) return "unknown";
    std::string text;
    for (const change::Column& column : found->columns) {
      if (!text.empty()) text += ", ";
      text += column.name + " " + column.sql_type;
      if (column.collation_id != 0) text += ":" + std::to_string(column.collation_id);
      if (column.hint == change::ColumnHint::kJsonText) text += " json";
    }
    if (!found->primary_key.empty()) text += " key";
    for (const std::size_t index : found->primary_key) text += " " + std::to_string(index);
    return text;
  }
  Catalog& catalog() { return catalog_; }

 private:
  Catalog catalog_;
};

inline Tables mysql() {
  Tables tables(change::Flavor::kMysql);
  tables.apply("CREATE DATABASE d");
  return tables;
}
inline Tables mariadb() {
  Tables tables(change::Flavor::kMariadb);
  tables.apply("CREATE DATABASE d");
  return tables;
}

}  // namespace pikachu::schema
