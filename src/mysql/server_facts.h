#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "change/gtid_set.h"
#include "mysql/session.h"

namespace pikachu::mysql {

/// What matters of a server for reading its binlog.
struct ServerFacts {
  change::Flavor flavor = change::Flavor::kMysql;
  std::string version;       ///< SELECT VERSION(): "10.11.19-MariaDB-log".
  std::uint32_t number = 0;  ///< 101119: major * 10000 + minor * 100 + patch.
  std::string identity;      ///< Of its binlog files: see change::Position::server.
  std::string current_user;  ///< The account that we are, "pikachu@%".
  std::string connection;    ///< The number of the session that was asked, "42".
  /// Global variables that bear on the binlog, by name; absent where the server has none such.
  std::map<std::string, std::string, std::less<>> variables;

  /// The variable's value, or "".
  std::string_view variable(std::string_view name) const;
  /// Whether every transaction has a GTID: MariaDB always, MySQL with gtid_mode=ON.
  bool writes_gtids() const;
  /// Whether a session can have more than one named lock (GET_LOCK): MySQL from 5.7.5, MariaDB.
  bool has_many_named_locks() const { return is_mariadb() || number >= 50705; }
  bool is_mariadb() const { return flavor == change::Flavor::kMariadb; }

  /// The GRANT statement that gives our account what reading the binlog takes on this server.
  std::string privileges_fix() const;
  /// The statement that shows the end of the binlog; its name has changed.
  std::string_view status_statement() const;
};

/// The three numbers that a version string begins with; 0 if it begins with none.
std::uint32_t version_number(std::string_view version);

/// Asks the server. Errors: as Session::query().
base::Result<ServerFacts> read_server_facts(Session& session, const std::stop_token& stop);

/// Whether pikachu can stream from this server as the replica `server_id`.
/// Errors: kInvalid with the setting, its value and the fix; kUnsupported for
/// binlog_row_value_options=PARTIAL_JSON with a binlog_row_image other than FULL.
base::Result<void> check_server(const ServerFacts& facts, std::uint32_t server_id,
                                std::string_view target);

}  // namespace pikachu::mysql
