#include "decode/event_lines.h"

#include <string>
#include <utility>

#include "decode/json_line.h"
#include "wire/byte_reader.h"

namespace pikachu::decode {

using binlog::EventHeader;

base::Result<void> EventLines::take(const FileEvent& event,
                                    const binlog::FormatDescription& format) {
  offset_ = event.offset;
  auto taken = take_verified(event, format);
  if (taken) return taken;
  return base::propagate(std::move(taken), "at " + where_is(file_->name, event.offset) + " (" +
                                               to_string(event.type) + ")");
}

base::Result<void> EventLines::take_verified(const FileEvent& event,
                                             const binlog::FormatDescription& format) {
  const auto bytes = binlog::verify_checksum(event.bytes, format.checksum);
  if (!bytes) return tl::unexpected(bytes.error());
  if (auto passed = range_.pass(file_->index, event, format); !passed) return passed;
  const auto seconds = wire::ByteReader(*bytes).u32();
  if (seconds != 0) range_.pass_time(seconds);
  if (range_.ended()) return {};

  if (auto written = write(*bytes, format, event.bytes.size(), std::nullopt); !written) {
    return written;
  }
  if (event.type == binlog::EventType::kTransactionPayload) return write_nested(*bytes, format);
  return {};
}

base::Result<void> EventLines::write_nested(binlog::Bytes payload,
                                            const binlog::FormatDescription& format) {
  if (auto opened = payload_.open(payload); !opened) return opened;
  for (std::uint64_t ordinal = 0;; ++ordinal) {
    const auto nested = payload_.next();
    if (!nested) return tl::unexpected(nested.error());
    if (!*nested) return {};
    if (auto written = write(**nested, format, (*nested)->size(), ordinal); !written) {
      return written;
    }
  }
}

base::Result<void> EventLines::write(binlog::Bytes event, const binlog::FormatDescription& format,
                                     std::uint64_t stored_size,
                                     std::optional<std::uint64_t> nested) {
  wire::ByteReader in(event);
  EventHeader header;
  header.timestamp = in.u32();
  header.type = static_cast<binlog::EventType>(in.u8());
  header.server_id = in.u32();
  in.skip(sizeof header.event_size + sizeof header.log_pos);
  header.flags = in.u16();
  if (nested) statistics_.count_nested(header.type, event.size());
  const auto table = details_.table_of(header, event, format);
  if (!table) return tl::unexpected(table.error());
  const bool is_of_other_table =
      *table != nullptr && !options_.wants_table((*table)->database, (*table)->table);
  if (!range_.begun() || is_of_other_table) return {};

  JsonLine line(output_.text());
  line.text("file", file_->name);
  line.number("offset", offset_);
  if (nested) line.number("nested", *nested);
  line.text("type", to_string(header.type));
  line.number("size", stored_size);
  line.time("timestamp", header.timestamp);
  line.number("server_id", header.server_id);
  if (*table != nullptr) {
    line.text("database", (*table)->database);
    line.text("table", (*table)->table);
  }
  if (auto written = details_.write(header, event, format, line); !written) return written;
  line.end();
  return output_.end_line();
}

}  // namespace pikachu::decode
