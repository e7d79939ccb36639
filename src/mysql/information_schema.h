#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "change/table_schema.h"
#include "mysql/connection_options.h"
#include "mysql/server_facts.h"
#include "mysql/session.h"
#include "source/event_stream.h"
#include "telemetry/logger.h"

namespace pikachu::mysql {

/// Looks tables up in information_schema, on a connection of its own, which is made at the first
/// look-up, kept, and made again when it was lost. A table that the account may not see is not
/// there.
///
/// Threads: one owner.
/// Spec: MySQL 9 Reference Manual, "INFORMATION_SCHEMA Tables"; MariaDB Knowledge Base,
/// "Information Schema COLUMNS Table", "… CHECK_CONSTRAINTS Table", "…
/// COLLATION_CHARACTER_SET_APPLICABILITY Table".
class InformationSchema final : public source::SchemaReader {
 public:
  InformationSchema(ConnectionOptions options, telemetry::Logger logger);

  /// Columns come in the order of the row image, generated and invisible ones with them, and the
  /// row_start and row_end that MariaDB adds to a system-versioned table without showing them;
  /// row_end is the last of its key, if it has one, as in the metadata of its events.
  /// Characters beyond the Basic Multilingual Plane in labels of ENUM and SET are "?" here, because
  /// all servers keep information_schema in utf8mb3; a warning names the column.
  base::Result<std::optional<change::TableSchema>> read(const std::string& database,
                                                        const std::string& table,
                                                        const std::stop_token& stop) override;
  void reconnect() override { session_.reset(); }
  /// Looks tables up on that server from now on.
  void use_server(const ServerAddress& address);

 private:
  base::Result<void> ensure_connected(const std::stop_token& stop);
  base::Result<std::optional<change::TableSchema>> read_connected(const std::string& database,
                                                                  const std::string& table,
                                                                  const std::stop_token& stop);
  base::Result<void> read_collations(const std::stop_token& stop);
  base::Result<std::set<std::string>> read_json_columns(const std::string& database,
                                                        const std::string& table,
                                                        const std::stop_token& stop);
  base::Result<void> read_primary_key(change::TableSchema& schema, const std::stop_token& stop);
  base::Result<void> add_versioning_columns(change::TableSchema& schema,
                                            const std::stop_token& stop);
  change::Column column_of(const ResultTable& columns, std::size_t row) const;

  ConnectionOptions options_;
  telemetry::Logger logger_;
  std::unique_ptr<Session> session_;
  ServerFacts facts_;
  std::map<std::string, std::uint32_t, std::less<>> collations_;  // ids by name
};

}  // namespace pikachu::mysql
