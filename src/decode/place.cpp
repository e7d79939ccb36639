#include "decode/place.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <system_error>

#include "base/utc_time.h"
#include "change/gtid_set.h"

namespace pikachu::decode {

namespace {

using base::ErrorCode;
using base::fail;
using change::Flavor;
using change::GtidSet;

constexpr std::string_view kGtidPrefix = "gtid:";
constexpr std::string_view kFilePrefix = "file:";

bool is_one_transaction(const GtidSet& set) {
  if (set.flavor() == Flavor::kMariadb) return set.domains().size() == 1;
  if (set.intervals().size() != 1) return false;
  const auto& intervals = set.intervals().begin()->second;
  return intervals.size() == 1 && intervals.front().last - intervals.front().first == 1;
}

base::Result<Place> parse_gtid(std::string_view text) {
  for (const Flavor flavor : {Flavor::kMysql, Flavor::kMariadb}) {
    const auto set = GtidSet::parse(flavor, text);
    if (set && is_one_transaction(*set)) return AtTransaction{set->to_string()};
  }
  return fail(ErrorCode::kInvalid, "\"" + std::string(text) +
                                       "\" is not one GTID; write gtid:0-1-42 or "
                                       "gtid:3e11fa47-71ca-11e1-9e33-c80aa9429562:7");
}

base::Result<Place> parse_file(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::string_view digits =
      colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  std::uint64_t offset = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
  const bool is_number = error == std::errc() && stop == digits.data() + digits.size();
  if (colon == 0 || !is_number || offset < kFirstEvent) {
    return fail(ErrorCode::kInvalid, "\"" + std::string(text) +
                                         "\" is not a file's name, a colon and an offset from 4 "
                                         "on; write file:mysql-bin.000042:1234");
  }
  return source::AtFile{binlog_name(text.substr(0, colon)), offset};
}

}  // namespace

base::Result<Place> parse_place(std::string_view text) {
  if (text.starts_with(kGtidPrefix)) return parse_gtid(text.substr(kGtidPrefix.size()));
  if (text.starts_with(kFilePrefix)) return parse_file(text.substr(kFilePrefix.size()));
  auto seconds = base::parse_utc(text);
  if (!seconds) seconds = base::parse_utc(std::string(text) + "Z");
  if (seconds) return source::AtTime{seconds->count()};
  return fail(ErrorCode::kInvalid,
              "\"" + std::string(text) +
                  "\" is no place in a binlog; write a time such as 2026-11-20T12:00:00Z or "
                  "\"2026-11-20 12:00:00\" (UTC), file:NAME:OFFSET or gtid:GTID");
}

std::string binlog_name(std::string_view path) {
  if (path == "-") return "stdin";
  if (const auto slash = path.rfind('/'); slash != std::string_view::npos) {
    path.remove_prefix(slash + 1);
  }
  for (const std::string_view ending : {".zst", ".gz"}) {
    if (path.ends_with(ending)) path.remove_suffix(ending.size());
  }
  return std::string(path);
}

}  // namespace pikachu::decode
