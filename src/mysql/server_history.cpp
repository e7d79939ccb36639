#include "mysql/server_history.h"

#include <charconv>
#include <utility>

#include "mysql/gtid_arithmetic.h"

namespace pikachu::mysql {
namespace {

using base::ErrorCode;
using change::Flavor;
using change::GtidSet;

template <typename Number>
Number number_or_zero(std::string_view text) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

base::Result<ServerHistory> read_mysql_history(Session& session, const ServerFacts& facts,
                                               const std::stop_token& stop) {
  // In this order: what is committed in between is in the second set then. A transaction is sent to
  // replicas before the server counts it as executed.
  auto owned = session.query("SELECT @@global.gtid_owned AS owned", stop);
  if (!owned) return base::propagate(std::move(owned));
  auto sets = session.query(
      "SELECT @@global.gtid_executed AS executed, @@global.gtid_purged AS purged", stop);
  if (!sets) return base::propagate(std::move(sets));
  if (owned->rows.empty() || sets->rows.empty()) {
    return base::fail(ErrorCode::kUnavailable, session.target() + ": the server tells no GTIDs");
  }
  auto being_committed = parse_owned_gtids(owned->text(0, "owned"));
  if (!being_committed) return base::propagate(std::move(being_committed), "gtid_owned");
  auto executed = GtidSet::parse(Flavor::kMysql, sets->text(0, "executed"));
  if (!executed) return base::propagate(std::move(executed), "gtid_executed");
  auto purged = GtidSet::parse(Flavor::kMysql, sets->text(0, "purged"));
  if (!purged) return base::propagate(std::move(purged), "gtid_purged");
  ServerHistory history;
  history.executed = joined(*executed, *being_committed);
  history.purged = std::move(*purged);
  history.server_uuid = facts.identity;
  history.group_name = facts.variable("group_replication_group_name");
  return history;
}

// The list of GTIDs at the head of the oldest file.
base::Result<DomainState> read_oldest_list(Session& session, const ServerFacts& facts,
                                           const std::stop_token& stop) {
  auto files = read_binlog_files(session, facts, stop);
  if (!files) return base::propagate(std::move(files));
  // The format description comes first, perhaps followed by the encryption's.
  auto events = query_binlog(session, facts,
                             "SHOW BINLOG EVENTS IN '" + files->front().name + "' LIMIT 5", stop);
  if (!events) return base::propagate(std::move(events));
  for (std::size_t row = 0; row < events->rows.size(); ++row) {
    if (events->text(row, "Event_type") != "Gtid_list") continue;
    return DomainState::parse(events->text(row, "Info"));
  }
  return DomainState();
}

base::Result<ServerHistory> read_mariadb_history(Session& session, const ServerFacts& facts,
                                                 const std::stop_token& stop) {
  auto state = session.query(
      "SELECT @@global.gtid_binlog_state AS written, @@global.gtid_binlog_pos AS last", stop);
  if (!state) return base::propagate(std::move(state));
  if (state->rows.empty()) {
    return base::fail(ErrorCode::kUnavailable, session.target() + ": the server tells no GTIDs");
  }
  auto written = DomainState::parse(state->text(0, "written"));
  if (!written) return base::propagate(std::move(written), "gtid_binlog_state");
  auto last = GtidSet::parse(Flavor::kMariadb, state->text(0, "last"));
  if (!last) return base::propagate(std::move(last), "gtid_binlog_pos");
  auto before = read_oldest_list(session, facts, stop);
  if (!before) return base::propagate(std::move(before));
  ServerHistory history;
  history.flavor = Flavor::kMariadb;
  history.server_id = number_or_zero<std::uint32_t>(facts.identity);
  history.written = std::move(*written);
  history.last = std::move(*last);
  history.before = std::move(*before);
  return history;
}

bool has_source(const GtidSet& set, const std::string& uuid) {
  if (uuid.empty()) return false;
  // All tags of a UUID follow it.
  const auto first = set.intervals().lower_bound(GtidSet::SourceView{uuid, ""});
  return first != set.intervals().end() && first->first.uuid == uuid;
}

Standing compare_mysql(const GtidSet& read, const ServerHistory& server) {
  Standing standing;
  const GtidSet lacking = without(read, server.executed);
  standing.lacking = lacking.to_string();
  standing.lacks_its_own = has_source(lacking, server.server_uuid);
  standing.shared = without(read, lacking);
  standing.is_related = lacking.empty() || !standing.shared.empty();
  // Members of a group all write under its name: what is lacking may still come from another one.
  standing.has_written = has_source(without(server.executed, read), server.server_uuid) &&
                         !has_source(lacking, server.group_name);
  standing.purged = without(server.purged, read).to_string();
  standing.behind_gap = joined(read, server.purged);
  return standing;
}

std::string gtid_text(std::uint32_t domain, const DomainState::Last& last) {
  return std::to_string(domain) + "-" + std::to_string(last.server_id) + "-" +
         std::to_string(last.sequence);
}

void append(std::string& list, const std::string& item) {
  list.append(list.empty() ? "" : ", ").append(item);
}

GtidSet from_domains(const std::map<std::uint32_t, DomainState::Last>& domains) {
  GtidSet set(Flavor::kMariadb);
  for (const auto& [domain, last] : domains) {
    [[maybe_unused]] const auto added = set.add(gtid_text(domain, last));  // It is one.
  }
  return set;
}

// What of the domain was purged that lies behind `read`; "" if nothing, or nobody can tell. The
// rule is the server's own: its binlogs are searched back from the newest for one whose list says
// that all of its domain before it was read.
// Spec: MariaDB Server 10.11, sql/sql_repl.cc, contains_all_slave_gtid().
std::string purged_of_domain(std::uint32_t domain, const std::vector<DomainState::Last>& before,
                             const DomainState::Last* read) {
  const DomainState::Last& end = before.back();
  if (read == nullptr)
    return "domain " + std::to_string(domain) + " up to " + gtid_text(domain, end);
  for (const auto& last : before) {
    if (last.server_id != read->server_id) continue;
    if (read->sequence > last.sequence || *read == end) return "";
    return "after " + gtid_text(domain, *read) + " up to " + gtid_text(domain, end);
  }
  return "";
}

void compare_purged(const GtidSet& read, const ServerHistory& server, Standing& standing) {
  auto behind = read.domains();
  for (const auto& [domain, before] : server.before.domains()) {
    const auto found = read.domains().find(domain);
    const auto gap =
        purged_of_domain(domain, before, found == read.domains().end() ? nullptr : &found->second);
    if (gap.empty()) continue;
    append(standing.purged, gap);
    behind[domain] = before.back();
  }
  standing.behind_gap = from_domains(behind);
}

Standing compare_mariadb(const GtidSet& read, const ServerHistory& server) {
  Standing standing;
  auto shared = read.domains();
  bool has_some = read.domains().empty();
  for (const auto& [domain, last] : read.domains()) {
    const auto have = server.written.last_of(domain, last.server_id);
    if (have && *have >= last.sequence) {
      has_some = true;
      continue;
    }
    append(standing.lacking, gtid_text(domain, last));
    if (last.server_id == server.server_id) standing.lacks_its_own = true;
    if (have) {
      has_some = true;
      shared[domain].sequence = *have;
    } else {
      shared.erase(domain);
      // Nothing tells which of the others' transactions in this domain were read.
      if (server.written.has_domain(domain)) standing.is_related = false;
    }
  }
  if (!has_some) standing.is_related = false;
  standing.shared = from_domains(shared);
  for (const auto& [domain, last] : server.last.domains()) {
    const auto found = read.domains().find(domain);
    const bool was_read = found != read.domains().end() &&
                          found->second.server_id == last.server_id &&
                          found->second.sequence >= last.sequence;
    if (last.server_id == server.server_id && !was_read) standing.has_written = true;
  }
  compare_purged(read, server, standing);
  return standing;
}

}  // namespace

std::string ServerHistory::to_string() const {
  return flavor == Flavor::kMysql ? executed.to_string() : written.to_string();
}

base::Result<ResultTable> query_binlog(Session& session, const ServerFacts& facts,
                                       std::string_view sql, const std::stop_token& stop) {
  auto table = session.try_query(sql, stop);
  if (table) return std::move(*table);
  if (is_access_denied(table.error())) {
    return base::fail(ErrorCode::kInvalid,
                      session.target() + ": the user may not examine the binlog; run: " +
                          facts.privileges_fix() + " — server error " +
                          std::to_string(table.error().number) + " (" + table.error().text + ")");
  }
  return tl::unexpected(to_error(table.error(), session.target()));
}

base::Result<std::vector<BinlogFile>> read_binlog_files(Session& session, const ServerFacts& facts,
                                                        const std::stop_token& stop) {
  auto logs = query_binlog(session, facts, "SHOW BINARY LOGS", stop);
  if (!logs) return base::propagate(std::move(logs));
  std::vector<BinlogFile> files;
  for (std::size_t row = 0; row < logs->rows.size(); ++row) {
    files.push_back(
        {logs->text(row, "Log_name"), number_or_zero<std::uint64_t>(logs->text(row, "File_size"))});
  }
  if (files.empty()) {
    return base::fail(ErrorCode::kInvalid,
                      session.target() +
                          ": SHOW BINARY LOGS lists no file; set log_bin in the "
                          "server's configuration and restart it");
  }
  return files;
}

base::Result<ServerHistory> read_server_history(Session& session, const ServerFacts& facts,
                                                const std::stop_token& stop) {
  return facts.is_mariadb() ? read_mariadb_history(session, facts, stop)
                            : read_mysql_history(session, facts, stop);
}

Standing compare(const GtidSet& read, const ServerHistory& server) {
  return server.flavor == Flavor::kMysql ? compare_mysql(read, server)
                                         : compare_mariadb(read, server);
}

}  // namespace pikachu::mysql
