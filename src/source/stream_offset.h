#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "binlog/event_header.h"

namespace pikachu::source {

/// Where the events of a stream stand in their files, counted in 64 bits.
///
/// Sizes are added up, because log_pos can't be trusted: it wraps at 4 GiB, and is 0 for events
/// that went through a cache on MariaDB 11.4 and up. Where log_pos is there it corrects the count,
/// and only forwards: the server has then passed over events that this client is not sent.
///
/// Spec: docs/formats/binlog-events.md, "Offsets".
class StreamOffset {
 public:
  /// Goes on at `offset` of `file`: the start of a stream, or what a ROTATE says.
  void move_to(std::string_view file, std::uint64_t offset);

  /// Passes an event. Artificial events, heartbeats and a format description that is repeated for a
  /// start in mid-file are not in the file, and count nothing.
  void pass(const binlog::EventHeader& header);

  /// What pass() changes: to take it back.
  struct Mark {
    std::uint64_t event_start = 0;
    std::uint64_t end = 0;
  };
  Mark mark() const { return {event_start_, end_}; }
  /// As if what was passed since then had not come. REQUIRES: no move_to() since then.
  void go_back(const Mark& mark) {
    event_start_ = mark.event_start;
    end_ = mark.end;
  }

  const std::string& file() const { return file_; }
  /// Offset of the first byte of the event that was passed last.
  std::uint64_t event_start() const { return event_start_; }
  /// Offset behind it.
  std::uint64_t end() const { return end_; }
  /// "mysql-bin.000042:1234" for the event that was passed last.
  std::string to_string() const { return file_ + ":" + std::to_string(event_start_); }

 private:
  std::string file_;
  std::uint64_t event_start_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace pikachu::source
