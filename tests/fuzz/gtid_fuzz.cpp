// GTIDs: sets as text and as events hold them, and the events that begin a transaction. An input is
// kind:u8 and the text, or the body of the event.

#include <string>
#include <vector>

#include "binlog/events.h"
#include "change/gtid_set.h"
#include "mysql/gtid_encoding.h"
#include "tests/fuzz/property.h"

namespace pikachu::fuzz {
namespace {

using binlog::Bytes;
using binlog::EventType;
using change::Flavor;
using change::GtidSet;

void check_set(const GtidSet& set) {
  require(set.contains(set), "a set contains itself");
  const std::string text = set.to_string();
  const auto again = GtidSet::parse(set.flavor(), text);
  require(again.has_value() && *again == set, "a set's text is the set");
  require(text.empty() == set.empty(), "only an empty set has an empty text");
  for (const auto& [source, intervals] : set.intervals()) {
    std::uint64_t end = 0;
    for (const GtidSet::Interval& interval : intervals) {
      require(interval.first > end && interval.first < interval.last,
              "intervals are sorted, and neither touch nor overlap");
      end = interval.last;
    }
  }
}

void read_text(Flavor flavor, Bytes text) {
  const auto set = GtidSet::parse(flavor, as_text(text));
  if (!set) {
    require(!set.error().message.empty(), "an error has a message");
    return;
  }
  check_set(*set);
}

void read_previous_gtids(Bytes body) {
  const auto set = binlog::parse_previous_gtids(event_around(EventType::kPreviousGtids, body));
  if (!set) return;
  check_set(*set);
  const std::vector<std::uint8_t> encoded = mysql::encode_gtid_set(*set);
  const auto again = binlog::parse_previous_gtids(event_around(EventType::kPreviousGtids, encoded));
  require(again.has_value() && *again == *set, "an encoded set is the set");
}

void read_gtid(EventType type, Flavor flavor, Bytes body) {
  const auto event = binlog::parse_gtid(event_around(type, body));
  if (!event) return;
  require(event->gtid.empty() == (type == EventType::kAnonymousGtid),
          "only anonymous transactions have no GTID");
  if (event->gtid.empty()) return;
  GtidSet set(flavor);
  require(set.add(event->gtid).has_value(), "a transaction's GTID can be added to a set");
  require(set.to_string() == event->gtid, "a GTID is written in one way");
}

void decode(Bytes input) {
  if (input.empty()) return;
  const Bytes rest = input.subspan(1);
  switch (input[0] % 8) {
    case 0:
      return read_text(Flavor::kMysql, rest);
    case 1:
      return read_text(Flavor::kMariadb, rest);
    case 2:
      return read_previous_gtids(rest);
    case 3: {
      const auto set = binlog::parse_gtid_list(event_around(EventType::kMariadbGtidList, rest));
      if (set) check_set(*set);
      return;
    }
    case 4:
      return read_gtid(EventType::kGtid, Flavor::kMysql, rest);
    case 5:
      return read_gtid(EventType::kAnonymousGtid, Flavor::kMysql, rest);
    case 6:
      return read_gtid(EventType::kGtidTagged, Flavor::kMysql, rest);
    default:
      return read_gtid(EventType::kMariadbGtid, Flavor::kMariadb, rest);
  }
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
