#include "change/gtid_set.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

namespace pikachu::change {
namespace {

using base::ErrorCode;
using base::Result;

// The largest transaction number that MySQL assigns (GNO_END - 1): 2^63 - 2.
constexpr std::uint64_t kMaxTransaction =
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - 1;
constexpr std::size_t kUuidSize = 36;
constexpr std::size_t kTagMaxSize = 32;
constexpr std::string_view kBlanks = " \t\r\n\f\v";

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string to_lower(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
  return lowered;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Cuts the part before the first `separator` off `rest`. REQUIRES: !done, which is set at the end.
std::string_view next_part(std::string_view& rest, char separator, bool& done) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  done = end == std::string_view::npos;
  rest = done ? std::string_view{} : rest.substr(end + 1);
  return trim(part);
}

template <typename Number>
std::optional<Number> to_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_uuid(std::string_view text) {
  if (text.size() != kUuidSize) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool wants_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (wants_dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

// A tag begins with a letter or '_', so it can't be taken for a number.
bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > kTagMaxSize) return false;
  const auto is_word = [](char c) {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || l == '_' || (l >= '0' && l <= '9');
  };
  return !(text[0] >= '0' && text[0] <= '9') && std::all_of(text.begin(), text.end(), is_word);
}

tl::unexpected<base::Error> bad(std::string_view part, std::string_view why) {
  return base::fail(ErrorCode::kInvalid,
                    "\"" + std::string(part) + "\" is not a GTID: " + std::string(why));
}

Result<std::uint64_t> parse_transaction(std::string_view text, std::string_view whole) {
  const auto number = to_number<std::uint64_t>(text);
  if (!number || *number == 0 || *number > kMaxTransaction) {
    return bad(whole, "a transaction number is 1 to 9223372036854775806, not \"" +
                          std::string(text) + "\"");
  }
  return *number;
}

Result<GtidSet::Interval> parse_interval(std::string_view text, std::string_view whole) {
  const std::size_t dash = text.find('-');
  auto first = parse_transaction(trim(text.substr(0, dash)), whole);
  if (!first) return base::propagate(std::move(first));
  if (dash == std::string_view::npos) return GtidSet::Interval{*first, *first + 1};
  auto last = parse_transaction(trim(text.substr(dash + 1)), whole);
  if (!last) return base::propagate(std::move(last));
  if (*last < *first)
    return bad(whole, "the range \"" + std::string(text) + "\" ends before it begins");
  return GtidSet::Interval{*first, *last + 1};
}

// One "uuid:1-5:7:tag:1-3" of a set; a tag holds for the intervals after it.
Result<void> parse_source(std::string_view whole, GtidSet& set) {
  std::string_view rest = whole;
  bool done = false;
  const std::string_view uuid = next_part(rest, ':', done);
  if (!is_uuid(uuid)) {
    return bad(whole,
               "it does not begin with a UUID, as in "
               "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5");
  }
  GtidSet::Source source{to_lower(uuid), ""};
  bool wants_interval = true;  // After the UUID, and after each tag.
  while (!done) {
    const std::string_view item = next_part(rest, ':', done);
    if (is_tag(item)) {
      source.tag = to_lower(item);
      wants_interval = true;
      continue;
    }
    auto interval = parse_interval(item, whole);
    if (!interval) return base::propagate(std::move(interval));
    set.add_interval(source, *interval);
    wants_interval = false;
  }
  if (wants_interval) return bad(whole, "no transaction numbers follow; write :1-5, for example");
  return {};
}

struct MariadbGtid {
  std::uint32_t domain = 0;
  GtidSet::DomainPosition position;
};

Result<MariadbGtid> parse_mariadb_gtid(std::string_view text) {
  const std::size_t dash = text.find('-');
  const std::size_t second = dash == std::string_view::npos ? dash : text.find('-', dash + 1);
  if (second == std::string_view::npos) {
    return bad(text, "MariaDB's have three numbers, domain-server-sequence, as in 0-1-42");
  }
  const auto domain = to_number<std::uint32_t>(text.substr(0, dash));
  const auto server = to_number<std::uint32_t>(text.substr(dash + 1, second - dash - 1));
  const auto sequence = to_number<std::uint64_t>(text.substr(second + 1));
  if (!domain || !server || !sequence) {
    return bad(text, "domain and server are 0 to 4294967295, the sequence 0 to 2^64-1");
  }
  return MariadbGtid{*domain, {*server, *sequence}};
}

void append_number(std::string& out, std::uint64_t number) {
  out += std::to_string(number);
}

}  // namespace

std::string_view to_string(Flavor flavor) {
  return flavor == Flavor::kMysql ? "MySQL" : "MariaDB";
}

Result<GtidSet> GtidSet::parse(Flavor flavor, std::string_view text) {
  GtidSet set(flavor);
  std::string_view rest = text;
  for (bool done = false; !done;) {
    const std::string_view part = next_part(rest, ',', done);
    if (part.empty()) continue;  // Servers take empty elements too: "a:1,,b:2".
    if (flavor == Flavor::kMysql) {
      if (auto parsed = parse_source(part, set); !parsed) return base::propagate(std::move(parsed));
      continue;
    }
    auto gtid = parse_mariadb_gtid(part);
    if (!gtid) return base::propagate(std::move(gtid));
    if (!set.domains_.emplace(gtid->domain, gtid->position).second) {
      return bad(part, "domain " + std::to_string(gtid->domain) +
                           " is there twice; a position has one GTID a domain");
    }
  }
  return set;
}

Result<void> GtidSet::add(std::string_view gtid) {
  if (flavor_ == Flavor::kMariadb) {
    auto parsed = parse_mariadb_gtid(gtid);
    if (!parsed) return base::propagate(std::move(parsed));
    domains_[parsed->domain] = parsed->position;
    return {};
  }
  // Before anything is changed: one UUID, perhaps a tag, one number.
  const std::size_t colon = gtid.rfind(':');
  if (colon == std::string_view::npos || !is_uuid(gtid.substr(0, kUuidSize))) {
    return bad(gtid, "MySQL's are uuid:number or uuid:tag:number");
  }
  std::string_view tag;
  if (colon != kUuidSize) {
    tag = gtid.substr(kUuidSize + 1, colon - kUuidSize - 1);
    if (gtid[kUuidSize] != ':' || !is_tag(tag)) {
      return bad(gtid, "a tag is 1 to 32 letters, digits and '_', not beginning with a digit");
    }
  }
  auto number = parse_transaction(gtid.substr(colon + 1), gtid);
  if (!number) return base::propagate(std::move(number));
  const Interval interval{*number, *number + 1};
  if (const auto known = intervals_.find(SourceView{gtid.substr(0, kUuidSize), tag});
      known != intervals_.end()) {
    add_to(known->second, interval);
    return {};
  }
  add_interval({to_lower(gtid.substr(0, kUuidSize)), to_lower(tag)}, interval);
  return {};
}

void GtidSet::add_interval(const Source& source, Interval interval) {
  if (interval.first < interval.last) add_to(intervals_[source], interval);
}

void GtidSet::add_to(std::vector<Interval>& list, Interval interval) {
  // The common case, a stream in order: the new transaction follows the last one.
  if (!list.empty() && list.back().last == interval.first) {
    list.back().last = interval.last;
    return;
  }
  // Everything from `first` to before `last` overlaps or touches the new interval: one takes all
  // in.
  const auto first =
      std::lower_bound(list.begin(), list.end(), interval.first,
                       [](const Interval& have, std::uint64_t begin) { return have.last < begin; });
  const auto last =
      std::upper_bound(first, list.end(), interval.last,
                       [](std::uint64_t end, const Interval& have) { return end < have.first; });
  if (first == last) {
    list.insert(first, interval);
    return;
  }
  first->first = std::min(first->first, interval.first);
  first->last = std::max(std::prev(last)->last, interval.last);
  list.erase(std::next(first), last);
}

bool GtidSet::contains(const GtidSet& other) const {
  for (const auto& [domain, position] : other.domains_) {
    const auto have = domains_.find(domain);
    if (have == domains_.end() || have->second.sequence < position.sequence) return false;
  }
  for (const auto& [source, intervals] : other.intervals_) {
    const auto have = intervals_.find(source);
    if (have == intervals_.end()) return false;
    // Ours neither touch nor overlap, so each of theirs has to lie in one of ours.
    auto ours = have->second.begin();
    for (const Interval& theirs : intervals) {
      while (ours != have->second.end() && ours->last < theirs.last) ++ours;
      if (ours == have->second.end() || ours->first > theirs.first) return false;
    }
  }
  return true;
}

std::string GtidSet::to_string() const {
  std::string out;
  for (const auto& [source, intervals] : intervals_) {
    if (!out.empty()) out += ',';
    out += source.uuid;
    if (!source.tag.empty()) out.append(":").append(source.tag);
    for (const Interval& interval : intervals) {
      out += ':';
      append_number(out, interval.first);
      if (interval.last - interval.first == 1) continue;
      out += '-';
      append_number(out, interval.last - 1);
    }
  }
  for (const auto& [domain, position] : domains_) {
    if (!out.empty()) out += ',';
    append_number(out, domain);
    out += '-';
    append_number(out, position.server_id);
    out += '-';
    append_number(out, position.sequence);
  }
  return out;
}

}  // namespace pikachu::change
