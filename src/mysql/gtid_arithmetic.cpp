#include "mysql/gtid_arithmetic.h"

#include <algorithm>
#include <string>
#include <vector>

namespace pikachu::mysql {
namespace {

using change::GtidSet;
using Intervals = std::vector<GtidSet::Interval>;

// Adds to `result` what of `interval` is in none of `holes`, which are in order and apart.
void add_outside(const GtidSet::Source& source, GtidSet::Interval interval, const Intervals& holes,
                 GtidSet& result) {
  for (const auto& hole : holes) {
    if (hole.last <= interval.first) continue;
    if (hole.first >= interval.last) break;
    result.add_interval(source, {interval.first, std::max(interval.first, hole.first)});
    interval.first = std::min(interval.last, hole.last);
  }
  result.add_interval(source, interval);
}

}  // namespace

GtidSet without(const GtidSet& set, const GtidSet& removed) {
  GtidSet result(set.flavor());
  for (const auto& [source, intervals] : set.intervals()) {
    const auto found = removed.intervals().find(source);
    const Intervals& holes = found == removed.intervals().end() ? Intervals{} : found->second;
    for (const auto& interval : intervals) add_outside(source, interval, holes, result);
  }
  return result;
}

GtidSet joined(const GtidSet& set, const GtidSet& other) {
  GtidSet result = set;
  for (const auto& [source, intervals] : other.intervals()) {
    for (const auto& interval : intervals) result.add_interval(source, interval);
  }
  return result;
}

base::Result<GtidSet> parse_owned_gtids(std::string_view text) {
  std::string gtids;
  bool in_thread = false;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    in_thread = c == '#' || (in_thread && is_digit);
    if (!in_thread) gtids += c;
  }
  return GtidSet::parse(change::Flavor::kMysql, gtids);
}

}  // namespace pikachu::mysql
