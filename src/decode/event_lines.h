#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "binlog/transaction_payload.h"
#include "decode/decode_options.h"
#include "decode/event_details.h"
#include "decode/event_visitor.h"
#include "decode/output.h"
#include "decode/range.h"
#include "decode/statistics.h"

namespace pikachu::decode {

/// Writes a line for each event, also for those in a transaction payload: `-format events`.
///
///     {"file":"mysql-bin.000042","offset":4,"type":"FORMAT_DESCRIPTION","size":122,
///      "timestamp":"2026-11-20T12:00:00Z","server_id":1,…}
///
/// Threads: one owner. Spec: docs/reference/decode.md, "Events".
class EventLines final : public EventVisitor {
 public:
  /// All arguments outlive this object.
  EventLines(const DecodeOptions& options, Range& range, Output& output, Statistics& statistics)
      : options_(options), range_(range), output_(output), statistics_(statistics) {}

  void begin_file(const InputFile& file) override { file_ = &file; }
  base::Result<void> take(const FileEvent& event, const binlog::FormatDescription& format) override;
  base::Result<void> finish() override { return {}; }

 private:
  base::Result<void> take_verified(const FileEvent& event, const binlog::FormatDescription& format);
  /// `nested`: the event's ordinal in the payload that it stands in.
  base::Result<void> write(binlog::Bytes event, const binlog::FormatDescription& format,
                           std::uint64_t stored_size, std::optional<std::uint64_t> nested);
  base::Result<void> write_nested(binlog::Bytes payload, const binlog::FormatDescription& format);

  const DecodeOptions& options_;
  Range& range_;
  Output& output_;
  Statistics& statistics_;
  const InputFile* file_ = nullptr;
  std::uint64_t offset_ = 0;
  EventDetails details_;
  binlog::PayloadReader payload_;
};

}  // namespace pikachu::decode
