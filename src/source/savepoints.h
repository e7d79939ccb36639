#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pikachu::source {

/// The savepoints of an open transaction, and where each was set.
///
/// A server that logs ROLLBACK TO has logged the SAVEPOINT too: one that was set before the first
/// change is in no binlog, and to roll back to it ends the group in ROLLBACK, or leaves all of it
/// out. RELEASE SAVEPOINT is never logged. (Observed on MySQL 5.6.24 and 9.7.4, MariaDB 10.11.18
/// and 11.8.9; not in the docs.)
///
/// Names are equal if a collation says so: utf8mb3_general_ci (é is e), on MariaDB 11.8
/// utf8mb3_general1400_as_ci (é is É, but not e). Neither is known here. Names that differ in the
/// case of ASCII letters only are equal in both; others *may* be equal. A name that may be that of
/// several savepoints is refused.
///
/// What triggers and stored functions set has names of its own, but the binlog does not say where
/// these end: a savepoint of a function hides one of the same name outside, as it does on the
/// server's replicas.
///
/// Threads: one owner.
class Savepoints {
 public:
  /// A place in the rows of the transaction.
  struct Place {
    std::uint64_t end = 0;               ///< Of the stream of a TransactionBuffer.
    std::uint64_t uncollected_rows = 0;  ///< Behind it: see TransactionBuffer::Event.
    bool operator==(const Place&) const = default;
  };

  /// SAVEPOINT; the same name again moves it here. `name` is in UTF-8, with A to Z as a to z.
  void set(std::string name, Place place);
  /// RELEASE SAVEPOINT: it, and those set after it, are no more. Unknown names are ignored.
  void release(std::string_view name);
  /// ROLLBACK TO: where the savepoint was set, which stays; those set after it are no more.
  /// Errors: kCorrupt if there is none, kUnsupported if it may be one of several; then nothing has
  /// changed.
  base::Result<Place> roll_back_to(std::string_view name);
  void clear();

 private:
  struct Savepoint {
    std::string name;
    Place place;
    bool is_replaced = false;  ///< By a later one of the same name, which is `name` no longer.
  };

  void cut(std::size_t first);
  bool may_be(const Savepoint& savepoint, std::string_view name) const;

  std::vector<Savepoint> savepoints_;
  std::map<std::string, std::size_t, std::less<>> index_;  ///< By name, those not replaced.
  std::size_t beyond_ascii_ = 0;                           ///< How many of them have such names.
};

}  // namespace pikachu::source
