#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tests/support/random_values.h"
#include "tests/support/server_process.h"

namespace pikachu::test {

/// A column that takes random values.
struct RandomColumn {
  /// What the server's SELECT is asked for, to compare a decoded value with.
  enum class Shown : std::uint8_t {
    kText,         ///< CAST AS CHAR, in UTF-8.
    kHex,          ///< Its bytes.
    kExactDouble,  ///< FLOAT and DOUBLE: all digits.
    kBits,         ///< BIT: its number.
  };
  using Expression = std::function<std::string(RandomValues&)>;

  std::string name;
  std::string type;
  Shown shown = Shown::kText;
  Expression value;   ///< Random SQL expression; none for a generated column.
  Expression change;  ///< Another way to UPDATE it, out of what it holds; may be none.
};

/// A table for random rows. Its first column is `id INT NOT NULL`.
struct RandomTable {
  std::string name;
  std::vector<RandomColumn> columns;
  std::string key = "PRIMARY KEY (id)";  ///< Empty: a table without one.
  std::string options;                   ///< Behind the columns: PARTITION BY …
  std::vector<std::string> settings;     ///< Statements to run before it is made,
  std::vector<std::string> resettings;   ///< and after.
  /// Its rows are only inserted, and columns may be missing from their images: what the server
  /// leaves out can't be compared.
  bool only_inserts = false;

  std::string create_statement() const;
  /// SELECTs id and each column, in order, as `shown` says.
  std::string select_statement() const;
};

/// Tables over every column type that the server has, and every character set.
/// Errors: those of ServerProcess::query.
base::Result<std::vector<RandomTable>> random_tables(ServerProcess& server, RandomValues& random);

/// Statements that insert, update and delete rows of `table`. Keeps the ids that it has given out.
class RandomStatements {
 public:
  RandomStatements(const RandomTable& table, RandomValues& random)
      : table_(table), random_(random) {}

  std::string insert();
  /// Any statement that changes rows.
  std::string next();

 private:
  std::string row(std::uint64_t id);
  std::string assignments();
  std::string some_rows();

  const RandomTable& table_;
  RandomValues& random_;
  std::uint64_t last_id_ = 0;
};

}  // namespace pikachu::test
