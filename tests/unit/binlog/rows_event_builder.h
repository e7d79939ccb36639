#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "binlog/charset.h"
#include "binlog/event_header.h"
#include "binlog/events.h"
#include "binlog/rows_event.h"
#include "binlog/table_layout.h"
#include "binlog/table_map.h"

namespace pikachu::binlog {

using ByteList = std::vector<std::uint8_t>;

inline ByteList bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

inline ByteList joined(std::initializer_list<ByteList> parts) {
  ByteList all;
  for (const ByteList& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// A format description as current servers send it, as far as rows events need it.
inline FormatDescription current_format(change::Flavor flavor = change::Flavor::kMysql) {
  FormatDescription format;
  format.flavor = flavor;
  format.post_header_lengths.fill(8);
  for (const EventType type :
       {EventType::kWriteRowsV2, EventType::kUpdateRowsV2, EventType::kDeleteRowsV2}) {
    format.post_header_lengths[static_cast<std::size_t>(type) - 1] = 10;
  }
  return format;
}

/// An event of `type` around `body`, as it stands once its checksum is cut off.
inline ByteList event_of(EventType type, const ByteList& body) {
  ByteList header(EventHeader::kSize, 0);
  header[4] = static_cast<std::uint8_t>(type);
  header[9] = static_cast<std::uint8_t>((EventHeader::kSize + body.size()) & 0xffU);
  header[10] = static_cast<std::uint8_t>((EventHeader::kSize + body.size()) >> 8U);
  return joined({header, body});
}

/// The part of a rows event before its column count: table id 1, STMT_END_F.
inline ByteList rows_start(bool version_2) {
  if (version_2) return {1, 0, 0, 0, 0, 0, 1, 0, 2, 0};
  return {1, 0, 0, 0, 0, 0, 1, 0};
}

/// A column of a full table map.
inline MappedColumn mapped_column(std::string name, ColumnType type, std::uint16_t metadata = 0,
                                  std::uint32_t collation_id = kBinaryCollation) {
  MappedColumn column;
  column.name = std::move(name);
  column.type = type;
  column.metadata = metadata;
  column.is_unsigned = false;
  column.collation_id = collation_id;
  return column;
}

inline TableMap table_map(std::vector<MappedColumn> columns) {
  TableMap map;
  map.table_id = 1;
  map.database = "shop";
  map.table = "orders";
  map.columns = std::move(columns);
  return map;
}

/// The layout of a full table map of these columns.
inline TableLayout layout_of(std::vector<MappedColumn> columns) {
  auto layout = make_table_layout(table_map(std::move(columns)), change::Flavor::kMysql, nullptr);
  EXPECT_TRUE(layout) << layout.error().message;
  return layout ? *layout : TableLayout();
}

/// The value of a table's only column, from an insert of a single row.
struct Decoded {
  base::Result<bool> more = true;
  change::Value value;
  std::string bytes;
};
inline Decoded decode_one(const TableLayout& layout, const ByteList& stored) {
  const ByteList event =
      event_of(EventType::kWriteRowsV1, joined({rows_start(false), {1, 0x01, 0xfe}, stored}));
  RowsReader reader;
  Decoded decoded;
  if (auto opened = reader.open(event, current_format(), layout); !opened) {
    decoded.more = tl::unexpected(opened.error());
    return decoded;
  }
  decoded.more = reader.next();
  if (!decoded.more) return decoded;
  decoded.value = reader.after()[0];
  decoded.bytes = decoded.value.bytes;
  return decoded;
}

}  // namespace pikachu::binlog
