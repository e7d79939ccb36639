#include "decode/artificial_rotate.h"

#include <cstddef>

#include <zlib.h>

namespace pikachu::decode {

namespace {

constexpr std::uint64_t kFirstEvent = 4;
constexpr std::size_t kChecksumSize = 4;

void put(std::uint64_t value, std::size_t size, std::vector<std::uint8_t>& out) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

std::vector<std::uint8_t> make_artificial_rotate(std::string_view file, binlog::Checksum checksum) {
  const std::size_t checksum_size = checksum == binlog::Checksum::kCrc32 ? kChecksumSize : 0;
  const std::size_t size =
      binlog::EventHeader::kSize + sizeof(std::uint64_t) + file.size() + checksum_size;
  std::vector<std::uint8_t> event;
  event.reserve(size);
  put(0, 4, event);  // timestamp
  put(static_cast<std::uint8_t>(binlog::EventType::kRotate), 1, event);
  put(0, 4, event);  // server_id
  put(size, 4, event);
  put(0, 4, event);  // log_pos
  put(binlog::EventHeader::kFlagArtificial, 2, event);
  put(kFirstEvent, sizeof(std::uint64_t), event);
  event.insert(event.end(), file.begin(), file.end());
  if (checksum_size > 0) put(crc32_z(0, event.data(), event.size()), checksum_size, event);
  return event;
}

}  // namespace pikachu::decode
