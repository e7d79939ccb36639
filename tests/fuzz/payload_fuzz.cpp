// Transaction payloads. An input is options:u8 and, by the options,
//
//     bit 0 clear   the body of a TRANSACTION_PAYLOAD event
//     bit 0 set     claim:u16 and the nested events, which the target compresses: with bit 1 not at
//                   all, with bit 2 under the claimed size instead of the real one

#include <algorithm>
#include <string>
#include <vector>

#include <zstd.h>

#include "binlog/transaction_payload.h"
#include "tests/fuzz/property.h"
#include "wire/byte_reader.h"

namespace pikachu::fuzz {
namespace {

using binlog::Bytes;

/// What came out of a payload.
struct Unpacked {
  std::vector<std::uint8_t> bytes;
  bool whole = false;  ///< It ended without an error.
};

Unpacked unpack(Bytes event, binlog::PayloadReader& reader) {
  Unpacked unpacked;
  if (!reader.open(event)) return unpacked;
  // Compressed bytes can stand for any number: what is beyond this is not worth a fuzzer's time.
  constexpr std::size_t kEnough = std::size_t{16} * 1024 * 1024;
  while (unpacked.bytes.size() < kEnough) {
    const auto nested = reader.next();
    if (!nested) return unpacked;
    if (!nested->has_value()) {
      unpacked.whole = true;
      return unpacked;
    }
    const auto header = binlog::read_event_header(**nested);
    require(header.has_value(), "a nested event has the size that it states");
    append(unpacked.bytes, **nested);
  }
  return unpacked;
}

std::vector<std::uint8_t> field(std::uint8_t type, std::uint64_t value) {
  constexpr std::uint8_t kEightBytesFollow = 0xfe;
  std::vector<std::uint8_t> out{type, 9, kEightBytesFollow};
  put_uint(out, value, 8);
  return out;
}

std::vector<std::uint8_t> payload_event(Bytes nested, bool compressed, std::uint64_t claim) {
  constexpr std::uint8_t kZstd = 0;
  constexpr std::uint8_t kNone = 255;
  std::vector<std::uint8_t> payload(nested.begin(), nested.end());
  if (compressed) {
    payload.resize(ZSTD_compressBound(nested.size()));
    payload.resize(ZSTD_compress(payload.data(), payload.size(), nested.data(), nested.size(), 1));
  }
  std::vector<std::uint8_t> body;
  append(body, field(2, compressed ? kZstd : kNone));
  append(body, field(3, claim));
  append(body, field(1, payload.size()));
  body.push_back(0);
  append(body, payload);
  return event_around(binlog::EventType::kTransactionPayload, body);
}

// Whether the bytes are whole events, one behind the other.
bool are_events(Bytes bytes) {
  while (!bytes.empty()) {
    wire::ByteReader in(bytes);
    in.skip(9);
    const std::uint32_t size = in.u32();
    if (!in.ok() || bytes.size() < binlog::EventHeader::kSize ||
        size < binlog::EventHeader::kSize || size > bytes.size()) {
      return false;
    }
    bytes = bytes.subspan(size);
  }
  return true;
}

void check_packed(std::uint8_t options, Bytes rest) {
  wire::ByteReader in(rest);
  const std::uint64_t claim = in.u16();
  if (!in.ok()) return;
  const Bytes nested = in.rest();
  const bool compressed = (options & 2U) == 0;
  const bool lies = (options & 4U) != 0 && claim != nested.size();
  const auto event = payload_event(nested, compressed, lies ? claim : nested.size());
  binlog::PayloadReader reader;
  const Unpacked unpacked = unpack(event, reader);
  const bool acceptable = are_events(nested) && !(lies && compressed);
  require(unpacked.whole == acceptable, "just payloads of whole events and true claims are taken");
  require(std::equal(unpacked.bytes.begin(), unpacked.bytes.end(), nested.begin()),
          "nested events are what was packed");
  require(!unpacked.whole || unpacked.bytes.size() == nested.size(), "no nested event is missing");
  const Unpacked again = unpack(event, reader);
  require(again.whole == unpacked.whole && again.bytes == unpacked.bytes,
          "a reader that is used again reads the same");
}

void decode(Bytes input) {
  if (input.empty()) return;
  const Bytes rest = input.subspan(1);
  if ((input[0] & 1U) != 0) return check_packed(input[0], rest);
  binlog::PayloadReader reader;
  unpack(event_around(binlog::EventType::kTransactionPayload, rest), reader);
}

}  // namespace
}  // namespace pikachu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pikachu::fuzz::decode(pikachu::binlog::Bytes(data, size));
  return 0;
}
