#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encode/body.h"
#include "source/transaction_assembler.h"
#include "wire/byte_reader.h"

namespace pikachu::corpus {

using ByteList = std::vector<std::uint8_t>;

/// What a binlog file holds behind its magic, cut into events where the sizes in it say, right or
/// wrong.
inline std::vector<ByteList> cut_events(const ByteList& file) {
  constexpr std::size_t kMagicSize = 4;
  constexpr std::size_t kSizeOffset = 9;
  std::vector<ByteList> events;
  binlog::Bytes rest = binlog::Bytes(file).subspan(kMagicSize);
  while (!rest.empty()) {
    wire::ByteReader in(rest);
    in.skip(kSizeOffset);
    const std::size_t stated = in.u32();
    const std::size_t size = std::clamp<std::size_t>(stated, 1, rest.size());
    events.emplace_back(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
    rest = rest.subspan(size);
  }
  return events;
}

/// Knows no table.
class NoSchemas final : public source::SchemaReader {
 public:
  base::Result<std::optional<change::TableSchema>> read(const std::string&, const std::string&,
                                                        const std::stop_token&) override {
    return std::optional<change::TableSchema>();
  }
};

/// Decodes a stream of events and keeps each row as text.
class DecodedStream {
 public:
  explicit DecodedStream(source::ColumnFilter wants_column = {})
      : assembler_(
            options(std::move(wants_column)),
            [](std::string_view, std::string_view) { return true; }, schemas_,
            [](const source::Notice&) {}) {
    source::OpenedStream opened;
    opened.start.file = "binlog.000001";
    opened.start.offset = 4;
    opened.checksum_negotiated = true;
    assembler_.restart(opened);
  }

  /// False if the event or one of its rows was refused.
  bool take(binlog::Bytes event) {
    const auto step = assembler_.take(event, {});
    if (!step) {
      error_ = step.error();
      return false;
    }
    if (*step != source::TransactionAssembler::Step::kCommitted) return true;
    while (true) {
      const auto row = assembler_.next_row();
      if (!row) {
        error_ = row.error();
        return false;
      }
      if (*row == nullptr) return true;
      bodies_.append_decoded(**row, rows_.emplace_back());
    }
  }

  /// All events, until one is refused.
  bool take_all(const std::vector<ByteList>& events) {
    return std::ranges::all_of(events, [this](const ByteList& event) { return take(event); });
  }

  const std::vector<std::string>& rows() const { return rows_; }
  const base::Error& error() const { return error_; }

 private:
  static source::SourceOptions options(source::ColumnFilter wants_column) {
    source::SourceOptions made;
    made.allow_unnamed = true;
    made.wants_column = std::move(wants_column);
    return made;
  }

  NoSchemas schemas_;
  source::TransactionAssembler assembler_;
  encode::BodyWriter bodies_;
  std::vector<std::string> rows_;
  base::Error error_;
};

/// The rows of a whole stream, and whether it ended without an error. Some do not: their tables
/// need a definition that is not there.
struct Decoded {
  std::vector<std::string> rows;
  bool whole = false;
};

inline Decoded decode(const std::vector<ByteList>& events) {
  DecodedStream stream;
  const bool whole = stream.take_all(events);
  return {stream.rows(), whole};
}

}  // namespace pikachu::corpus
