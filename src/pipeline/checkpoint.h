#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "change/position.h"

namespace pikachu::pipeline {

/// How far a transaction is settled whose end is not.
struct InsideTransaction {
  /// Its GTID; without GTIDs, the id of its first row in tables that some task names.
  std::string transaction;
  /// Rows with an ordinal below this are settled. As the position's server counts them: one that
  /// replicates only some of the tables has the transaction with fewer rows.
  std::uint64_t rows = 0;

  bool operator==(const InsideTransaction&) const = default;
};

/// What a restart goes on from.
struct Checkpoint {
  change::Position position;
  /// The last delivery number before `position`: what has a higher one was made of what comes after
  /// it, and is made again after a restart. 0 if there was none.
  std::uint64_t through = 0;
  /// The transaction that follows `position`, where part of it is settled too.
  std::optional<InsideTransaction> inside;

  bool operator==(const Checkpoint&) const = default;
};

}  // namespace pikachu::pipeline
