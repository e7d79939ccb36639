#include "schema/catalog.h"

namespace pikachu::schema {

class Catalog::Definitions {};

Statement statement_of(const binlog::Query& query, bool temporary) {
  return {.sql = query.sql,
          .database = query.database,
          .sql_mode = query.sql_mode,
          .client_collation = query.client_collation,
          .server_collation = query.server_collation,
          .database_collation = query.database_collation,
          .temporary = temporary,
          .utf8mb4_collation = query.utf8mb4_collation,
          .default_collations = query.default_collations,
          .error_code = query.error_code};
}

Catalog::Catalog(change::Flavor /*flavor*/) : definitions_(std::make_unique<Definitions>()) {
}

Catalog::~Catalog() = default;

base::Result<void> Catalog::apply(const Statement& /*statement*/) {
  return {};
}

base::Result<void> Catalog::load_sql(std::string_view /*text*/) {
  return {};
}

std::optional<change::TableSchema> Catalog::find(std::string_view /*database*/,
                                                 std::string_view /*table*/) const {
  return std::nullopt;
}

}  // namespace pikachu::schema
