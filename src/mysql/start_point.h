#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "change/position.h"
#include "mysql/server_facts.h"
#include "mysql/server_history.h"
#include "mysql/session.h"
#include "source/event_stream.h"

namespace pikachu::mysql {

/// Where a stream is to begin.
struct StartPoint {
  change::Position position;
  bool by_gtid = false;
  std::optional<std::int64_t> skip_before_unix_seconds = std::nullopt;
  /// What was read already and this server does not have, and whether it has transactions of its
  /// own since. If it lacks something, `position` is before that: at the last that both have.
  std::string lacking = {};
  bool was_promoted = false;
};

/// Finds out where a stream begins, with the server's help.
///
/// A position that is found has all GTIDs up to it where the server writes GTIDs: the server is
/// asked for those that a binlog file has before an offset. Without them a later resume by GTID
/// would ask for transactions long gone.
///
/// Threads: one owner. Lifetime: `session` and `facts` outlive it.
class StartFinder {
 public:
  /// Reads the time at which the server began a binlog file.
  using FileTime = std::function<base::Result<std::int64_t>(const std::string& file)>;

  StartFinder(Session& session, const ServerFacts& facts) : session_(session), facts_(facts) {}

  /// Where the configuration says. `file_time` is asked only for AtTime.
  /// Errors: kInvalid if there is no such place, with the next step; as Session::query().
  base::Result<StartPoint> first(const source::StartFrom& from, const FileTime& file_time,
                                 const std::stop_token& stop);

  /// Where a saved position says: by GTID if it has a set and the server writes GTIDs, also on
  /// another server than before; else by file and offset, on the same server only.
  /// Errors: kInvalid, with what is missing and the commands that go on without it: the server has
  /// purged what is needed, was reset or restored since, or is another one and nothing proves that
  /// it has what is needed. See docs/operation/resume.md.
  base::Result<StartPoint> resumed(const change::Position& saved, const std::stop_token& stop);

 private:
  base::Result<StartPoint> at_end(const std::stop_token& stop);
  base::Result<StartPoint> at_file(const std::string& file, std::uint64_t offset,
                                   const std::stop_token& stop);
  base::Result<StartPoint> at_gtid(const std::string& text, const std::stop_token& stop);
  base::Result<StartPoint> at_time(std::int64_t unix_seconds, const FileTime& file_time,
                                   const std::stop_token& stop);

  base::Result<StartPoint> resumed_by_gtid(const change::Position& saved,
                                           const std::stop_token& stop);
  base::Result<void> check_logs_what_it_receives(const std::stop_token& stop);
  base::Result<void> check_same_history(const change::Position& saved, const std::stop_token& stop);
  base::Result<void> check_file_is_there(const change::Position& saved,
                                         const std::stop_token& stop);
  base::Result<void> check_event_is_new(const change::Position& saved, const std::stop_token& stop);
  base::Result<void> check_refusal_of_event(const change::Position& saved,
                                            const Failure& failure) const;
  tl::unexpected<base::Error> reset_since(const std::string& contradiction) const;
  tl::unexpected<base::Error> purged(const Standing& standing, const std::stop_token& stop);
  tl::unexpected<base::Error> invalid(const std::string& problem) const;
  base::Result<change::GtidSet> gtids_before(const std::string& file, std::uint64_t offset,
                                             const std::stop_token& stop);
  base::Result<change::GtidSet> mariadb_gtids_before(const std::string& file, std::uint64_t offset,
                                                     const std::stop_token& stop);
  base::Result<change::GtidSet> mysql_gtids_before(const std::string& file, std::uint64_t offset,
                                                   const std::stop_token& stop);
  base::Result<ResultTable> query(std::string_view sql, const std::stop_token& stop);
  change::Position position() const;

  Session& session_;
  const ServerFacts& facts_;
};

/// The command that replaces the saved position, for messages. `position` as its option takes it:
/// "latest", "gtid:…".
std::string reset_command(std::string_view position);

}  // namespace pikachu::mysql
