#include "binlog/event_body.h"
#include "binlog/events.h"
#include "binlog/gtid_tag.h"
#include "binlog/uuid_text.h"

namespace pikachu::binlog {

namespace {

constexpr std::size_t kIntervalSize = 8 + 8;

base::Result<void> read_intervals(wire::ByteReader& in, Bytes event,
                                  const change::GtidSet::Source& source, change::GtidSet& set) {
  const std::uint64_t count = in.u64();
  if (!in.ok() || count > in.remaining() / kIntervalSize) return truncated_event(event);
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    change::GtidSet::Interval interval;
    interval.first = in.u64();
    interval.last = in.u64();
    if (interval.first == 0 || interval.first >= interval.last ||
        interval.last > 0x7fffffffffffffff) {
      return corrupt_event(event, "the interval " + std::to_string(interval.first) + " to " +
                                      std::to_string(interval.last) +
                                      " of transaction numbers is impossible");
    }
    // Servers write them in order, and only so does adding them take no longer than reading them.
    if (interval.first <= end) {
      return corrupt_event(event, "the interval that begins at " + std::to_string(interval.first) +
                                      " stands behind one that ends at " + std::to_string(end));
    }
    end = interval.last;
    set.add_interval(source, interval);
  }
  return {};
}

}  // namespace

// Without tags the body begins with a count of 64 bits. With tags its first and last byte are 1 (a
// count never gets so large) and the count stands in the six bytes between; then each source has a
// tag after its UUID, whose length is below 64 and so takes one byte, shifted left by one bit.
base::Result<change::GtidSet> parse_previous_gtids(Bytes event) {
  constexpr std::uint64_t kTaggedFormat = 1;
  wire::ByteReader in = read_body(event);
  const std::uint64_t word = in.u64();
  if (!in.ok()) return truncated_event(event);
  const bool tagged = (word >> 56) == kTaggedFormat;
  const std::uint64_t count = tagged ? (word << 8) >> 16 : word;
  if (count > in.remaining() / (kUuidSize + (tagged ? 1U : 0U) + 8)) return truncated_event(event);

  change::GtidSet set(change::Flavor::kMysql);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Bytes uuid = in.bytes(kUuidSize);
    if (!in.ok()) return truncated_event(event);
    change::GtidSet::Source source{uuid_text(uuid), ""};
    if (tagged) {
      const std::uint8_t tag_size = in.u8();
      if ((tag_size & 1) != 0) return corrupt_event(event, "a tag is longer than 63 bytes");
      source.tag = in.text(tag_size >> 1);
      if (!is_gtid_tag(source.tag)) return corrupt_event(event, "a tag is impossible");
    }
    if (set.intervals().contains(source))
      return corrupt_event(event, "a source stands there twice");
    if (auto read = read_intervals(in, event, source, set); !read) {
      return base::propagate(std::move(read));
    }
  }
  return set;
}

base::Result<change::GtidSet> parse_gtid_list(Bytes event) {
  constexpr std::uint32_t kCountBits = 0x0fffffff;  // The other four are flags.
  constexpr std::size_t kEntrySize = 4 + 4 + 8;
  wire::ByteReader in = read_body(event);
  const std::uint32_t count = in.u32() & kCountBits;
  if (!in.ok() || count > in.remaining() / kEntrySize) return truncated_event(event);

  change::GtidSet set(change::Flavor::kMariadb);
  // A domain may come with several servers; the one that wrote last comes last, and add() keeps it.
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t domain = in.u32();
    const std::uint32_t server_id = in.u32();
    const std::uint64_t sequence = in.u64();
    auto added = set.add(std::to_string(domain) + '-' + std::to_string(server_id) + '-' +
                         std::to_string(sequence));
    if (!added) return base::propagate(std::move(added), "reading a GTID_LIST event");
  }
  return set;
}

}  // namespace pikachu::binlog
