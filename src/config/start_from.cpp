#include "config/start_from.h"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

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

// Reads digits[at, at + size) as a number.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t size) {
  if (text.size() < at + size) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(at, size)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

// Seconds east of UTC of "Z" or "+08:00".
std::optional<int> parse_zone(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = digits(text, 1, 2);
  const auto minutes = digits(text, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const int seconds = *hours * 3'600 + *minutes * 60;
  return text[0] == '-' ? -seconds : seconds;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  constexpr std::size_t kSize = std::string_view("2026-11-20T12:00:00").size();
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  const auto second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const bool has_separators = text[4] == '-' && text[7] == '-' && text[13] == ':' &&
                              text[16] == ':' &&
                              (text[10] == 'T' || text[10] == 't' || text[10] == ' ');
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!has_separators || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  std::string_view rest = text.substr(kSize);
  if (!rest.empty() && rest.front() == '.') {
    const std::size_t end = rest.find_first_not_of("0123456789", 1);
    if (end == 1 || end == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(end);
  }
  const auto zone = parse_zone(rest);
  if (!zone) return std::nullopt;
  const auto days = std::chrono::sys_days{date}.time_since_epoch();
  const auto time = days + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
                    std::chrono::seconds{*second - *zone};
  return std::chrono::seconds(time).count();
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
  if (const auto seconds = parse_time(text)) return source::AtTime{*seconds};
  return bad(in_quotes(text) +
             " is no place to start from; write latest, earliest, gtid:SET, file:NAME:OFFSET or a "
             "time such as 2026-11-20T12:00:00Z");
}

}  // namespace pikachu::config
