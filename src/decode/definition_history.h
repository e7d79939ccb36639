#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "change/gtid_set.h"
#include "decode/warnings.h"
#include "schema/catalog.h"
#include "source/event_stream.h"

namespace pikachu::decode {

/// The columns of tables at the place that the stream has come to: from definitions given before
/// it, and from the statements that changed them since.
///
/// Threads: one owner.
class DefinitionHistory final : public source::SchemaReader {
 public:
  /// `here` says where the stream is: "mysql-bin.000042:1234".
  DefinitionHistory(Warnings& warnings, std::function<std::string()> here);

  /// Begins with the definitions in `sql` ("" for none), on a server of `flavor`. Only the first
  /// call counts. Errors: as schema::Catalog::load_sql.
  base::Result<void> begin(change::Flavor flavor, std::string_view sql);

  /// REQUIRES: begin() was called; so for definition_changed().
  base::Result<std::optional<change::TableSchema>> read(const std::string& database,
                                                        const std::string& table,
                                                        const std::stop_token& stop) override;

  /// A statement that is not understood is a warning: its tables are unknown from here on.
  void definition_changed(const source::DefinitionStatement& statement) override;

 private:
  Warnings& warnings_;
  const std::function<std::string()> here_;
  std::optional<schema::Catalog> catalog_;
};

/// The first two words of a statement, in upper case: "ALTER TABLE". No names and no values.
std::string statement_kind(std::string_view sql, std::uint64_t sql_mode);

}  // namespace pikachu::decode
