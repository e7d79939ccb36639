#include "binlog/transaction_payload.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zstd.h>

#include "tests/support/binlog_file.h"
#include "tests/support/event_bytes.h"

namespace pikachu::binlog {
namespace {

using base::ErrorCode;
using test::EventBytes;
using Buffer = std::vector<std::uint8_t>;

EventBytes nested_xid(std::uint64_t xid) {
  return EventBytes(EventType::kXid).u64(xid);
}

Buffer join(const std::vector<EventBytes>& events) {
  Buffer joined;
  for (const EventBytes& event : events) {
    joined.insert(joined.end(), event.bytes().begin(), event.bytes().end());
  }
  return joined;
}

Buffer zstd(const Buffer& plain) {
  Buffer packed(ZSTD_compressBound(plain.size()));
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 3));
  return packed;
}

struct Fields {
  std::string compression = "02 01 00";
  std::optional<std::uint64_t> uncompressed_size = std::nullopt;
  std::optional<std::uint64_t> payload_size = std::nullopt;
};

EventBytes payload_event(const Buffer& payload, const Fields& fields) {
  EventBytes event(EventType::kTransactionPayload);
  event.hex(fields.compression);
  if (fields.uncompressed_size) event.hex("03 09 fe").u64(*fields.uncompressed_size);
  event.hex("01 09 fe").u64(fields.payload_size.value_or(payload.size())).u8(0);
  for (const std::uint8_t byte : payload) event.u8(byte);
  return event;
}

// The types of all nested events, or the error.
base::Result<std::vector<EventType>> read_all(PayloadReader& reader, Bytes event) {
  if (auto opened = reader.open(event); !opened) return base::propagate(std::move(opened));
  std::vector<EventType> types;
  while (true) {
    auto nested = reader.next();
    if (!nested) return base::propagate(std::move(nested));
    if (!nested->has_value()) return types;
    auto header = read_event_header(**nested);
    if (!header) return base::propagate(std::move(header));
    types.push_back(header->type);
  }
}

base::Result<std::vector<EventType>> read_all(Bytes event) {
  PayloadReader reader;
  return read_all(reader, event);
}

TEST(TransactionPayload, OfARecordedServerHoldsItsTransactions) {
  const auto file = test::RecordedBinlog::read(
      PIKACHU_SOURCE_DIR "/tests/unit/binlog/data/mysql-9.7.4_comp_full.binlog");
  ASSERT_TRUE(file) << file.error().message;
  const auto events = file->of_type(EventType::kTransactionPayload);
  ASSERT_EQ(events.size(), 4U);
  PayloadReader reader;  // One for all: what it keeps must not leak into the next payload.

  EXPECT_EQ(*read_all(reader, events[0]), (std::vector{EventType::kQuery, EventType::kTableMap,
                                                       EventType::kWriteRowsV2, EventType::kXid}));
  EXPECT_EQ(*read_all(reader, events[1]),
            (std::vector{EventType::kQuery, EventType::kTableMap, EventType::kWriteRowsV2,
                         EventType::kTableMap, EventType::kUpdateRowsV2, EventType::kTableMap,
                         EventType::kDeleteRowsV2, EventType::kTableMap, EventType::kWriteRowsV2,
                         EventType::kXid}));
  EXPECT_EQ(*read_all(reader, events[2]),
            (std::vector{EventType::kQuery, EventType::kRowsQuery, EventType::kTableMap,
                         EventType::kWriteRowsV2, EventType::kXid}));
  EXPECT_EQ(read_all(reader, events[3])->back(), EventType::kXid);
}

TEST(TransactionPayload, MayBeUncompressed) {
  const auto event =
      payload_event(join({nested_xid(1), nested_xid(2)}), {.compression = "02 03 fcff00"});
  const auto types = read_all(event);
  ASSERT_TRUE(types) << types.error().message;
  EXPECT_EQ(types->size(), 2U);
}

TEST(TransactionPayload, MayHoldNothing) {
  EXPECT_TRUE(read_all(payload_event({}, {.compression = "02 03 fcff00"}))->empty());
  EXPECT_TRUE(read_all(payload_event(zstd({}), {.uncompressed_size = 0}))->empty());
}

TEST(TransactionPayload, HandsOutEventsLargerThanAStepUnchanged) {
  EventBytes large(EventType::kRowsQuery);
  for (std::uint64_t i = 0; i < 200'000; ++i) large.u64(i * 2654435761U);
  const Buffer plain = join({nested_xid(1), large, nested_xid(2), large});
  const EventBytes event = payload_event(zstd(plain), {.uncompressed_size = plain.size()});
  PayloadReader reader;
  ASSERT_TRUE(reader.open(event));

  ASSERT_TRUE(reader.next());
  const auto second = reader.next();

  ASSERT_TRUE(second) << second.error().message;
  ASSERT_TRUE(second->has_value());
  EXPECT_TRUE(std::ranges::equal(**second, large.bytes()));
  EXPECT_EQ((*reader.next())->size(), nested_xid(2).bytes().size());
  EXPECT_TRUE(std::ranges::equal(**reader.next(), large.bytes()));
  EXPECT_FALSE(reader.next()->has_value());
  EXPECT_FALSE(reader.next()->has_value());
}

TEST(TransactionPayload, MayConsistOfSeveralFrames) {
  Buffer payload = zstd(join({nested_xid(1)}));
  const Buffer second = zstd(join({nested_xid(2)}));
  payload.insert(payload.end(), second.begin(), second.end());
  const auto types = read_all(payload_event(payload, {}));
  ASSERT_TRUE(types) << types.error().message;
  EXPECT_EQ(types->size(), 2U);
}

TEST(TransactionPayload, PassesOverUnknownFields) {
  const Buffer plain = join({nested_xid(1)});
  const auto event = payload_event(zstd(plain), {.compression = "09 02 ffff 02 01 00"});
  EXPECT_EQ(read_all(event)->size(), 1U);
}

TEST(TransactionPayload, RefusesOtherCompressions) {
  const auto types = read_all(payload_event({}, {.compression = "02 01 01"}));
  ASSERT_FALSE(types);
  EXPECT_EQ(types.error().code, ErrorCode::kUnsupported);
}

TEST(TransactionPayload, RefusesSizesThatAreNotItsOwn) {
  const Buffer plain = join({nested_xid(1), nested_xid(2)});
  const Buffer packed = zstd(plain);
  for (const Fields& fields :
       {Fields{.uncompressed_size = plain.size() - 1},
        Fields{.uncompressed_size = plain.size() + 1}, Fields{.payload_size = packed.size() + 1},
        Fields{.payload_size = packed.size() - 1}}) {
    const auto types = read_all(payload_event(packed, fields));
    ASSERT_FALSE(types);
    EXPECT_EQ(types.error().code, ErrorCode::kCorrupt);
  }
}

TEST(TransactionPayload, RefusesEventsOfImpossibleSize) {
  for (const std::uint32_t size : {0U, 18U, 28U, (1U << 30) + 1, ~0U}) {
    Buffer plain = join({nested_xid(1)});
    for (std::size_t i = 0; i < 4; ++i) plain[9 + i] = static_cast<std::uint8_t>(size >> (8 * i));
    for (const Fields& fields : {Fields{}, Fields{.compression = "02 03 fcff00"}}) {
      const bool packed = fields.compression == "02 01 00";
      const auto types = read_all(payload_event(packed ? zstd(plain) : plain, fields));
      ASSERT_FALSE(types) << size;
      EXPECT_EQ(types.error().code, ErrorCode::kCorrupt);
    }
  }
}

TEST(TransactionPayload, IsRefusedWhereverItIsCut) {
  const Buffer plain = join({nested_xid(1), nested_xid(2)});
  const EventBytes event = payload_event(zstd(plain), {.uncompressed_size = plain.size()});
  for (std::size_t size = 0; size < event.bytes().size(); ++size) {
    const auto types = read_all(Bytes(event).first(size));
    ASSERT_FALSE(types) << size;
    EXPECT_EQ(types.error().code, ErrorCode::kCorrupt);
  }
}

TEST(TransactionPayload, RefusesFramesThatEndEarly) {
  const Buffer plain = join({nested_xid(1), nested_xid(2)});
  const Buffer packed = zstd(plain);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    const Buffer cut(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
    const auto types = read_all(payload_event(cut, {.uncompressed_size = plain.size()}));
    ASSERT_FALSE(types) << size;
    EXPECT_EQ(types.error().code, ErrorCode::kCorrupt);
  }
}

TEST(TransactionPayload, RefusesBytesThatAreNoZstd) {
  const auto types = read_all(payload_event(Buffer(100, 0x5a), {}));
  ASSERT_FALSE(types);
  EXPECT_EQ(types.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace pikachu::binlog
