// The recorded binlogs again, damaged: cut at each byte, and with wrong bits. Where checksums are
// on, damage ends the stream and changes no row; where they are off, it crashes nothing and takes
// no more memory than the bytes can explain.
//
// Each file is damaged in a bounded number of places; PIKACHU_MUTATE_ALL=1 takes every byte for the
// first two tests and many more places for the others. PIKACHU_SEED=N chooses other places and bits
// than the usual ones.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/corpus/corpus_case.h"
#include "tests/corpus/decoded_stream.h"
#include "tests/fuzz/allocation_meter.h"

namespace pikachu::corpus {
namespace {

using binlog::Bytes;
using binlog::Checksum;
using binlog::EventHeader;
using binlog::EventType;
using fuzz::AllocationMeter;

constexpr std::size_t kChecksumSize = 4;

bool mutates_all() {
  return std::getenv("PIKACHU_MUTATE_ALL") != nullptr;
}

/// How many places of a file are damaged where each costs decoding it.
std::size_t damages_per_file(std::size_t usual) {
  constexpr std::size_t kManyTimes = 50;
  return mutates_all() ? kManyTimes * usual : usual;
}

std::mt19937_64 seeded_random() {
  constexpr std::uint64_t kUsualSeed = 20'240'229;
  const char* asked = std::getenv("PIKACHU_SEED");
  const std::uint64_t seed = asked != nullptr ? std::strtoull(asked, nullptr, 10) : kUsualSeed;
  std::cout << "seed " << seed << "\n";
  return std::mt19937_64(seed);
}

void flip_bit(ByteList& bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
}

EventType type_in(const ByteList& event) {
  return static_cast<EventType>(event[4]);
}

void put_u32(ByteList& bytes, std::size_t at, std::size_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

/// Makes what is left of an event state its own size.
void set_size(ByteList& event) {
  constexpr std::size_t kSizeOffset = 9;
  if (event.size() >= EventHeader::kSize) put_u32(event, kSizeOffset, event.size());
}

ByteList as_bytes(const std::string& text) {
  return {text.begin(), text.end()};
}

struct Recorded {
  std::string name;
  bool names_columns = false;  ///< binlog_row_metadata=FULL.
  ByteList file;
  std::vector<ByteList> events;
  Checksum checksum = Checksum::kNone;
};

/// The recorded files; not the huge ones, unless all are asked for.
std::vector<Recorded> recorded_files() {
  constexpr std::size_t kLargestByDefault = std::size_t{256} * 1024;
  std::vector<Recorded> files;
  for (const CorpusCase& corpus_case : all_cases()) {
    for (const std::string& binlog : read_binlogs(corpus_case)) {
      if (binlog.size() > kLargestByDefault && !mutates_all()) continue;
      Recorded file;
      file.name = corpus_case.test_name();
      file.names_columns = corpus_case.metadata == "full";
      file.file = as_bytes(binlog);
      file.events = cut_events(file.file);
      file.checksum = binlog::parse_format_description(file.events.front())->checksum;
      files.push_back(std::move(file));
    }
  }
  return files;
}

TEST(DamagedBinlog, CutEventIsRefusedAndLeavesTheStreamAsItWas) {
  std::size_t cuts = 0;
  const std::vector<Recorded> files = recorded_files();
  for (const Recorded& file : files) {
    SCOPED_TRACE(file.name);
    const Decoded expected = decode(file.events);
    constexpr std::size_t kCutsPerFile = 30'000;
    std::size_t cuts_left = mutates_all() ? SIZE_MAX : kCutsPerFile;
    DecodedStream stream;
    for (const ByteList& event : file.events) {
      const std::size_t sizes = std::min(event.size(), cuts_left);
      for (std::size_t size = 0; size < sizes; ++size) {
        ASSERT_FALSE(stream.take(Bytes(event).first(size))) << "cut to " << size;
        ASSERT_EQ(stream.error().code, base::ErrorCode::kCorrupt) << stream.error().message;
      }
      cuts += sizes;
      cuts_left -= sizes;
      if (!stream.take(event)) break;
    }
    EXPECT_EQ(stream.rows(), expected.rows);
  }
  std::cout << files.size() << " files, " << cuts << " cuts\n";
  EXPECT_GT(cuts, 0U);
}

/// Those of servers that write checksums.
std::vector<Recorded> files_with_checksums() {
  std::vector<Recorded> files = recorded_files();
  std::erase_if(files, [](const Recorded& file) { return file.checksum == Checksum::kNone; });
  return files;
}

/// Whether an event with one wrong bit is noticed before anything of it is believed.
bool is_noticed(const ByteList& damaged, Checksum checksum) {
  return !binlog::read_event_header(damaged) || !binlog::verify_checksum(damaged, checksum);
}

// The one bit that may differ: servers clear it in a closed file without a new checksum.
bool is_flag_in_use(const ByteList& event, std::size_t bit) {
  constexpr std::size_t kFlagsOffset = 17;
  return type_in(event) == EventType::kFormatDescription && bit == 8 * kFlagsOffset;
}

TEST(DamagedBinlog, WrongBitIsNoticedWhereChecksumsAreOn) {
  std::size_t flips = 0;
  std::mt19937_64 random = seeded_random();
  const std::vector<Recorded> files = files_with_checksums();
  for (const Recorded& file : files) {
    SCOPED_TRACE(file.name);
    constexpr std::size_t kBytesPerFile = 30'000;
    std::size_t bytes_left = mutates_all() ? SIZE_MAX : kBytesPerFile;
    for (const ByteList& event : file.events) {
      ASSERT_FALSE(is_noticed(event, Checksum::kCrc32));
      // Every bit of a format description: all that follows hangs on it.
      const bool describes = type_in(event) == EventType::kFormatDescription;
      const std::size_t bytes = std::min(event.size(), bytes_left);
      for (std::size_t at = 0; at < bytes; ++at) {
        for (std::size_t i = 0; i < (describes ? 8U : 1U); ++i) {
          const std::size_t bit = 8 * at + (describes ? i : random() % 8);
          ByteList damaged = event;
          flip_bit(damaged, bit);
          // Nothing else becomes a format description that is believed.
          const bool noticed = is_noticed(damaged, Checksum::kCrc32) ||
                               (!describes && type_in(damaged) == EventType::kFormatDescription &&
                                !binlog::parse_format_description(damaged));
          ASSERT_NE(noticed, is_flag_in_use(event, bit)) << "byte " << at << " of " << event.size();
          ++flips;
        }
      }
      bytes_left -= bytes;
    }
  }
  std::cout << files.size() << " files, " << flips << " wrong bits\n";
  EXPECT_GT(flips, 0U);
}

bool begins_with(const std::vector<std::string>& rows, const std::vector<std::string>& part) {
  return part.size() <= rows.size() && std::equal(part.begin(), part.end(), rows.begin());
}

TEST(DamagedBinlog, FileWithAWrongBitGivesNoOtherRow) {
  constexpr std::size_t kFlipsPerFile = 40;
  std::size_t flips = 0;
  std::size_t rows = 0;
  std::mt19937_64 random = seeded_random();
  const std::vector<Recorded> files = files_with_checksums();
  for (const Recorded& file : files) {
    SCOPED_TRACE(file.name);
    const Decoded expected = decode(file.events);
    rows += expected.rows.size();
    constexpr std::size_t kMagicBits = 32;
    for (std::size_t i = 0; i < damages_per_file(kFlipsPerFile); ++i) {
      ByteList damaged = file.file;
      const std::size_t bit = kMagicBits + random() % (8 * file.file.size() - kMagicBits);
      flip_bit(damaged, bit);
      const Decoded decoded = decode(cut_events(damaged));
      ASSERT_TRUE(begins_with(expected.rows, decoded.rows)) << "bit " << bit;
      ASSERT_TRUE(!decoded.whole || decoded.rows == expected.rows) << "bit " << bit;
      ++flips;
    }
  }
  std::cout << files.size() << " files of " << rows << " rows, each " << flips / files.size()
            << " times with a wrong bit\n";
  EXPECT_GT(rows, 0U);
}

/// The events as a server without checksums writes them.
std::vector<ByteList> without_checksums(const Recorded& file) {
  std::vector<ByteList> plain = file.events;
  if (file.checksum == Checksum::kNone) return plain;
  for (ByteList& event : plain) {
    event.resize(event.size() - kChecksumSize);
    if (type_in(event) != EventType::kFormatDescription) {
      set_size(event);
      continue;
    }
    event.back() = 0;  // the algorithm
    const auto sum = static_cast<std::uint32_t>(crc32_z(0, event.data(), event.size()));
    event.resize(event.size() + kChecksumSize);
    put_u32(event, event.size() - kChecksumSize, sum);
  }
  return plain;
}

/// The description, and the transaction around one event: from its beginning to some events on.
struct Piece {
  std::vector<ByteList> events;
  std::size_t damaged = 0;  ///< Index of that one event.

  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const ByteList& event : events) sum += event.size();
    return sum;
  }
};

Piece piece_around(const std::vector<ByteList>& events, std::size_t index) {
  constexpr std::size_t kEventsBehind = 4;
  const auto begins = [](const ByteList& event) {
    return type_in(event) == EventType::kGtid || type_in(event) == EventType::kGtidTagged ||
           type_in(event) == EventType::kAnonymousGtid || type_in(event) == EventType::kMariadbGtid;
  };
  std::size_t first = index;
  while (first > 1 && !begins(events[first])) --first;
  const std::size_t last = std::min(events.size(), index + 1 + kEventsBehind);
  Piece piece{{events.front()}, index - first + 1};
  piece.events.insert(piece.events.end(), events.begin() + static_cast<std::ptrdiff_t>(first),
                      events.begin() + static_cast<std::ptrdiff_t>(last));
  return piece;
}

/// Decodes a piece and returns the bytes of memory beyond what it may take; 0 if none.
std::size_t memory_too_much(const Piece& piece) {
  AllocationMeter::start();
  decode(piece.events);
  const std::size_t peak = AllocationMeter::peak_bytes();
  return peak - std::min(peak, fuzz::memory_allowed_for(piece.bytes()));
}

/// Makes the bytes from `at` on a number that is larger than any event.
void put_large_number(ByteList& event, std::size_t at, std::uint8_t first_byte) {
  constexpr std::size_t kNumberSize = 9;
  const std::size_t end = std::min(event.size(), at + kNumberSize);
  std::fill(event.begin() + static_cast<std::ptrdiff_t>(at),
            event.begin() + static_cast<std::ptrdiff_t>(end), std::uint8_t{0x7f});
  event[at] = first_byte;
}

/// Cuts the event, or turns one bit of its body.
void damage(ByteList& event, std::mt19937_64& random) {
  if (event.size() <= EventHeader::kSize) return;
  const std::size_t body = event.size() - EventHeader::kSize;
  if (random() % 2 == 0) {
    event.resize(EventHeader::kSize + random() % body);
    set_size(event);
  } else {
    flip_bit(event, 8 * EventHeader::kSize + random() % (8 * body));
  }
}

TEST(DamagedBinlog, WithoutChecksumsCrashesNothingAndTakesNoMemory) {
  constexpr std::size_t kDamagesPerFile = 100;
  std::size_t damages = 0;
  std::mt19937_64 random = seeded_random();
  const std::vector<Recorded> files = recorded_files();
  for (const Recorded& file : files) {
    SCOPED_TRACE(file.name);
    const std::vector<ByteList> events = without_checksums(file);
    for (std::size_t i = 0; i < damages_per_file(kDamagesPerFile); ++i) {
      Piece piece = piece_around(events, 1 + random() % (events.size() - 1));
      damage(piece.events[piece.damaged], random);
      ASSERT_EQ(memory_too_much(piece), 0U) << "damage " << i;
      ++damages;
    }
  }
  std::cout << files.size() << " files, " << damages << " damaged pieces\n";
  EXPECT_GT(damages, 0U);
}

// Wherever a size or a count may stand, in some small events of each type in each file.
// As a plain number, a length-encoded one, and the size in front of MariaDB's compressed bytes.
TEST(DamagedBinlog, LargeNumberAnywhereTakesNoMemory) {
  constexpr std::size_t kSmall = 400;
  constexpr std::size_t kEventsPerType = 2;
  constexpr std::array<std::uint8_t, 3> kFirstBytes{0x7f, 0xfe, 0x84};
  std::size_t damages = 0;
  std::size_t damaged_files = 0;
  const std::vector<Recorded> files = recorded_files();
  for (const Recorded& file : files) {
    SCOPED_TRACE(file.name);
    if (!file.names_columns && !mutates_all()) continue;
    const std::vector<ByteList> events = without_checksums(file);
    ++damaged_files;
    std::map<EventType, std::set<std::size_t>> sizes;
    for (std::size_t index = 1; index < events.size(); ++index) {
      const EventType type = type_in(events[index]);
      if (events[index].size() > kSmall || sizes[type].size() == kEventsPerType) continue;
      if (!sizes[type].insert(events[index].size()).second) continue;
      const Piece whole = piece_around(events, index);
      for (std::size_t at = EventHeader::kSize; at < events[index].size(); ++at) {
        for (const std::uint8_t first_byte : kFirstBytes) {
          Piece piece = whole;
          put_large_number(piece.events[piece.damaged], at, first_byte);
          ASSERT_EQ(memory_too_much(piece), 0U) << binlog::name_of(type) << " event, byte " << at;
          ++damages;
        }
      }
    }
  }
  std::cout << damaged_files << " files, " << damages << " large numbers\n";
  EXPECT_GT(damages, 0U);
}

}  // namespace
}  // namespace pikachu::corpus
