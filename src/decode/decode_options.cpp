#include "decode/decode_options.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>

#include "base/utc_time.h"
#include "change/gtid_set.h"

namespace pikachu::decode {

namespace {

tl::unexpected<base::Error> refuse(std::string_view option, const std::string& why) {
  return base::refuse("-" + std::string(option) + ": " + why);
}

base::Result<void> set_place(std::optional<Place>& place, std::string_view name,
                             std::string_view value) {
  auto parsed = parse_place(value);
  if (!parsed) return refuse(name, parsed.error().message);
  place = *std::move(parsed);
  return {};
}

base::Result<void> check_bound(const DecodeOptions& options, std::string_view name,
                               const std::optional<Place>& bound) {
  if (!bound) return {};
  const auto* at = std::get_if<source::AtFile>(&*bound);
  if (at == nullptr) return {};
  const bool given = std::ranges::any_of(
      options.files, [&](const std::string& path) { return binlog_name(path) == at->file; });
  if (given) return {};
  return refuse(name, "the file \"" + at->file + "\" is none of those given");
}

// Of MySQL's GTIDs nothing is sure: a replica may apply them in any order.
bool is_behind(const AtTransaction& from, const AtTransaction& to) {
  const auto from_set = change::GtidSet::parse(change::Flavor::kMariadb, from.gtid);
  const auto to_set = change::GtidSet::parse(change::Flavor::kMariadb, to.gtid);
  if (!from_set || !to_set) return false;
  const auto& [from_domain, from_position] = *from_set->domains().begin();
  const auto& [to_domain, to_position] = *to_set->domains().begin();
  return from_domain == to_domain && from_position.server_id == to_position.server_id &&
         from_position.sequence > to_position.sequence;
}

// Whether `from` is surely behind `to`, whatever the files hold.
bool is_behind(const DecodeOptions& options, const Place& from, const Place& to) {
  const auto* from_time = std::get_if<source::AtTime>(&from);
  const auto* to_time = std::get_if<source::AtTime>(&to);
  if (from_time != nullptr && to_time != nullptr) {
    return from_time->unix_seconds > to_time->unix_seconds;
  }
  const auto* from_file = std::get_if<source::AtFile>(&from);
  const auto* to_file = std::get_if<source::AtFile>(&to);
  if (from_file != nullptr && to_file != nullptr) {
    const auto place = [&](const source::AtFile& at) {
      return std::pair(std::ranges::find(options.files, at.file, binlog_name), at.offset);
    };
    return place(*from_file) > place(*to_file);
  }
  const auto* from_gtid = std::get_if<AtTransaction>(&from);
  const auto* to_gtid = std::get_if<AtTransaction>(&to);
  return from_gtid != nullptr && to_gtid != nullptr && is_behind(*from_gtid, *to_gtid);
}

std::string shown(const Place& place) {
  if (const auto* at = std::get_if<source::AtFile>(&place)) {
    return at->file + ":" + std::to_string(at->offset);
  }
  if (const auto* at = std::get_if<AtTransaction>(&place)) return at->gtid;
  std::string text;
  base::append_utc(std::chrono::seconds(std::get<source::AtTime>(place).unix_seconds), 0, text);
  return text;
}

constexpr std::string_view kHelp =
    "pikachu decode [OPTION...] FILE...: binlog files as JSON Lines, no server needed\n"
    "\n"
    "One object for each committed row change, in binlog order, to standard output. Several\n"
    "files are one stream in the order given. Names that end in .zst or .gz are "
    "decompressed;\n"
    "\"-\" is standard input.\n"
    "\n"
    "  -format rows|events   row changes (rows), or one object for each event of the files\n"
    "  -from PLACE           begin there: a time such as 2026-11-20T12:00:00Z or\n"
    "                        \"2026-11-20 12:00:00\" (UTC), file:NAME:OFFSET, or gtid:GTID\n"
    "  -to PLACE             end there: before that time or offset, behind that GTID\n"
    "  -table PATTERN        only these tables: users, shop.users, shop.*, orders_*; may be\n"
    "                        repeated\n"
    "  -schema FILE          CREATE TABLE statements, as mysqldump --no-data writes them, "
    "for\n"
    "                        columns whose names are not in the binlog\n"
    "  -spill-dir DIR        where transactions above 32 MiB wait for their commit (TMPDIR, "
    "else /tmp)\n"
    "  -stats                at the end, what was read and written, to standard error\n"
    "  -help                 print this and end\n"
    "\n"
    "Exit status: 0 done; 1 a file is damaged, unreadable or not handled, or ends within a\n"
    "transaction (what came before was written); 2 wrong usage.\n"
    "docs/reference/decode.md has the whole contract.\n";

base::Result<void> set(DecodeOptions& options, std::string_view name, std::string_view value) {
  if (name == "stats") {
    options.stats = true;
  } else if (name == "from") {
    return set_place(options.from, name, value);
  } else if (name == "to") {
    return set_place(options.to, name, value);
  } else if (name == "table") {
    auto pattern = route::TablePattern::parse(value, "*");
    if (!pattern) return refuse(name, pattern.error().message);
    options.tables.push_back(*std::move(pattern));
  } else if (value.empty()) {
    return refuse(name, "its value is empty");
  } else if (name == "schema") {
    options.schema_file = value;
  } else if (name == "spill-dir") {
    options.spill_dir = value;
  } else if (value == "rows" || value == "events") {
    options.format =
        value == "rows" ? DecodeOptions::Format::kRows : DecodeOptions::Format::kEvents;
  } else {
    return refuse(name, "\"" + std::string(value) + "\" is neither rows nor events");
  }
  return {};
}

}  // namespace

bool DecodeOptions::wants_table(std::string_view database, std::string_view table) const {
  return tables.empty() || std::ranges::any_of(tables, [&](const route::TablePattern& pattern) {
           return pattern.matches(database, table);
         });
}

base::CommandSyntax<DecodeOptions> syntax() {
  static constexpr std::array<std::string_view, 1> kFlags = {"stats"};
  static constexpr std::array<std::string_view, 6> kValued = {"format", "from",   "to",
                                                              "table",  "schema", "spill-dir"};
  return {"pikachu decode", kHelp, kFlags, kValued, set, check, &DecodeOptions::files};
}

base::Result<void> check(const DecodeOptions& options) {
  if (options.files.empty()) {
    return base::refuse("pikachu decode needs a binlog file, or - for standard input");
  }
  if (std::ranges::count(options.files, "-") > 1) {
    return base::refuse("standard input (-) can be read only once");
  }
  if (auto checked = check_bound(options, "from", options.from); !checked) return checked;
  if (auto checked = check_bound(options, "to", options.to); !checked) return checked;
  if (options.from && options.to && is_behind(options, *options.from, *options.to)) {
    return refuse("from", shown(*options.from) + " is behind -to, " + shown(*options.to) +
                              ", so nothing lies between");
  }
  return {};
}

}  // namespace pikachu::decode
