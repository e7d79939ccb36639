#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "pipeline/checkpoint.h"
#include "store/sqlite.h"

namespace pikachu::store {

/// The tables `position` and `start_from`: where to resume, or where to begin instead.
///
/// Threads: one at a time. Lifetime: the connection outlives it, and does not move.
/// Spec: docs/formats/state-file.md.
class PositionTable {
 public:
  static base::Result<PositionTable> open(Connection& connection);

  /// The saved checkpoint, if there is one. Errors: kCorrupt if it makes no sense; as Connection.
  base::Result<std::optional<pipeline::Checkpoint>> load();

  /// Saves it, in a transaction of its own. What start_from() said has served then, and goes.
  base::Result<void> save(const pipeline::Checkpoint& checkpoint);

  /// See pipeline::PositionStore.
  base::Result<void> forget_inside();

  /// What `pikachu state reset` left in place of database.start_from, in its notation.
  base::Result<std::optional<std::string>> start_from();

  /// When the checkpoint was saved, RFC 3339; "" if there is none.
  base::Result<std::string> saved_at();

  /// Forgets the checkpoint, but not the number that it was through, and begins at `start_from`
  /// instead; where there is none, at database.start_from.
  /// REQUIRES: a transaction of the caller's.
  base::Result<void> replace(const std::optional<std::string>& start_from);

 private:
  explicit PositionTable(Connection& connection) : connection_(&connection) {}

  Connection* connection_;
  Statement load_;
  Statement save_;
  bool has_start_from_ = false;  ///< The next save() removes it.
  bool forgets_inside_ = false;  ///< The next save() leaves it out.
};

}  // namespace pikachu::store
