#pragma once

#include <cstdint>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "change/gtid_set.h"
#include "mysql/domain_state.h"
#include "mysql/server_facts.h"
#include "mysql/session.h"

namespace pikachu::mysql {

/// A binlog file of the server, as SHOW BINARY LOGS lists it.
struct BinlogFile {
  std::string name;
  std::uint64_t size = 0;  ///< Bytes.
};

/// What a server has done, and how much of it its binlogs do not have any more.
struct ServerHistory {
  change::Flavor flavor = change::Flavor::kMysql;

  // MySQL:
  change::GtidSet executed;  ///< Transactions that are being committed included.
  change::GtidSet purged;
  std::string server_uuid;
  std::string
      group_name;  ///< The UUID that all members of its replication group write under, or "".

  // MariaDB:
  std::uint32_t server_id = 0;
  DomainState written;   ///< gtid_binlog_state.
  DomainState before;    ///< What was written before the oldest binlog file.
  change::GtidSet last;  ///< gtid_binlog_pos.

  /// All that it has done, as GTIDs, for people.
  std::string to_string() const;
};

/// The server's binlog files, oldest first. Errors: as Session::query(); kInvalid if there is none.
base::Result<std::vector<BinlogFile>> read_binlog_files(Session& session, const ServerFacts& facts,
                                                        const std::stop_token& stop);

/// Asks a server that writes GTIDs. Errors: as Session::query(); kInvalid for missing privileges,
/// with the fix.
base::Result<ServerHistory> read_server_history(Session& session, const ServerFacts& facts,
                                                const std::stop_token& stop);

/// Runs a query that takes the privileges of a replica. Errors: as Session::query(); where they are
/// missing the message has the GRANT statement.
base::Result<ResultTable> query_binlog(Session& session, const ServerFacts& facts,
                                       std::string_view sql, const std::stop_token& stop);

/// How a server stands to the transactions that were read already.
struct Standing {
  /// What was read and the server does not have; "" if it has all. Then it is not known whether it
  /// will ever have it: the server lags, was restored, or is of another family.
  std::string lacking;
  /// Whether a part of the lacking is of the server's own making: then it has forgotten it, and
  /// gives the same GTIDs to other transactions.
  bool lacks_its_own = false;
  /// Whether it has anything of what was read, in each domain that it knows at all.
  bool is_related = true;
  /// Whether it has committed transactions of its own that were not read: a replica that only lags
  /// has not, one that was promoted has.
  bool has_written = false;
  /// What was read and the server has: all that it has beyond this was not read.
  change::GtidSet shared;
  /// What was not read and is not in its binlogs any more; "" if all is there.
  std::string purged;
  /// From here on the server has everything.
  change::GtidSet behind_gap;
};

/// Compares. `read` is complete up to where it ends: see change::Position::gtids.
Standing compare(const change::GtidSet& read, const ServerHistory& server);

}  // namespace pikachu::mysql
