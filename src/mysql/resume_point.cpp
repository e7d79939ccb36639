// Where a saved position is on a server that may have changed since: the part of StartFinder that
// proves that nothing lies between, or says what.
#include <algorithm>
#include <charconv>
#include <utility>

#include "mysql/start_point.h"

namespace pikachu::mysql {
namespace {

using base::ErrorCode;
using change::GtidSet;

constexpr std::string_view kLoss = " (what was committed in between is never delivered)";

std::string shown(const change::Position& position) {
  return position.file + ":" + std::to_string(position.offset);
}

std::string describe(const std::vector<BinlogFile>& files) {
  if (files.size() == 1) return "its only binlog is " + files.front().name;
  return "its binlogs are " + files.front().name + " to " + files.back().name;
}

// "binlog.000042" as "binlog." and 42; 0 if it has no number.
std::pair<std::string_view, std::uint64_t> split_file_name(std::string_view file) {
  const auto dot = file.rfind('.') + 1;
  std::uint64_t number = 0;
  std::from_chars(file.data() + dot, file.data() + file.size(), number);
  return {file.substr(0, dot), number};
}

// The GTID that SHOW BINLOG EVENTS tells of the event that opens a transaction: MariaDB's
// "BEGIN GTID 0-1-42", MySQL's "SET @@SESSION.GTID_NEXT= '3e11fa47-…:7'"; "" if it tells none.
std::string_view gtid_of(std::string_view info, bool is_mariadb) {
  const std::string_view before = is_mariadb ? "GTID " : "'";
  const auto found = info.find(before);
  if (found == std::string_view::npos) return "";
  info.remove_prefix(found + before.size());
  return info.substr(0, info.find_first_of("' "));
}

// Whether `gtid` is among what was read; false for what is no GTID.
bool was_read(const GtidSet& read, std::string_view gtid) {
  const auto one = GtidSet::parse(read.flavor(), gtid);
  if (!one || one->empty()) return false;
  if (read.flavor() == change::Flavor::kMysql) return read.contains(*one);
  const auto& [domain, next] = *one->domains().begin();
  const auto last = read.domains().find(domain);
  return last != read.domains().end() && last->second.server_id == next.server_id &&
         last->second.sequence >= next.sequence;
}

}  // namespace

std::string reset_command(std::string_view position) {
  return "pikachu state reset -config config.yaml -position " + std::string(position);
}

tl::unexpected<base::Error> StartFinder::invalid(const std::string& problem) const {
  return base::fail(ErrorCode::kInvalid, session_.target() + ": " + problem);
}

base::Result<StartPoint> StartFinder::resumed(const change::Position& saved,
                                              const std::stop_token& stop) {
  if (saved.flavor != facts_.flavor) {
    return invalid("this is a " + std::string(to_string(facts_.flavor)) +
                   " server, but the saved position is of a " +
                   std::string(to_string(saved.flavor)) + " server (" + saved.server_version +
                   "); correct database.host, or begin anew here: " + reset_command("latest") +
                   std::string(kLoss));
  }
  // A position that a person has set may name no server.
  const bool other_server = !saved.server.empty() && saved.server != facts_.identity;
  // MariaDB always writes GTIDs: an empty set is the beginning of all. MySQL's may be from before
  // it wrote any.
  const bool has_gtids = !saved.gtids.empty() || (facts_.is_mariadb() && other_server);
  if (facts_.writes_gtids() && has_gtids) return resumed_by_gtid(saved, stop);
  if (other_server) {
    const std::string what = facts_.is_mariadb() ? "server_id " : "server_uuid ";
    return invalid("this is another server than the one that the saved position " + shown(saved) +
                   " speaks of: it has " + what + facts_.identity + ", the position's has " + what +
                   saved.server +
                   ", and without GTIDs nothing tells where it stands here; connect to that one, "
                   "or begin anew here: " +
                   reset_command("latest") + std::string(kLoss) +
                   "; with gtid_mode=ON pikachu could go on");
  }
  if (auto there = check_file_is_there(saved, stop); !there) {
    return base::propagate(std::move(there));
  }
  return at_file(saved.file, saved.offset, stop);
}

base::Result<StartPoint> StartFinder::resumed_by_gtid(const change::Position& saved,
                                                      const std::stop_token& stop) {
  auto history = read_server_history(session_, facts_, stop);
  if (!history) return base::propagate(std::move(history));
  const bool same_server = saved.server == facts_.identity;
  Standing standing = compare(saved.gtids, *history);
  StartPoint start{position(), true};
  start.position.gtids = saved.gtids;
  if (!standing.lacking.empty()) {
    if (same_server || standing.lacks_its_own) {
      return invalid(
          "the server does not know transactions that were read from it: " + standing.lacking +
          " (it has " + history->to_string() +
          "): its binlogs were reset, or its data restored from a backup, and new transactions get "
          "the same GTIDs again; to deliver all that its binlogs have now: " +
          reset_command("earliest") +
          " (changes that came between what was read and the reset are never delivered)");
    }
    if (!standing.is_related) {
      return invalid("the server does not continue what was read from server " + saved.server +
                     ": it lacks " + standing.lacking + " and has " + history->to_string() +
                     "; correct database.host, or begin anew here: " + reset_command("latest") +
                     std::string(kLoss));
    }
    start.position.gtids = standing.shared;
    start.lacking = std::move(standing.lacking);
    start.was_promoted = standing.has_written;
    standing = compare(start.position.gtids, *history);
  }
  if (!standing.purged.empty()) return purged(standing, stop);
  if (!same_server && !saved.server.empty()) {
    if (auto logs = check_logs_what_it_receives(stop); !logs) {
      return base::propagate(std::move(logs));
    }
  }
  if (same_server) {
    if (auto same = check_same_history(saved, stop); !same) return base::propagate(std::move(same));
    start.position.file = saved.file;
    start.position.offset = saved.offset;
  }
  return start;
}

tl::unexpected<base::Error> StartFinder::purged(const Standing& standing,
                                                const std::stop_token& stop) {
  const auto files = read_binlog_files(session_, facts_, stop);
  return invalid(
      "the server has purged transactions that were not read yet: " + standing.purged +
      (files ? "; " + describe(*files) : "") +
      "; another replica may still have them: name it in database.host; to go on without "
      "them: " +
      reset_command("gtid:" + standing.behind_gap.to_string()) +
      " (their changes are never delivered); to keep binlogs longer raise "
      "binlog_expire_logs_seconds or expire_logs_days");
}

base::Result<void> StartFinder::check_logs_what_it_receives(const std::stop_token& stop) {
  // MariaDB's binlog state, which was compared, has only what the binlogs have.
  const bool renamed = facts_.number >= 80026;
  const std::string_view name = renamed ? "log_replica_updates" : "log_slave_updates";
  if (facts_.is_mariadb() || facts_.variable(name) != "OFF") return {};
  auto status = query(renamed ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS", stop);
  if (!status) return base::propagate(std::move(status));
  if (status->rows.empty()) return {};
  return invalid("the server is a replica with " + std::string(name) +
                 "=OFF: what it receives is not in its binlog; set " + std::string(name) +
                 "=ON in its configuration and restart it");
}

base::Result<void> StartFinder::check_same_history(const change::Position& saved,
                                                   const std::stop_token& stop) {
  if (saved.file.empty()) return {};
  auto files = read_binlog_files(session_, facts_, stop);
  if (!files) return base::propagate(std::move(files));
  const auto found = std::find_if(files->begin(), files->end(),
                                  [&](const BinlogFile& file) { return file.name == saved.file; });
  std::string contradiction;
  if (found == files->end()) {
    const auto [base_name, number] = split_file_name(saved.file);
    const auto [last_name, last_number] = split_file_name(files->back().name);
    // Purged files are no contradiction: the GTIDs have told that nothing in them is needed.
    if (base_name != last_name || number <= last_number) return {};
    contradiction = describe(*files) + ", and the position is in " + saved.file;
  } else if (found->size < saved.offset) {
    contradiction = saved.file + " has " + std::to_string(found->size) +
                    " bytes, and the position is at " + std::to_string(saved.offset);
  } else {
    return check_event_is_new(saved, stop);
  }
  return reset_since(contradiction);
}

base::Result<void> StartFinder::check_file_is_there(const change::Position& saved,
                                                    const std::stop_token& stop) {
  auto files = read_binlog_files(session_, facts_, stop);
  if (!files) return base::propagate(std::move(files));
  const auto found = std::find_if(files->begin(), files->end(),
                                  [&](const BinlogFile& file) { return file.name == saved.file; });
  if (found == files->end()) {
    const auto [base_name, number] = split_file_name(saved.file);
    const auto [first_name, first_number] = split_file_name(files->front().name);
    const bool was_purged = base_name == first_name && number < first_number;
    return invalid(
        "the saved position " + shown(saved) + " is in a binlog that the server does not have" +
        (was_purged ? " any more: it was purged" : ": its binlogs were reset or renamed") + "; " +
        describe(*files) + "; to deliver all that they have: " + reset_command("earliest") +
        " (changes between the position and " + files->front().name +
        " are never delivered); to keep binlogs longer raise binlog_expire_logs_seconds or "
        "expire_logs_days");
  }
  if (found->size < saved.offset) {
    return invalid("the saved position " + shown(saved) + " is beyond the end of that binlog, " +
                   std::to_string(found->size) +
                   " bytes: the binlogs were reset, the data restored from a backup, or the end "
                   "lost in a crash; to deliver all that the binlogs have: " +
                   reset_command("earliest") + " (and set sync_binlog=1 on the server)");
  }
  return {};
}

base::Result<void> StartFinder::check_event_is_new(const change::Position& saved,
                                                   const std::stop_token& stop) {
  const auto events = session_.try_query("SHOW BINLOG EVENTS IN '" + saved.file + "' FROM " +
                                             std::to_string(saved.offset) + " LIMIT 1",
                                         stop);
  if (!events && events.error().cause != Failure::Cause::kServer) {
    return tl::unexpected(to_error(events.error(), session_.target()));
  }
  if (!events) return check_refusal_of_event(saved, events.error());
  if (events->rows.empty()) return {};  // the end of the file
  const std::string info = events->text(0, "Info");
  const bool opens = events->text(0, "Event_type").starts_with("Gtid");
  const auto gtid = opens ? gtid_of(info, facts_.is_mariadb()) : std::string_view();
  if (!was_read(saved.gtids, gtid)) return {};
  return reset_since("the transaction at " + shown(saved) + " has the GTID " + std::string(gtid) +
                     ", which was read before that place");
}

base::Result<void> StartFinder::check_refusal_of_event(const change::Position& saved,
                                                       const Failure& failure) const {
  constexpr unsigned int kErrorWhenExecuting = 1220;
  const bool file_is_gone = failure.text.find("target log") != std::string::npos;
  // MariaDB strips checksums off that a replica does not want, and some of its events do not say
  // where they end in the file: then the offset is not exact.
  const bool is_exact = !facts_.is_mariadb() || facts_.variable("binlog_checksum") != "NONE";
  // Any other refusal proves nothing; the GTIDs were compared already.
  if (failure.number != kErrorWhenExecuting || file_is_gone || !is_exact) return {};
  return reset_since("no event begins at the saved position " + shown(saved) + " (" + failure.text +
                     ")");
}

tl::unexpected<base::Error> StartFinder::reset_since(const std::string& contradiction) const {
  return invalid(
      "the server has the GTIDs that were read from it, but not the same binlog: " + contradiction +
      "; its binlogs were reset, and transactions since then have the same GTIDs again; "
      "to deliver all that its binlogs have now: " +
      reset_command("earliest"));
}

}  // namespace pikachu::mysql
