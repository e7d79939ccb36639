#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

#include "binlog/event_header.h"
#include "binlog/events.h"
#include "change/gtid_set.h"

// What fuzz targets are made of: facts that hold for every input, and events put around bytes of
// it.

namespace pikachu::fuzz {

/// What has to hold for every input. Where it does not, the process ends and the fuzzer keeps the
/// input.
inline void require(bool fact, const char* what) {
  if (fact) return;
  std::cerr << "does not hold: " << what << std::endl;
  std::abort();
}

/// Whether `part` is empty or lies in `whole`.
inline bool is_within(std::string_view part, binlog::Bytes whole) {
  const auto* const begin = reinterpret_cast<const char*>(whole.data());
  return part.empty() ||
         (part.data() >= begin && part.data() + part.size() <= begin + whole.size());
}

inline std::string_view as_text(binlog::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// `text` with '?' in the place of each byte beyond ASCII. Strings in JSON are UTF-8 as their
/// server has checked it, and are handed on; what is around them is not in question.
inline std::string in_ascii(std::string text) {
  for (char& c : text) {
    if ((static_cast<unsigned char>(c) & 0x80U) != 0) c = '?';
  }
  return text;
}

inline void put_uint(std::vector<std::uint8_t>& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

inline void append(std::vector<std::uint8_t>& out, binlog::Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Writes the event's real size into its header. REQUIRES: a whole header.
inline void set_size(std::vector<std::uint8_t>& event) {
  constexpr std::size_t kSizeOffset = 9;
  for (std::size_t i = 0; i < 4; ++i) {
    event[kSizeOffset + i] = static_cast<std::uint8_t>(event.size() >> (8 * i));
  }
}

/// A whole event of `type` around `body`, without checksum.
inline std::vector<std::uint8_t> event_around(binlog::EventType type, binlog::Bytes body) {
  constexpr std::size_t kTypeOffset = 4;
  std::vector<std::uint8_t> event;
  event.reserve(binlog::EventHeader::kSize + body.size());  // GCC 12 misreads growing at the end
  event.resize(binlog::EventHeader::kSize, 1);
  event[kTypeOffset] = static_cast<std::uint8_t>(type);
  append(event, body);
  set_size(event);
  return event;
}

/// Appends the CRC32 of all that stands in `event`, as servers write it.
inline void append_checksum(std::vector<std::uint8_t>& event) {
  put_uint(event, crc32_z(0, event.data(), event.size()), 4);
}

/// The fixed parts as servers since MySQL 5.6 and MariaDB 10 have them.
inline binlog::FormatDescription current_format(change::Flavor flavor) {
  using binlog::EventType;
  binlog::FormatDescription format;
  format.flavor = flavor;
  format.post_header_lengths.fill(8);
  for (const EventType type :
       {EventType::kWriteRowsV2, EventType::kUpdateRowsV2, EventType::kDeleteRowsV2,
        EventType::kPartialUpdateRows, EventType::kMariadbWriteRowsCompressedV2,
        EventType::kMariadbUpdateRowsCompressedV2, EventType::kMariadbDeleteRowsCompressedV2}) {
    format.post_header_lengths[static_cast<std::size_t>(type) - 1] = 10;
  }
  return format;
}

inline change::Flavor flavor_of(std::uint8_t options) {
  return (options & 1U) != 0 ? change::Flavor::kMariadb : change::Flavor::kMysql;
}

/// zlib's stream of `bytes`. It need not be small: level 0 keeps the bytes in sight.
inline std::vector<std::uint8_t> deflated(binlog::Bytes bytes) {
  uLongf size = compressBound(bytes.size());
  std::vector<std::uint8_t> out(size);
  require(compress2(out.data(), &size, bytes.data(), bytes.size(), 1) == Z_OK, "zlib compresses");
  out.resize(size);
  return out;
}

/// What MariaDB puts in front of compressed rows and statements, and the stream.
inline std::vector<std::uint8_t> mariadb_compressed(binlog::Bytes plain) {
  constexpr std::uint8_t kZlibAndFourBytes = 0x84;
  std::vector<std::uint8_t> out{kZlibAndFourBytes};
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(plain.size() >> shift));
  }
  append(out, deflated(plain));
  return out;
}

}  // namespace pikachu::fuzz
