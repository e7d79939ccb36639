#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "binlog/events.h"
#include "decode/event_reader.h"

namespace pikachu::decode {

/// One of the files that are decoded as one stream.
struct InputFile {
  std::size_t index = 0;
  std::string name;  ///< As its server named it: binlog_name().
  /// Whether it is where the file before it led to; else something is missing, or it is the first.
  bool follows = false;
};

/// What becomes of the events of a sequence of files: begin_file, take for each event, and so on;
/// finish at the very end.
class EventVisitor {
 public:
  EventVisitor() = default;
  virtual ~EventVisitor() = default;
  EventVisitor(const EventVisitor&) = delete;
  EventVisitor& operator=(const EventVisitor&) = delete;

  /// Lifetime: `file` stays as it is until finish() has returned.
  virtual void begin_file(const InputFile& file) = 0;

  /// Takes the next event. `format`: the description that is in force, which is the event itself
  /// where it is one. The first event of a file is one.
  /// Errors: whatever ends the run; the message says where in which file.
  virtual base::Result<void> take(const FileEvent& event,
                                  const binlog::FormatDescription& format) = 0;

  /// All files were read to their ends. Errors: kCorrupt if something has begun and not ended.
  virtual base::Result<void> finish() = 0;
};

/// "mysql-bin.000042:1234"
inline std::string where_is(const std::string& file, std::uint64_t offset) {
  return file + ":" + std::to_string(offset);
}

}  // namespace pikachu::decode
