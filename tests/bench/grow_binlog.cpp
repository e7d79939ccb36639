// Makes a large binlog file out of a small recorded one: the transactions with rows in it, over and
// over, with the offsets, GTIDs and checksums that their new places ask for.
//
//     grow_binlog many|one BYTES RECORDED > LARGE
//
// many: as they are; one: all in a single transaction. Stops behind the repetition that reaches
// BYTES, and prints to standard error how many there are.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <span>
#include <string_view>
#include <vector>

#include <unistd.h>
#include <zlib.h>

#include "binlog/events.h"
#include "binlog/rows_event.h"
#include "tests/support/binlog_file.h"

namespace {

using pikachu::binlog::Bytes;
using pikachu::binlog::Checksum;
using pikachu::binlog::EventHeader;
using pikachu::binlog::EventType;
using pikachu::test::BinlogFile;
using EventBytes = std::vector<std::uint8_t>;

constexpr std::size_t kTypeOffset = 4;
constexpr std::size_t kLogPosOffset = 13;
constexpr std::size_t kMysqlNumberOffset = EventHeader::kSize + 1 + 16;  // flags, UUID
constexpr std::size_t kChecksumSize = 4;

EventType type_of(Bytes event) {
  return static_cast<EventType>(event[kTypeOffset]);
}

std::uint64_t read_number(Bytes event, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) value = value << 8U | event[at + i - 1];
  return value;
}

void write_number(EventBytes& event, std::size_t at, std::size_t size, std::uint64_t value) {
  for (std::size_t i = 0; i < size; ++i) event[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
}

bool is_gtid(EventType type) {
  return type == EventType::kGtid || type == EventType::kAnonymousGtid ||
         type == EventType::kMariadbGtid;
}

/// A recorded transaction with rows.
struct Transaction {
  std::vector<EventBytes> begin;   ///< GTID, and BEGIN where there is one.
  std::vector<EventBytes> change;  ///< Table maps and rows.
  EventBytes end;                  ///< XID.
};

struct Recorded {
  std::vector<EventBytes> head;  ///< What stands before the first of them.
  std::vector<Transaction> transactions;
};

Recorded sort_events(const BinlogFile& file) {
  Recorded recorded;
  Transaction open;
  bool has_rows = false;
  std::vector<EventBytes> group;
  const auto pass_group = [&] {
    if (recorded.transactions.empty()) {
      recorded.head.insert(recorded.head.end(), group.begin(), group.end());
    }
    group.clear();
    open = {};
    has_rows = false;
  };
  for (const auto& raw : file.events()) {
    const EventBytes event(raw.bytes.begin(), raw.bytes.end());
    const EventType type = type_of(event);
    if (is_gtid(type)) pass_group();
    group.push_back(event);
    if (type == EventType::kXid && has_rows) {
      open.end = event;
      recorded.transactions.push_back(std::move(open));
      group.clear();
      open = {};
      has_rows = false;
    } else if (is_gtid(type) || type == EventType::kQuery) {
      open.begin.push_back(event);
    } else {
      has_rows = has_rows || pikachu::binlog::is_rows_event(type);
      open.change.push_back(event);
    }
  }
  return recorded;
}

/// Writes events one behind the other, as a server would have at their places.
class Writer {
 public:
  explicit Writer(Checksum checksum) : checksum_(checksum) {
    put(std::array<std::uint8_t, 4>{0xfe, 'b', 'i', 'n'});
  }

  /// As it was recorded.
  void copy(const EventBytes& event) { put(event); }

  void write(EventBytes event) {
    const EventType type = type_of(event);
    if (read_number(event, kLogPosOffset, 4) != 0) {
      write_number(event, kLogPosOffset, 4, offset_ + event.size());  // modulo 4 GiB
    }
    if (type == EventType::kGtid) write_number(event, kMysqlNumberOffset, 8, ++gtid_);
    if (type == EventType::kMariadbGtid) write_number(event, EventHeader::kSize, 8, ++gtid_);
    if (checksum_ == Checksum::kCrc32) {
      const std::size_t size = event.size() - kChecksumSize;
      write_number(event, size, kChecksumSize, crc32_z(0, event.data(), size));
    }
    put(event);
  }

  std::uint64_t offset() const { return offset_; }
  bool flush() {
    for (std::span<const std::uint8_t> left(buffer_); !left.empty() && !failed_;) {
      const auto n = ::write(STDOUT_FILENO, left.data(), left.size());
      if (n <= 0) {
        failed_ = true;
      } else {
        left = left.subspan(static_cast<std::size_t>(n));
      }
    }
    buffer_.clear();
    return !failed_;
  }

 private:
  void put(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t kBlock = std::size_t{1} << 20U;
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    offset_ += bytes.size();
    if (buffer_.size() >= kBlock) flush();
  }

  const Checksum checksum_;
  std::uint64_t offset_ = 0;
  std::uint64_t gtid_ = 1'000'000;  // behind all that were recorded
  std::vector<std::uint8_t> buffer_;
  bool failed_ = false;
};

std::uint64_t grow(const Recorded& recorded, bool in_one, std::uint64_t size, Writer& writer) {
  const auto write_all = [&writer](const std::vector<EventBytes>& events) {
    for (const EventBytes& event : events) writer.write(event);
  };
  std::uint64_t repetitions = 0;
  if (in_one) write_all(recorded.transactions.front().begin);
  for (; writer.offset() < size; ++repetitions) {
    for (const Transaction& transaction : recorded.transactions) {
      if (!in_one) write_all(transaction.begin);
      write_all(transaction.change);
      if (!in_one) writer.write(transaction.end);
    }
  }
  if (in_one) writer.write(recorded.transactions.back().end);
  return repetitions;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view mode = count == 4 ? arguments[1] : "";
  if (mode != "many" && mode != "one") {
    std::cerr << "usage: grow_binlog many|one BYTES RECORDED > LARGE\n";
    return 2;
  }
  const auto file = BinlogFile::read(arguments[3]);
  if (!file) {
    std::cerr << "grow_binlog: " << arguments[3] << ": " << file.error().message << '\n';
    return 1;
  }
  const Recorded recorded = sort_events(*file);
  if (recorded.transactions.empty()) {
    std::cerr << "grow_binlog: " << arguments[3] << " has no transaction with rows\n";
    return 1;
  }
  const auto format = pikachu::binlog::parse_format_description(recorded.head.front());
  if (!format) {
    std::cerr << "grow_binlog: " << arguments[3] << ": " << format.error().message << '\n';
    return 1;
  }
  Writer writer(format->checksum);
  for (const EventBytes& event : recorded.head) writer.copy(event);
  const auto repetitions =
      grow(recorded, mode == "one", std::strtoull(arguments[2], nullptr, 10), writer);
  if (!writer.flush()) {
    std::cerr << "grow_binlog: standard output can't be written\n";
    return 1;
  }
  std::cerr << repetitions << '\n';
  return 0;
}
