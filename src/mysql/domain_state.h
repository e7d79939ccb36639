#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "change/gtid_set.h"

namespace pikachu::mysql {

/// The last GTID of each server in each replication domain of a MariaDB server's binlog: what
/// `gtid_binlog_state` and a file's GTID_LIST event say.
///
/// A GtidSet has only the last GTID of a domain. Whether a binlog ever had 0-1-100 is told by what
/// it has last of server 1 in domain 0, whatever came after it from others.
///
/// Threads: a value; not synchronised.
/// Spec: MariaDB Knowledge Base, "Global Transaction ID", "gtid_binlog_state".
class DomainState {
 public:
  using Last = change::GtidSet::DomainPosition;
  /// By domain, in the order of the text: in a GTID_LIST the last of a domain comes last.
  using Domains = std::map<std::uint32_t, std::vector<Last>>;

  /// Reads "0-1-99,0-2-105,7-1-3", also in brackets, as SHOW BINLOG EVENTS has it.
  /// Errors: kInvalid, naming the part that is not a GTID.
  static base::Result<DomainState> parse(std::string_view text);

  bool has_domain(std::uint32_t domain) const { return domains_.contains(domain); }
  /// The last sequence number of `server` in `domain`, or nothing.
  std::optional<std::uint64_t> last_of(std::uint32_t domain, std::uint32_t server) const;
  const Domains& domains() const { return domains_; }

  /// As parse() reads it. "" if empty.
  std::string to_string() const;

 private:
  Domains domains_;
};

}  // namespace pikachu::mysql
