#include "mysql/gtid_encoding.h"

#include <algorithm>
#include <string_view>

#include "mysql/byte_writer.h"

namespace pikachu::mysql {
namespace {

std::uint8_t hex_digit(char c) {
  return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10);
}

// REQUIRES: 36 characters in lower case, as GtidSet keeps them.
void put_uuid(ByteWriter& out, std::string_view uuid) {
  for (std::size_t i = 0; i + 1 < uuid.size();) {
    if (uuid[i] == '-') {
      ++i;
      continue;
    }
    out.u8(static_cast<std::uint8_t>((hex_digit(uuid[i]) << 4U) | hex_digit(uuid[i + 1])));
    i += 2;
  }
}

}  // namespace

std::vector<std::uint8_t> encode_gtid_set(const change::GtidSet& set) {
  const auto& sources = set.intervals();
  const bool tagged = std::any_of(sources.begin(), sources.end(),
                                  [](const auto& entry) { return !entry.first.tag.empty(); });
  ByteWriter out;
  if (tagged) {
    out.u8(1);
    out.u48(sources.size());
    out.u8(1);
  } else {
    out.u64(sources.size());
  }
  for (const auto& [source, intervals] : sources) {
    put_uuid(out, source.uuid);
    if (tagged) {
      // One byte: a tag has at most 32 characters.
      out.u8(static_cast<std::uint8_t>(source.tag.size() * 2));
      out.text(source.tag);
    }
    out.u64(intervals.size());
    for (const auto& interval : intervals) {
      out.u64(interval.first);
      out.u64(interval.last);
    }
  }
  return std::move(out).bytes();
}

}  // namespace pikachu::mysql
