#include "schema/alter_table.h"

#include <algorithm>
#include <utility>

namespace pikachu::schema {
namespace {

using base::ErrorCode;
using Kind = ColumnChange::Kind;
using Place = ColumnChange::Place;

// A column on its way from the old table to the new one.
struct MovedColumn {
  ColumnDefinition column;
  std::optional<std::size_t> old_index;
  bool is_primary_key = false;
};
using MovedColumns = std::vector<MovedColumn>;

base::Error unknown_column(const std::string& name) {
  return {ErrorCode::kUnsupported, "the table is not known to have a column " + name};
}

std::optional<std::size_t> find_moved(const MovedColumns& columns, std::string_view name) {
  const auto found = std::ranges::find_if(columns, [name](const MovedColumn& moved) {
    return is_same_column(moved.column.name, name);
  });
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

/// The steps of one ALTER TABLE, in the order in which servers take them.
/// Spec: mysql-server 9.7 and MariaDB 11.8, sql/sql_table.cc, mysql_prepare_alter_table.
class Alteration {
 public:
  Alteration(const TableDefinition& before, const AlterTable& alter, const Session& session)
      : before_(before), alter_(alter), session_(session), after_(before) {}

  base::Result<TableDefinition> run(std::uint32_t database_collation) {
    if (auto done = set_collation(database_collation); !done)
      return base::propagate(std::move(done));
    if (auto done = find_changed(); !done) return base::propagate(std::move(done));
    if (auto done = keep_columns(); !done) return base::propagate(std::move(done));
    if (auto done = place_columns(); !done) return base::propagate(std::move(done));
    if (auto done = convert_columns(); !done) return base::propagate(std::move(done));
    return finish();
  }

 private:
  base::Result<void> set_collation(std::uint32_t database_collation);
  base::Result<void> find_changed();
  base::Result<void> keep_columns();
  base::Result<void> place_columns();
  base::Result<void> convert_columns();
  base::Result<TableDefinition> finish();
  base::Result<MovedColumn> changed(const ColumnChange& change,
                                    std::optional<std::size_t> old_index) const;

  const TableDefinition& before_;
  const AlterTable& alter_;
  const Session& session_;
  TableDefinition after_;
  std::vector<const ColumnChange*> change_of_;  // By index of the old column; nullptr: none.
  std::vector<bool> dropped_;                   // By index of the old column.
  MovedColumns columns_;
};

base::Result<void> Alteration::set_collation(std::uint32_t database_collation) {
  for (const CollationOption* option : {&alter_.default_collation, &alter_.conversion}) {
    if (!option->is_given()) continue;
    const auto collation = option->resolve(before_.collation, database_collation, session_);
    if (!collation) return tl::unexpected(collation.error());
    after_.collation = *collation;
  }
  return {};
}

// Which old columns are changed and which are dropped.
base::Result<void> Alteration::find_changed() {
  change_of_.assign(before_.columns.size(), nullptr);
  dropped_.assign(before_.columns.size(), false);
  for (const AlterTable::Drop& drop : alter_.drops) {
    const auto index = find_column(before_.columns, drop.column);
    if (index) {
      dropped_[*index] = true;
    } else if (!drop.if_exists) {
      return tl::unexpected(unknown_column(drop.column));
    }
  }
  for (const ColumnChange& change : alter_.changes) {
    if (change.kind == Kind::kAdd) continue;
    const auto index = find_column(before_.columns, change.old_name);
    if (index) {
      change_of_[*index] = &change;
    } else if (!change.conditional) {
      return tl::unexpected(unknown_column(change.old_name));
    }
  }
  return {};
}

base::Result<MovedColumn> Alteration::changed(const ColumnChange& change,
                                              std::optional<std::size_t> old_index) const {
  MovedColumn moved;
  moved.old_index = old_index;
  if (change.kind == Kind::kRename) {
    moved.column = before_.columns[*old_index];
    moved.column.name = change.clause.column.name;
    return moved;
  }
  moved.is_primary_key = change.clause.is_primary_key;
  auto column = finish_column(change.clause, after_.collation, session_);
  if (!column) return base::propagate(std::move(column));
  moved.column = std::move(*column);
  return moved;
}

// Old columns in their places, but for those that are dropped or go elsewhere.
base::Result<void> Alteration::keep_columns() {
  for (std::size_t i = 0; i < before_.columns.size(); ++i) {
    if (dropped_[i]) continue;
    const ColumnChange* change = change_of_[i];
    if (change == nullptr) {
      columns_.push_back({before_.columns[i], i, false});
    } else if (change->place == Place::kStay) {
      auto moved = changed(*change, i);
      if (!moved) return base::propagate(std::move(moved));
      columns_.push_back(std::move(*moved));
    }
  }
  return {};
}

// What is added or moved, in the order of the clauses.
base::Result<void> Alteration::place_columns() {
  for (const ColumnChange& change : alter_.changes) {
    std::optional<std::size_t> old_index;
    if (change.kind == Kind::kAdd) {
      const std::string& name = change.clause.column.name;
      if (change.conditional &&
          (find_column(before_.columns, name) || find_moved(columns_, name))) {
        continue;
      }
    } else {
      old_index = find_column(before_.columns, change.old_name);
      if (!old_index || change.place == Place::kStay) continue;
    }
    auto moved = changed(change, old_index);
    if (!moved) return base::propagate(std::move(moved));
    auto place = columns_.end();
    if (change.place == Place::kFirst) place = columns_.begin();
    if (change.place == Place::kAfter) {
      const auto after = find_moved(columns_, change.after);
      if (!after) return tl::unexpected(unknown_column(change.after));
      place = columns_.begin() + static_cast<std::ptrdiff_t>(*after) + 1;
    }
    columns_.insert(place, std::move(*moved));
  }
  return {};
}

base::Result<void> Alteration::convert_columns() {
  if (!alter_.conversion.is_given()) return {};
  for (MovedColumn& moved : columns_) {
    auto converted = convert_column(moved.column, after_.collation, session_);
    if (!converted) return converted;
  }
  return {};
}

base::Result<TableDefinition> Alteration::finish() {
  after_.columns.clear();
  after_.primary_key.clear();
  std::optional<std::size_t> inline_key;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].is_primary_key) inline_key = i;
    if (after_.period && columns_[i].old_index) {
      const std::string& old_name = before_.columns[*columns_[i].old_index].name;
      if (is_same_column(before_.period->first, old_name)) {
        after_.period->first = columns_[i].column.name;
      }
      if (is_same_column(before_.period->last, old_name)) {
        after_.period->last = columns_[i].column.name;
      }
    }
  }
  if (!alter_.drops_primary_key) {
    for (const std::size_t old_index : before_.primary_key) {
      const auto kept = std::ranges::find(columns_, old_index, &MovedColumn::old_index);
      if (kept == columns_.end()) continue;
      after_.primary_key.push_back(static_cast<std::size_t>(kept - columns_.begin()));
    }
  }
  for (MovedColumn& moved : columns_) after_.columns.push_back(std::move(moved.column));
  if (alter_.elements.period) after_.period = alter_.elements.period;
  if (alter_.versioned) after_.is_versioned = *alter_.versioned;
  if (inline_key) after_.primary_key = {*inline_key};
  if (alter_.elements.primary_key) {
    const PrimaryKeyClause& key = *alter_.elements.primary_key;
    const bool stays = key.if_not_exists && !before_.primary_key.empty();
    if (!stays) {
      auto columns = find_primary_key(key, after_);
      if (!columns) return base::propagate(std::move(columns));
      after_.primary_key = std::move(*columns);
    }
  }
  return std::move(after_);
}

}  // namespace

base::Result<TableDefinition> apply_alter_table(const TableDefinition& before,
                                                const AlterTable& alter,
                                                std::uint32_t database_collation,
                                                const Session& session) {
  return Alteration(before, alter, session).run(database_collation);
}

}  // namespace pikachu::schema
