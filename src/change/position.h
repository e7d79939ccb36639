#pragma once

#include <cstdint>
#include <string>

#include "change/gtid_set.h"

namespace pikachu::change {

/// A point between two transactions of a server's binlog, from which streaming can go on.
struct Position {
  Flavor flavor = Flavor::kMysql;
  /// Whose files `file` and `offset` speak of: MySQL's server_uuid; MariaDB's server_id in decimal.
  std::string server;
  std::string server_version;  ///< As SELECT VERSION() gives it; for people.
  std::string file;            ///< "mysql-bin.000042"; empty where only GTIDs are known.
  std::uint64_t offset = 0;    ///< Bytes from the start of the file; counted here in 64 bits.
  /// Every transaction up to this point. Empty where the server writes no GTIDs.
  GtidSet gtids;

  bool operator==(const Position&) const = default;
};

/// "mysql-bin.000042:1234 (gtid 0-1-7)", for logs.
std::string to_string(const Position& position);

}  // namespace pikachu::change
