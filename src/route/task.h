#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "change/row_change.h"

namespace pikachu::route {

/// Which tables a task is about: "users", "db.users", "orders_*", "shop.*", "*.*".
///
/// Matches whole names, byte by byte: "users" never matches "users2", and a pattern of one database
/// never sees another's tables. '*' stands for any run of characters, '?' for one. A dot separates
/// database and table; names with dots, stars or question marks in them are quoted as in SQL:
/// `my.db`.`odd*name`. An unquoted name without a dot is a table of the configured database.
class TablePattern {
 public:
  /// `default_database` is what a pattern without a database means; it may be "*".
  /// Errors: kInvalid, naming the pattern and what is wrong with it.
  static base::Result<TablePattern> parse(std::string_view text, std::string_view default_database);

  bool matches(std::string_view database, std::string_view table) const;

  /// A name, or a glob whose stars and question marks stand for others.
  struct Part {
    std::string text;
    bool is_glob = false;
    bool matches(std::string_view name) const;
  };

 private:
  TablePattern(Part database, Part table);
  Part database_;
  Part table_;
};

/// What of the binlog a task wants. Where it goes is the sink's business.
struct TaskRoute {
  std::string task_id;
  std::vector<TablePattern> tables;  ///< Any of them.
  bool wants_insert = false;
  bool wants_update = false;
  bool wants_delete = false;

  bool wants(change::Operation operation) const;
};

}  // namespace pikachu::route
