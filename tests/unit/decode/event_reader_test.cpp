#include "decode/event_reader.h"

#include <memory>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/unit/decode/binlog_bytes.h"

namespace pikachu::decode {
namespace {

using base::ErrorCode;
using binlog::EventHeader;
using binlog::EventType;
using testing::binlog_of;
using testing::ByteList;
using testing::event_of_size;
using testing::MemorySource;

/// What a reader makes of a file: its events, and why it stopped ("" at the end).
struct Reading {
  std::vector<std::pair<std::uint64_t, ByteList>> events;
  std::string problem;
  ErrorCode code = ErrorCode::kCancelled;
};

Reading read(EventReader& reader, const ByteList& file, std::size_t piece = SIZE_MAX) {
  Reading reading;
  const auto stop = [&](const base::Error& error) {
    reading.problem = error.message;
    reading.code = error.code;
    return reading;
  };
  if (const auto opened = reader.open(std::make_unique<MemorySource>(file, piece)); !opened) {
    return stop(opened.error());
  }
  while (true) {
    const auto event = reader.next();
    if (!event) return stop(event.error());
    if (!*event) return reading;
    reading.events.emplace_back((*event)->offset,
                                ByteList((*event)->bytes.begin(), (*event)->bytes.end()));
  }
}

Reading read(const ByteList& file, std::size_t piece = SIZE_MAX) {
  EventReader reader;
  return read(reader, file, piece);
}

TEST(EventReader, CutsTheSameEventsFromWhateverPiecesTheSourceGives) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::uint32_t> small(19, 9'000);
  std::vector<std::pair<std::uint64_t, ByteList>> expected;
  ByteList file = binlog_of({});
  for (int i = 0; i < 400; ++i) {
    // Now and then one that is larger than the buffer.
    const bool is_large = i % 97 == 50;
    constexpr std::uint32_t kLarge = 3U * static_cast<std::uint32_t>(EventReader::kBufferBytes);
    ByteList event = event_of_size(small(random) + (is_large ? kLarge : 0), EventType::kQuery);
    for (std::size_t at = 19; at < event.size(); at += 7) {
      event[at] = static_cast<std::uint8_t>(random());
    }
    expected.emplace_back(file.size(), event);
    file.insert(file.end(), event.begin(), event.end());
  }

  for (const std::size_t piece : {std::size_t{611}, std::size_t{65'536}, SIZE_MAX}) {
    const Reading reading = read(file, piece);
    EXPECT_EQ(reading.problem, "") << piece;
    EXPECT_TRUE(reading.events == expected) << "pieces of " << piece;
  }
}

TEST(EventReader, FileThatIsCutWithinAnEventIsNamedWithItsOffset) {
  const ByteList file =
      binlog_of({event_of_size(30, EventType::kQuery), event_of_size(25, EventType::kXid)});
  for (std::size_t size = 4; size < file.size(); ++size) {
    SCOPED_TRACE(size);
    const Reading reading = read(ByteList(file.begin(), file.begin() + static_cast<long>(size)));

    EXPECT_EQ(reading.events.size(), size < 34 ? 0U : 1U);
    if (size == 4 || size == 34) {
      EXPECT_EQ(reading.problem, "");
      continue;
    }
    EXPECT_EQ(reading.code, ErrorCode::kCorrupt);
    const std::string offset = size < 34 ? "at offset 4: " : "at offset 34: ";
    EXPECT_TRUE(reading.problem.starts_with(offset + "the file ends within an event: " +
                                            std::to_string(size < 34 ? size - 4 : size - 34)))
        << reading.problem;
  }
}

TEST(EventReader, EventOfAnImpossibleSizeIsRefusedWithoutItsMemory) {
  for (const std::uint32_t size : {0U, 18U, EventHeader::kSizeMax + 1, 0xffffffffU}) {
    ByteList event = event_of_size(40, EventType::kQuery);
    for (std::size_t i = 0; i < 4; ++i) event[9 + i] = static_cast<std::uint8_t>(size >> 8 * i);

    const Reading reading = read(binlog_of({event}));

    EXPECT_EQ(reading.code, size < 19 ? ErrorCode::kCorrupt : ErrorCode::kUnsupported);
    EXPECT_TRUE(reading.problem.starts_with("at offset 4: an event states a size of " +
                                            std::to_string(size)))
        << reading.problem;
  }
}

TEST(EventReader, LargestPossibleSizeIsBelievedOnlyAsItsBytesArrive) {
  ByteList event = event_of_size(40, EventType::kQuery);
  for (std::size_t i = 0; i < 4; ++i) {
    event[9 + i] = static_cast<std::uint8_t>(EventHeader::kSizeMax >> 8 * i);
  }

  const Reading reading = read(binlog_of({event}));

  EXPECT_TRUE(reading.problem.starts_with("at offset 4: the file ends within an event: 40 of"))
      << reading.problem;
}

TEST(EventReader, WhatIsNoBinlogIsNamedByWhatItIs) {
  const std::vector<std::pair<ByteList, std::string>> cases = {
      {{}, "is no binlog: it has 0 bytes"},
      {{0xfe, 'b', 'i'}, "is no binlog: it has 3 bytes"},
      {{0xfd, 'b', 'i', 'n', 1}, "is encrypted by MySQL"},
      {{0x28, 0xb5, 0x2f, 0xfd}, "that is Zstandard: give the file a name that ends in .zst"},
      {{0x1f, 0x8b, 0x08, 0}, "that is gzip: give the file a name that ends in .gz"},
      {{'.', '/', 'm', 'y'}, "it begins with 2e 2f 6d 79 where fe 62 69 6e should stand"},
  };
  for (const auto& [file, expected] : cases) {
    const Reading reading = read(file);

    EXPECT_NE(reading.problem.find(expected), std::string::npos) << reading.problem;
  }
}

TEST(EventReader, StopsWhereMariadbBeginsToEncrypt) {
  const Reading reading = read(binlog_of({event_of_size(30, EventType::kFormatDescription),
                                          event_of_size(36, EventType::kMariadbStartEncryption)}));

  EXPECT_EQ(reading.code, ErrorCode::kUnsupported);
  EXPECT_TRUE(reading.problem.starts_with("at offset 34: from here on it is encrypted by MariaDB"))
      << reading.problem;
  EXPECT_EQ(reading.events.size(), 1U);
}

TEST(EventReader, DumpOfAnEncryptedFileIsPlain) {
  const Reading reading = read(binlog_of({event_of_size(36, EventType::kMariadbStartEncryption,
                                                        binlog::EventHeader::kFlagIgnorable)}));

  EXPECT_EQ(reading.problem, "");
  EXPECT_EQ(reading.events.size(), 1U);
}

TEST(EventReader, BeginsAnewWithTheNextFile) {
  EventReader reader;
  read(reader, binlog_of({event_of_size(30, EventType::kQuery), {1, 2, 3}}));

  const Reading reading = read(reader, binlog_of({event_of_size(21, EventType::kXid)}));

  EXPECT_EQ(reading.problem, "");
  ASSERT_EQ(reading.events.size(), 1U);
  EXPECT_EQ(reading.events[0].first, 4U);
}

TEST(EventReader, FailureOfTheSourceSaysAfterWhichOffset) {
  EventReader reader;
  const ByteList file = binlog_of({event_of_size(30, EventType::kQuery)});
  ASSERT_TRUE(reader.open(std::make_unique<MemorySource>(file, 100, true)));
  ASSERT_TRUE(reader.next());

  const auto event = reader.next();

  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().message, "after offset 34: the disk is gone");
}

}  // namespace
}  // namespace pikachu::decode
