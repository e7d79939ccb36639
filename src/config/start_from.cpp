#include "config/start_from.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

#include "base/utc_time.h"
#include "change/gtid_set.h"
#include "config/report.h"
#include "config/units.h"

namespace pikachu::config {
namespace {

using base::ErrorCode;
using base::Result;
using source::StartFrom;

constexpr std::string_view kGtidPrefix = "gtid:";
constexpr std::string_view kFilePrefix = "file:";
constexpr std::int64_t kFirstEvent = 4;  // After a binlog file's four magic bytes.

tl::unexpected<base::Error> bad(std::string what) {
  return base::fail(ErrorCode::kInvalid, std::move(what));
}

Result<StartFrom> parse_gtids(std::string_view text) {
  const auto mysql = change::GtidSet::parse(change::Flavor::kMysql, text);
  const auto mariadb = change::GtidSet::parse(change::Flavor::kMariadb, text);
  if (!mysql && !mariadb) {
    // MySQL's have colons in them; the message is about what was meant.
    const bool is_mysql = text.find(':') != std::string_view::npos;
    return bad(is_mysql ? mysql.error().message : mariadb.error().message);
  }
  if (mysql && mysql->empty()) return bad("names no GTIDs; write earliest to begin with the first");
  return source::AtGtid{mysql ? mysql->to_string() : mariadb->to_string()};
}

Result<StartFrom> parse_file(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  source::AtFile at{std::string(text.substr(0, colon)), kFirstEvent};
  if (at.file.empty()) return bad("names no file; write file:mysql-bin.000042:4");
  if (colon == std::string_view::npos) return at;
  const auto offset = parse_integer(text.substr(colon + 1));
  if (!offset || *offset < kFirstEvent) {
    return bad("the offset " + in_quotes(text.substr(colon + 1)) +
               " is not a number from 4 on; write file:mysql-bin.000042:4");
  }
  at.offset = static_cast<std::uint64_t>(*offset);
  return at;
}

}  // namespace

Result<StartFrom> parse_start_from(std::string_view text) {
  if (text == "latest") return source::Latest{};
  if (text == "earliest") return source::Earliest{};
  if (text.substr(0, kGtidPrefix.size()) == kGtidPrefix) {
    return parse_gtids(text.substr(kGtidPrefix.size()));
  }
  if (text.substr(0, kFilePrefix.size()) == kFilePrefix) {
    return parse_file(text.substr(kFilePrefix.size()));
  }
  if (const auto seconds = base::parse_utc(text)) {
    return source::AtTime{seconds->count()};
  }
  return bad(in_quotes(text) +
             " is no place to start from; write latest, earliest, gtid:SET, file:NAME:OFFSET or a "
             "time such as 2026-11-20T12:00:00Z");
}

}  // namespace pikachu::config
