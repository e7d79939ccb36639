#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "change/gtid_set.h"
#include "change/table_schema.h"
#include "schema/catalog.h"
#include "source/event_stream.h"
#include "tests/corpus/replayed_tables.h"

namespace pikachu::corpus {

/// Names the columns of replayed tables by the definitions met on the way, and does to their rows
/// what those definitions do: TRUNCATE, DROP, RENAME, columns that come, go or change their names,
/// and EXCHANGE, TRUNCATE, DROP PARTITION of tables partitioned by RANGE (id).
///
/// Threads: one owner.
class ReplayedDefinitions final : public source::SchemaReader {
 public:
  ReplayedDefinitions(change::Flavor flavor, ReplayedTables& tables)
      : catalog_(flavor), tables_(tables) {}

  base::Result<std::optional<change::TableSchema>> read(const std::string& database,
                                                        const std::string& table,
                                                        const std::stop_token& stop) override;
  /// A statement that is not understood fails the test.
  void definition_changed(const source::DefinitionStatement& statement) override;

 private:
  class Words;
  struct TableName {
    std::string database;
    std::string table;
    std::string full() const { return database + "." + table; }
  };
  struct ColumnClause {
    std::string name;
    std::string former_name;  ///< Where it had another one.
    /// kAbsent where the text does not say what it is.
    OwnedValue by_default;
  };
  struct Partition {
    std::string name;
    std::int64_t end = 0;  ///< Its ids are less.
  };

  void apply(const source::DefinitionStatement& statement);
  static TableName read_table_name(Words& words);
  static ColumnClause read_column_clause(Words words);
  static std::vector<Partition> read_partitions(Words words);
  void create_table(Words words);
  void drop(Words words);
  void rename_tables(Words words);
  void alter_table(Words words, const source::DefinitionStatement& statement);
  bool alter_partition(Words clause, const TableName& table);
  static std::vector<ColumnClause> read_column_clauses(Words clause);
  void alter_columns(const TableName& table, const std::vector<ColumnClause>& clauses,
                     const change::TableSchema& after);
  /// Splits the rows of a partition from the others of its table.
  std::vector<Row> take_partition(const TableName& table, const std::string& partition);

  schema::Catalog catalog_;
  ReplayedTables& tables_;
  std::map<std::string, std::vector<Partition>> partitions_;  // by full table name
};

}  // namespace pikachu::corpus
