#pragma once

#include <string_view>

#include "base/result.h"
#include "schema/catalog.h"
#include "schema/statement_cursor.h"
#include "schema/table_definition.h"
#include "schema/table_store.h"

namespace pikachu::schema {

/// What Catalog consists of: applies statements, whose text is in UTF-8, to what is known.
///
/// Threads: one owner.
class Catalog::Definitions {
 public:
  explicit Definitions(change::Flavor flavor) : flavor_(flavor) {}

  change::Flavor flavor() const { return flavor_; }
  const TableStore& tables() const { return tables_; }
  Repertoires& repertoires() { return repertoires_; }

  /// `failed_with`: the error that the statement ended with on the server; 0: none.
  /// Errors: those of Catalog::apply.
  base::Result<void> apply(std::string_view sql, const Session& session, bool temporary,
                           std::uint16_t failed_with);

 private:
  struct Context {
    StatementCursor& in;
    const Session& session;
    bool temporary = false;
    std::uint16_t failed_with = 0;
  };

  base::Result<void> create(Context& context);
  base::Result<void> create_table(Context& context, bool or_replace);
  base::Result<void> create_sequence(Context& context);
  base::Result<void> create_database(Context& context, bool or_replace);
  base::Result<void> alter(Context& context);
  base::Result<void> alter_table(Context& context);
  base::Result<void> alter_sequence(Context& context);
  base::Result<void> alter_database(Context& context);
  base::Result<void> drop(Context& context);
  base::Result<void> drop_tables(Context& context);
  base::Result<void> drop_database(Context& context);
  base::Result<void> rename_tables(Context& context);
  base::Result<void> define_like(Context& context, const TableName& name, const TableName& like);
  /// The table is unknown from now on; the error that says why.
  tl::unexpected<base::Error> give_up(const TableName& name, std::string_view doing,
                                      std::string_view reason);

  const change::Flavor flavor_;
  TableStore tables_;
  Repertoires repertoires_;
};

}  // namespace pikachu::schema
