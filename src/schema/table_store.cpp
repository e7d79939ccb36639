#include "schema/table_store.h"

#include <algorithm>
#include <utility>

namespace pikachu::schema {

const TableDefinition* TableStore::find(std::string_view database, std::string_view table) const {
  const auto found = databases_.find(database);
  if (found == databases_.end()) return nullptr;
  const auto entry = found->second.tables.find(table);
  return entry == found->second.tables.end() ? nullptr : entry->second.definition.get();
}

bool TableStore::is_known_absent(const TableName& name) const {
  const auto found = databases_.find(name.database);
  if (found == databases_.end()) return false;
  const auto entry = found->second.tables.find(name.table);
  const Presence presence =
      entry == found->second.tables.end() ? found->second.others : entry->second.presence;
  return presence == Presence::kAbsent;
}

TableStore::Database& TableStore::database(std::string_view name) {
  const auto found = databases_.find(name);
  if (found != databases_.end()) return found->second;
  return databases_.emplace(name, Database()).first->second;
}

void TableStore::set(const TableName& name, Table table) {
  Database& home = database(name.database);
  if (home.is_absent) --marks_;
  home.is_absent = false;
  const auto listed = home.tables.find(name.table);
  if (listed != home.tables.end()) {
    if (listed->second.presence != Presence::kPresent) --marks_;
    home.tables.erase(listed);
  }
  if (table.presence == home.others) return;
  const bool is_mark = table.presence != Presence::kPresent;
  home.tables.emplace(name.table, std::move(table));
  if (is_mark && ++marks_ > kAbsentMax) give_up_marks();
}

// What is not known to be there may be there from now on.
void TableStore::give_up_marks() {
  for (auto& [name, home] : databases_) {
    const auto marks = std::erase_if(
        home.tables, [](const auto& entry) { return entry.second.presence != Presence::kPresent; });
    if (marks != 0) home.others = Presence::kUnknown;
  }
  std::erase_if(databases_, [](const auto& entry) { return entry.second.is_absent; });
  marks_ = 0;
}

void TableStore::clear_tables(Database& home) {
  marks_ -= static_cast<std::size_t>(std::ranges::count_if(
      home.tables, [](const auto& entry) { return entry.second.presence != Presence::kPresent; }));
  home.tables.clear();
}

void TableStore::define(const TableName& name, TableDefinition table) {
  set(name, {Presence::kPresent, std::make_shared<const TableDefinition>(std::move(table))});
}

void TableStore::forget(const TableName& name) {
  set(name, {Presence::kUnknown, nullptr});
}

void TableStore::remove(const TableName& name) {
  set(name, {Presence::kAbsent, nullptr});
}

void TableStore::rename(const TableName& from, const TableName& to) {
  Table table;
  const auto found = databases_.find(from.database);
  if (found != databases_.end()) {
    const auto entry = found->second.tables.find(from.table);
    if (entry != found->second.tables.end() && entry->second.presence == Presence::kPresent) {
      table = entry->second;
    }
  }
  remove(from);
  set(to, std::move(table));
}

std::uint32_t TableStore::collation_of(std::string_view database) const {
  const auto found = databases_.find(database);
  return found == databases_.end() ? kUnknownCollation : found->second.collation;
}

void TableStore::set_collation(std::string_view name, std::uint32_t collation) {
  Database& home = database(name);
  if (home.is_absent) --marks_;
  home.is_absent = false;
  home.collation = collation;
}

bool TableStore::is_database_known_absent(std::string_view database) const {
  const auto found = databases_.find(database);
  return found != databases_.end() && found->second.is_absent;
}

bool TableStore::is_database_known(std::string_view database) const {
  const auto found = databases_.find(database);
  return found != databases_.end() && !found->second.is_absent &&
         found->second.collation != kUnknownCollation;
}

void TableStore::create_database(std::string_view name, std::uint32_t collation) {
  Database& home = database(name);
  if (home.is_absent) --marks_;
  clear_tables(home);
  home.is_absent = false;
  home.others = Presence::kAbsent;
  home.collation = collation;
}

void TableStore::drop_database(std::string_view name) {
  Database& home = database(name);
  clear_tables(home);
  home.others = Presence::kAbsent;
  home.collation = kUnknownCollation;
  if (home.is_absent) return;
  home.is_absent = true;
  if (++marks_ > kAbsentMax) give_up_marks();
}

void TableStore::forget_tables(std::string_view name) {
  Database& home = database(name);
  clear_tables(home);
  home.others = Presence::kUnknown;
}

}  // namespace pikachu::schema
