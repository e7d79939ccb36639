#pragma once

#include <string>

#include "base/result.h"
#include "schema/statement_cursor.h"
#include "schema/table_definition.h"

namespace pikachu::schema {

/// CHARACTER SET and COLLATE of a table or a database.
class CollationOption {
 public:
  /// Reads [DEFAULT] CHARACTER SET [=] x or [DEFAULT] COLLATE [=] x; false if nothing of it begins
  /// here.
  bool read(StatementCursor& in);
  /// Only what stands behind the words CHARACTER SET.
  void read_charset(StatementCursor& in);

  /// Whether anything was read.
  bool is_given() const { return given_; }
  /// What it makes of a table that was `current`; CHARACTER SET DEFAULT makes it `fallback`.
  /// Errors: kUnsupported for a name that is not known.
  base::Result<std::uint32_t> resolve(std::uint32_t current, std::uint32_t fallback,
                                      const Session& session) const;

 private:
  bool given_ = false;
  bool is_default_ = false;
  bool charset_is_last_ = false;
  std::string charset_;
  std::string collation_;
};

}  // namespace pikachu::schema
