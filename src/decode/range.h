#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "binlog/events.h"
#include "decode/decode_options.h"
#include "decode/event_reader.h"

namespace pikachu::decode {

/// Which transactions lie between -from and -to, both of which are points between two transactions:
///
///     a time           before the first transaction that was committed at or after it
///     FILE:OFFSET      before the first transaction whose commit stands there or behind
///     a GTID           -from: before that transaction; -to: behind it
///
/// So the ranges before and after one time or offset share no transaction and miss none.
///
/// Times are compared by whoever knows them: when the transaction commits (see from_time()).
///
/// Threads: one owner.
class Range {
 public:
  /// The bounds in `options`. REQUIRES: check(options).
  explicit Range(const DecodeOptions& options);

  /// Passes an event of the `file`-th file: call for each, before it is used.
  /// Errors: kCorrupt for a GTID event that can't be read, where GTIDs are looked for.
  base::Result<void> pass(std::size_t file, const FileEvent& event,
                          const binlog::FormatDescription& format);
  /// A time was met: of a commit, or (`-format events`) of an event.
  void pass_time(std::int64_t unix_seconds);
  /// A transaction ended with the event that was passed last.
  void end_transaction();

  /// Whether there is a bound at all; if not, passing events has no effect.
  bool is_bounded() const { return is_bounded_; }
  /// The time that is the lower bound.
  std::optional<std::int64_t> from_time() const { return from_time_; }

  /// Whether the lower bound has been passed.
  bool begun() const { return begun_; }
  /// Whether the upper bound has been passed: nothing that follows is in the range.
  bool ended() const { return ended_; }

  /// Which transaction was named and not met, for people; empty if all were.
  /// REQUIRES: all events up to the upper bound were passed.
  std::string unmet() const;
  /// Which offset was named that is behind its file's end, for people; empty if none was. The end
  /// itself is none: what the server writes next stands there. REQUIRES: all events were passed.
  std::string beyond() const;

 private:
  struct FilePoint {
    std::size_t file = 0;
    std::uint64_t offset = 0;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads a defaulted <=>.
    auto operator<=>(const FilePoint&) const = default;
  };

  /// The offset behind the last event of each file, or its magic bytes.
  std::vector<std::uint64_t> ends_;
  std::vector<std::string> names_;  ///< Of the files.
  std::optional<std::int64_t> from_time_;
  std::optional<std::int64_t> to_time_;
  std::optional<FilePoint> from_file_;
  std::optional<FilePoint> to_file_;
  std::optional<std::string> from_gtid_;
  std::optional<std::string> to_gtid_;
  bool is_bounded_ = false;
  bool begun_ = true;
  bool in_last_transaction_ = false;  ///< That of to_gtid_.
  bool ended_ = false;
};

}  // namespace pikachu::decode
