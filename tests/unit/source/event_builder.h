#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "binlog/event_header.h"

namespace pikachu::source::testing {

using EventBytes = std::vector<std::uint8_t>;

/// Writes binlog events by hand, without checksums, for a table of one INT column named `id`
/// (binlog_row_metadata=FULL). Layouts: docs/formats/binlog-events.md and rows-event.md.
///
/// log_pos is filled in as a server would, from the sizes of the events built so far.
class EventBuilder {
 public:
  enum class Server { kMysql, kMariadb };
  explicit EventBuilder(Server server) : server_(server) {}

  /// Whether log_pos is written as 0, as MariaDB 11.4 does inside transactions.
  bool log_pos_is_zero = false;
  std::uint32_t timestamp = 1'700'000'000;
  std::uint16_t flags = 0;

  EventBytes artificial_rotate(std::string_view file, std::uint64_t offset) {
    EventBytes body;
    put(body, offset, 8);
    body.insert(body.end(), file.begin(), file.end());
    next_ = offset;
    return header(binlog::EventType::kRotate, body, 0, 0, binlog::EventHeader::kFlagArtificial);
  }

  EventBytes rotate(std::string_view file) {
    EventBytes body;
    put(body, 4, 8);
    body.insert(body.end(), file.begin(), file.end());
    return in_file(binlog::EventType::kRotate, body);
  }

  EventBytes format_description(std::uint32_t created = 0) {
    EventBytes body;
    put(body, 4, 2);
    std::string version = server_ == Server::kMysql ? "9.7.4" : "10.11.19-MariaDB";
    version.resize(50, '\0');
    body.insert(body.end(), version.begin(), version.end());
    put(body, created, 4);
    put(body, binlog::EventHeader::kSize, 1);
    std::vector<std::uint8_t> lengths(server_ == Server::kMysql ? 42 : 171, 0);
    const auto set = [&](binlog::EventType type, std::uint8_t length) {
      lengths[static_cast<std::size_t>(type) - 1] = length;
    };
    set(binlog::EventType::kQuery, 13);
    set(binlog::EventType::kRotate, 8);
    set(binlog::EventType::kTableMap, 8);
    set(binlog::EventType::kWriteRowsV1, 8);
    set(binlog::EventType::kWriteRowsV2, 10);
    set(binlog::EventType::kGtid, 42);
    if (server_ == Server::kMariadb) set(binlog::EventType::kMariadbGtid, 19);
    body.insert(body.end(), lengths.begin(), lengths.end());
    put(body, 0, 1);  // the other events have no checksums
    put(body, 0, 4);
    auto event = in_file(binlog::EventType::kFormatDescription, body);
    seal(event);
    return event;
  }

  /// Writes the checksum into the last four bytes of a format description.
  static void seal(EventBytes& event) {
    event.resize(event.size() - 4);
    std::uint32_t crc = 0xffffffffU;
    for (const auto byte : event) {
      crc ^= byte;
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ (0xedb88320U & (0U - (crc & 1U)));
    }
    put(event, ~crc, 4);
  }

  /// MariaDB's flags of a GTID: those of the event, and the further ones from bit 8 on.
  enum MariadbGtidFlags : std::uint16_t {
    kGroup = 0,
    kStandalone = 1,
    kPreparedXa = 64,
    kCompletedXa = 128 | kStandalone,
    kCompletedXaInGroup = 128,  // no server is known to write it so
    kStartAlter = 2U << 8U | kStandalone,
    kCommitAlter = 4U << 8U | kStandalone,
  };

  /// MySQL: 00112233-…-ff:`number`. MariaDB: 0-1-`number`.
  EventBytes gtid(std::uint64_t number, MariadbGtidFlags gtid_flags = kGroup) {
    EventBytes body;
    if (server_ == Server::kMariadb) {
      put(body, number, 8);
      put(body, 0, 4);
      put(body, gtid_flags & 0xffU, 1);
      if ((gtid_flags & (64U | 128U)) != 0) put(body, 0, 4 + 1 + 1);  // an XA id of no bytes
      put(body, gtid_flags >> 8U, 1);
      put(body, 0, 8);
      return in_file(binlog::EventType::kMariadbGtid, body);
    }
    put(body, 1, 1);
    for (std::uint8_t i = 0; i < 16; ++i) put(body, std::uint64_t{i} * 0x11U, 1);
    put(body, number, 8);
    return in_file(binlog::EventType::kGtid, body);
  }

  EventBytes query(std::string_view sql, std::string_view database = "shop",
                   std::uint16_t error_code = 0) {
    EventBytes body;
    put(body, 7, 4);
    put(body, 0, 4);
    put(body, database.size(), 1);
    put(body, error_code, 2);
    put(body, 0, 2);
    body.insert(body.end(), database.begin(), database.end());
    body.push_back(0);
    body.insert(body.end(), sql.begin(), sql.end());
    return in_file(binlog::EventType::kQuery, body);
  }

  /// The id of what XA_PREPARE prepares: X'6162',X'',1.
  static constexpr std::string_view kXaId = "X'6162',X'',1";
  EventBytes xa_prepare(bool one_phase = false) {
    EventBytes body;
    put(body, one_phase ? 1 : 0, 1);
    put(body, 1, 4);
    put(body, 2, 4);
    put(body, 0, 4);
    put(body, 'a', 1);
    put(body, 'b', 1);
    return in_file(binlog::EventType::kXaPrepare, body);
  }

  /// ROWS_QUERY, or ANNOTATE_ROWS.
  EventBytes rows_query(std::string_view sql) {
    EventBytes body(sql.begin(), sql.end());
    if (server_ == Server::kMariadb) return in_file(binlog::EventType::kMariadbAnnotateRows, body);
    body.insert(body.begin(), static_cast<std::uint8_t>(sql.size()));
    return in_file(binlog::EventType::kRowsQuery, body);
  }

  EventBytes xid() {
    EventBytes body;
    put(body, 99, 8);
    return in_file(binlog::EventType::kXid, body);
  }

  /// `type` is that of the column; 3 is INT. Without a column's name there is no key either
  /// (binlog_row_metadata=MINIMAL).
  EventBytes table_map(std::uint64_t id, std::string_view table, std::string_view column = "id",
                       std::uint8_t type = 3) {
    EventBytes body;
    put(body, id, 6);
    put(body, 1, 2);
    put_string(body, "shop");
    body.push_back(0);
    put_string(body, table);
    body.push_back(0);
    put(body, 1, 1);  // columns
    put(body, type, 1);
    put(body, 0, 1);  // no metadata
    put(body, 0, 1);  // not null
    put(body, 1, 1);  // SIGNEDNESS
    put(body, 1, 1);
    put(body, 0, 1);
    if (column.empty()) return in_file(binlog::EventType::kTableMap, body);
    put(body, 4, 1);  // COLUMN_NAME
    put(body, column.size() + 1, 1);
    put_string(body, column);
    put(body, 8, 1);  // SIMPLE_PRIMARY_KEY
    put(body, 1, 1);
    put(body, 0, 1);
    return in_file(binlog::EventType::kTableMap, body);
  }

  /// A WRITE_ROWS event with one row for each id.
  EventBytes insert(std::uint64_t table_id, const std::vector<std::uint32_t>& ids,
                    bool ends_statement = true) {
    EventBytes body;
    put(body, table_id, 6);
    put(body, ends_statement ? 1 : 0, 2);
    const bool mysql = server_ == Server::kMysql;
    if (mysql) put(body, 2, 2);  // no extra data
    put(body, 1, 1);             // columns
    put(body, 0xff, 1);          // all present
    for (const auto id : ids) {
      put(body, 0xfe, 1);
      put(body, id, 4);
    }
    return in_file(mysql ? binlog::EventType::kWriteRowsV2 : binlog::EventType::kWriteRowsV1, body);
  }

  EventBytes heartbeat() const {
    const std::string_view file = "binlog.000001";
    EventBytes body(file.begin(), file.end());
    return header(binlog::EventType::kHeartbeat, body, 0, static_cast<std::uint32_t>(next_), 0);
  }

  EventBytes event_of_type(std::uint8_t type, std::uint16_t event_flags,
                           const EventBytes& body = EventBytes(8, 0)) {
    flags = event_flags;
    auto event = in_file(static_cast<binlog::EventType>(type), body);
    flags = 0;
    return event;
  }

  /// Offset behind the last event that stands in the file.
  std::uint64_t end() const { return next_; }

 private:
  static void put(EventBytes& out, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
      out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
  }
  static void put_string(EventBytes& out, std::string_view text) {
    put(out, text.size(), 1);
    out.insert(out.end(), text.begin(), text.end());
  }

  EventBytes in_file(binlog::EventType type, const EventBytes& body) {
    next_ += binlog::EventHeader::kSize + body.size();
    const bool zero = log_pos_is_zero && type != binlog::EventType::kXid;
    return header(type, body, timestamp, zero ? 0 : static_cast<std::uint32_t>(next_), flags);
  }

  static EventBytes header(binlog::EventType type, const EventBytes& body, std::uint32_t timestamp,
                           std::uint32_t log_pos, std::uint16_t flags) {
    EventBytes event;
    put(event, timestamp, 4);
    put(event, static_cast<std::uint64_t>(type), 1);
    put(event, 1, 4);
    put(event, binlog::EventHeader::kSize + body.size(), 4);
    put(event, log_pos, 4);
    put(event, flags, 2);
    event.insert(event.end(), body.begin(), body.end());
    return event;
  }

  const Server server_;
  std::uint64_t next_ = 4;
};

}  // namespace pikachu::source::testing
