#include "mysql/start_point.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace pikachu::mysql {
namespace {

using base::ErrorCode;
using change::GtidSet;

constexpr std::uint64_t kFirstEvent = 4;  // behind the file's magic number

std::optional<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// SHOW BINLOG EVENTS takes its file as a quoted string and nothing else.
bool is_plain_file_name(std::string_view file) {
  return !file.empty() && std::none_of(file.begin(), file.end(), [](char c) {
    return c == '\'' || c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  });
}

// The GTID in "SET @@SESSION.GTID_NEXT= '3e11fa47-…:7'"; "" if there is none.
std::string_view quoted_part(std::string_view info) {
  const auto first = info.find('\'');
  if (first == std::string_view::npos) return "";
  const auto last = info.find('\'', first + 1);
  if (last == std::string_view::npos) return "";
  return info.substr(first + 1, last - first - 1);
}

}  // namespace

base::Result<ResultTable> StartFinder::query(std::string_view sql, const std::stop_token& stop) {
  return query_binlog(session_, facts_, sql, stop);
}

change::Position StartFinder::position() const {
  change::Position position;
  position.flavor = facts_.flavor;
  position.server = facts_.identity;
  position.server_version = facts_.version;
  position.gtids = GtidSet(facts_.flavor);
  return position;
}

base::Result<StartPoint> StartFinder::first(const source::StartFrom& from,
                                            const FileTime& file_time,
                                            const std::stop_token& stop) {
  if (const auto* gtid = std::get_if<source::AtGtid>(&from)) return at_gtid(gtid->gtids, stop);
  if (const auto* time = std::get_if<source::AtTime>(&from)) {
    return at_time(time->unix_seconds, file_time, stop);
  }
  if (const auto* file = std::get_if<source::AtFile>(&from)) {
    return at_file(file->file, std::max(file->offset, kFirstEvent), stop);
  }
  if (std::holds_alternative<source::Latest>(from)) return at_end(stop);
  auto files = read_binlog_files(session_, facts_, stop);
  if (!files) return base::propagate(std::move(files));
  return at_file(files->front().name, kFirstEvent, stop);
}

base::Result<StartPoint> StartFinder::at_end(const std::stop_token& stop) {
  auto status = query(facts_.status_statement(), stop);
  if (!status) return base::propagate(std::move(status));
  if (status->rows.empty()) {
    return base::fail(ErrorCode::kInvalid, session_.target() +
                                               ": the server writes no binlog; set log_bin in its "
                                               "configuration and restart it");
  }
  StartPoint start{position()};
  start.position.file = status->text(0, "File");
  start.position.offset = to_number(status->text(0, "Position")).value_or(kFirstEvent);
  if (!facts_.writes_gtids()) return start;
  auto gtids = facts_.is_mariadb()
                   ? mariadb_gtids_before(start.position.file, start.position.offset, stop)
                   : GtidSet::parse(facts_.flavor, status->text(0, "Executed_Gtid_Set"));
  if (!gtids) return base::propagate(std::move(gtids));
  start.position.gtids = std::move(*gtids);
  // MySQL's one row is no snapshot: a transaction that is being committed may already be in front
  // of the offset and not yet in the set. Asked for by the set, it is sent; MariaDB's set was
  // looked up for the offset.
  start.by_gtid = !facts_.is_mariadb() && !start.position.gtids.empty();
  return start;
}

base::Result<StartPoint> StartFinder::at_file(const std::string& file, std::uint64_t offset,
                                              const std::stop_token& stop) {
  StartPoint start{position()};
  start.position.file = file;
  start.position.offset = offset;
  if (!facts_.writes_gtids()) return start;
  auto gtids = gtids_before(file, offset, stop);
  if (!gtids) return base::propagate(std::move(gtids));
  start.position.gtids = std::move(*gtids);
  // By GTID where the command has too few bits for the offset; MariaDB's has 32 whatever is asked.
  constexpr std::uint64_t kLargestOffset = 0xffff'ffff;
  start.by_gtid = offset > kLargestOffset && !start.position.gtids.empty();
  return start;
}

base::Result<StartPoint> StartFinder::at_gtid(const std::string& text,
                                              const std::stop_token& stop) {
  if (!facts_.writes_gtids()) {
    return base::fail(ErrorCode::kInvalid,
                      session_.target() + ": start_from names GTIDs, but gtid_mode is " +
                          std::string(facts_.variable("gtid_mode")) +
                          "; set gtid_mode=ON, or give start_from a file and offset");
  }
  auto gtids = GtidSet::parse(facts_.flavor, text);
  if (!gtids) return base::propagate(std::move(gtids), "start_from");
  auto history = read_server_history(session_, facts_, stop);
  if (!history) return base::propagate(std::move(history));
  const Standing standing = compare(*gtids, *history);
  if (!standing.purged.empty()) return purged(standing, stop);
  StartPoint start{position(), true};
  start.position.gtids = std::move(*gtids);
  return start;
}

base::Result<StartPoint> StartFinder::at_time(std::int64_t unix_seconds, const FileTime& file_time,
                                              const std::stop_token& stop) {
  auto files = read_binlog_files(session_, facts_, stop);
  if (!files) return base::propagate(std::move(files));
  // The newest file that was begun at or before the time: what was committed since is in it or
  // later.
  std::size_t low = 0;
  std::size_t high = files->size();
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    const auto begun = file_time((*files)[middle].name);
    if (!begun) return tl::unexpected(begun.error());
    (*begun <= unix_seconds ? low : high) = middle;
  }
  auto start = at_file((*files)[low].name, kFirstEvent, stop);
  if (start) start->skip_before_unix_seconds = unix_seconds;
  return start;
}

base::Result<GtidSet> StartFinder::gtids_before(const std::string& file, std::uint64_t offset,
                                                const std::stop_token& stop) {
  if (!is_plain_file_name(file)) {
    return base::fail(ErrorCode::kInvalid, "'" + file +
                                               "' is no name of a binlog file; SHOW BINARY "
                                               "LOGS lists them");
  }
  return facts_.is_mariadb() ? mariadb_gtids_before(file, offset, stop)
                             : mysql_gtids_before(file, offset, stop);
}

base::Result<GtidSet> StartFinder::mariadb_gtids_before(const std::string& file,
                                                        std::uint64_t offset,
                                                        const std::stop_token& stop) {
  auto found = query(
      "SELECT BINLOG_GTID_POS(" + utf8_literal(file) + ", " + std::to_string(offset) + ") AS gtids",
      stop);
  if (!found) return base::propagate(std::move(found));
  if (found->rows.empty() || !found->rows.front().front()) {
    return base::fail(ErrorCode::kInvalid, session_.target() + ": the server knows no position " +
                                               file + ":" + std::to_string(offset) +
                                               "; SHOW BINARY LOGS lists its files, SHOW BINLOG "
                                               "EVENTS IN '" +
                                               file + "' the offsets");
  }
  return GtidSet::parse(facts_.flavor, found->text(0, "gtids"));
}

base::Result<GtidSet> StartFinder::mysql_gtids_before(const std::string& file, std::uint64_t offset,
                                                      const std::stop_token& stop) {
  GtidSet gtids(facts_.flavor);
  // In parts, because all of it may be millions of rows.
  constexpr int kRowsAtOnce = 20'000;
  std::uint64_t from = kFirstEvent;
  for (bool first_part = true;; first_part = false) {
    const std::string sql = "SHOW BINLOG EVENTS IN '" + file + "' FROM " + std::to_string(from) +
                            " LIMIT " + std::to_string(kRowsAtOnce);
    auto events = session_.try_query(sql, stop);
    if (!events && events.error().number == 1220) {  // ER_ERROR_WHEN_EXECUTING_COMMAND
      return base::fail(ErrorCode::kInvalid,
                        session_.target() + ": cannot look for " + file + ":" +
                            std::to_string(offset) + ": " + events.error().text +
                            "; SHOW BINARY LOGS lists the files that are there");
    }
    if (!events) {
      auto error = to_error(events.error(), session_.target());
      if (is_access_denied(events.error())) error.message += "; run: " + facts_.privileges_fix();
      return tl::unexpected(std::move(error));
    }
    // Each part but the first repeats the last event of the one before.
    for (std::size_t row = first_part ? 0 : 1; row < events->rows.size(); ++row) {
      const auto at = to_number(events->text(row, "Pos")).value_or(from);
      const std::string type = events->text(row, "Event_type");
      const std::string info = events->text(row, "Info");
      from = at;
      if (type == "Previous_gtids") {
        auto before = GtidSet::parse(facts_.flavor, info);
        if (!before) return before;
        gtids = std::move(*before);
      } else if (at >= offset) {
        return gtids;
      } else if (type.starts_with("Gtid")) {
        if (auto added = gtids.add(quoted_part(info)); !added)
          return base::propagate(std::move(added));
      }
    }
    if (events->rows.size() < kRowsAtOnce) return gtids;
  }
}

}  // namespace pikachu::mysql
