#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "binlog/event_header.h"
#include "change/row_change.h"

namespace pikachu::decode {

/// What a run has read and written: the text of -stats. Counting a row costs a comparison and an
/// addition.
///
/// Threads: one owner.
class Statistics {
 public:
  /// An event of a file.
  void count_event(binlog::EventType type, std::size_t size) { count(events_, type, size); }
  /// An event inside another, whose bytes are not in the file as such.
  void count_nested(binlog::EventType type, std::size_t size) { count(nested_, type, size); }
  void count_row(const change::RowChange& change) {
    if (change.table != last_table_) find_table(change);
    ++(*last_rows_)[static_cast<std::size_t>(change.operation)];
  }
  void count_transaction() { ++transactions_; }
  void count_file() { ++files_; }

  /// Writes it as a table for people.
  void print(std::chrono::duration<double> elapsed, std::uint64_t warnings,
             std::ostream& out) const;

 private:
  struct Counted {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
  };
  /// By type.
  using Events = std::array<Counted, 256>;
  /// By change::Operation.
  using Rows = std::array<std::uint64_t, 3>;

  static void count(Events& events, binlog::EventType type, std::size_t size) {
    auto& counted = events[static_cast<std::uint8_t>(type)];
    ++counted.count;
    counted.bytes += size;
  }
  void find_table(const change::RowChange& change);
  /// Prints what was counted under `heading`; returns its bytes.
  static std::uint64_t print_events(const Events& events, std::string_view heading,
                                    std::ostream& out);

  Events events_{};
  Events nested_{};
  std::map<std::string, Rows> tables_;
  /// The last row's table, kept alive so that its address stays its own, and its counts.
  std::shared_ptr<const change::TableSchema> last_table_;
  Rows* last_rows_ = nullptr;
  std::uint64_t transactions_ = 0;
  std::uint64_t files_ = 0;
};

}  // namespace pikachu::decode
