#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "schema/table_definition.h"

namespace pikachu::schema {

/// Which tables are known, and which are known not to be there: all others may be there.
///
/// What is known not to be there is forgotten beyond kAbsentMax names, which only makes less known.
///
/// Threads: one owner.
class TableStore {
 public:
  static constexpr std::size_t kAbsentMax = 10'000;

  /// nullptr if it is not known. Lifetime: until the next change.
  const TableDefinition* find(std::string_view database, std::string_view table) const;
  const TableDefinition* find(const TableName& name) const {
    return find(name.database, name.table);
  }
  bool is_known_absent(const TableName& name) const;

  void define(const TableName& name, TableDefinition table);
  /// It may be there, nobody knows how.
  void forget(const TableName& name);
  /// It is not there.
  void remove(const TableName& name);
  /// It is called otherwise from now on; also where it is not known.
  void rename(const TableName& from, const TableName& to);

  /// The default collation of a database; kUnknownCollation if it is not known.
  std::uint32_t collation_of(std::string_view database) const;
  void set_collation(std::string_view name, std::uint32_t collation);
  bool is_database_known_absent(std::string_view database) const;
  /// Whether its creation, or what it was made by, was seen.
  bool is_database_known(std::string_view database) const;
  /// It is made, and empty.
  void create_database(std::string_view name, std::uint32_t collation);
  void drop_database(std::string_view name);
  /// It may hold any table.
  void forget_tables(std::string_view name);

 private:
  enum class Presence : std::uint8_t { kUnknown, kAbsent, kPresent };
  struct Table {
    Presence presence = Presence::kUnknown;
    std::shared_ptr<const TableDefinition> definition;  // kPresent
  };
  struct Database {
    // What holds for tables that are not listed, and the database itself.
    Presence others = Presence::kUnknown;
    bool is_absent = false;
    std::uint32_t collation = kUnknownCollation;
    std::map<std::string, Table, std::less<>> tables;
  };

  Database& database(std::string_view name);
  void set(const TableName& name, Table table);
  void give_up_marks();
  void clear_tables(Database& home);

  std::map<std::string, Database, std::less<>> databases_;
  std::size_t marks_ = 0;  // Listed tables without a definition, and absent databases.
};

}  // namespace pikachu::schema
