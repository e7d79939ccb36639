#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace pikachu::binlog {

using Bytes = std::span<const std::uint8_t>;

/// Every event type that servers are known to write. The numbers are the wire's.
/// Spec: mysql-server 9.7 libs/mysql/binlog/event/binlog_event.h, enum Log_event_type; MariaDB 11.8
/// sql/log_event.h, enum Log_event_type (160 and up).
enum class EventType : std::uint8_t {
  kUnknown = 0,
  kStartV3 = 1,
  kQuery = 2,
  kStop = 3,
  kRotate = 4,
  kIntvar = 5,
  kLoad = 6,
  kSlave = 7,
  kCreateFile = 8,
  kAppendBlock = 9,
  kExecLoad = 10,
  kDeleteFile = 11,
  kNewLoad = 12,
  kRand = 13,
  kUserVar = 14,
  kFormatDescription = 15,
  kXid = 16,
  kBeginLoadQuery = 17,
  kExecuteLoadQuery = 18,
  kTableMap = 19,
  kPreGaWriteRows = 20,
  kPreGaUpdateRows = 21,
  kPreGaDeleteRows = 22,
  kWriteRowsV1 = 23,
  kUpdateRowsV1 = 24,
  kDeleteRowsV1 = 25,
  kIncident = 26,
  kHeartbeat = 27,
  kIgnorable = 28,
  kRowsQuery = 29,
  kWriteRowsV2 = 30,
  kUpdateRowsV2 = 31,
  kDeleteRowsV2 = 32,
  kGtid = 33,
  kAnonymousGtid = 34,
  kPreviousGtids = 35,
  kTransactionContext = 36,
  kViewChange = 37,
  kXaPrepare = 38,
  kPartialUpdateRows = 39,
  kTransactionPayload = 40,
  kHeartbeatV2 = 41,
  kGtidTagged = 42,
  kLargeTransactionHeader = 43,
  kMariadbAnnotateRows = 160,
  kMariadbBinlogCheckpoint = 161,
  kMariadbGtid = 162,
  kMariadbGtidList = 163,
  kMariadbStartEncryption = 164,
  kMariadbQueryCompressed = 165,
  kMariadbWriteRowsCompressedV1 = 166,
  kMariadbUpdateRowsCompressedV1 = 167,
  kMariadbDeleteRowsCompressedV1 = 168,
  kMariadbWriteRowsCompressedV2 = 169,
  kMariadbUpdateRowsCompressedV2 = 170,
  kMariadbDeleteRowsCompressedV2 = 171,
  kMariadbPartialRowData = 172,
};

/// The field's name, "TABLE_MAP"; "" for a number that no server is known to write.
std::string_view name_of(EventType type);
/// The same for people: "TABLE_MAP", or "type 99".
std::string to_string(EventType type);

/// The 19 bytes that every binlog v4 event starts with.
///
///     timestamp:u32 type:u8 server_id:u32 event_size:u32 log_pos:u32 flags:u16
///
/// All integers are little-endian.
/// Spec: MySQL Source Code Documentation 9, "Binlog Event"; MariaDB Knowledge Base, "2-Binlog Event
/// Header".
struct EventHeader {
  static constexpr std::size_t kSize = 19;
  /// Of a whole event: servers let one have 1 GiB, and a little for what stands around its rows.
  static constexpr std::uint32_t kSizeMax = (std::uint32_t{1} << 30U) + (1U << 20U);
  static constexpr std::uint16_t kFlagInUse = 0x0001;  ///< Format description only.
  static constexpr std::uint16_t kFlagThreadSpecific = 0x0004;
  static constexpr std::uint16_t kFlagArtificial = 0x0020;  ///< Made up for this client.
  static constexpr std::uint16_t kFlagIgnorable = 0x0080;   ///< Unknown types may be passed over.
  static constexpr std::uint16_t kFlagSkipReplication = 0x8000;  ///< MariaDB.

  std::uint32_t timestamp = 0;  ///< Seconds since the epoch on the server; 0 if artificial.
  EventType type = EventType::kUnknown;
  std::uint32_t server_id = 0;   ///< Of the server that ran the statement first.
  std::uint32_t event_size = 0;  ///< Bytes: header, body and checksum together.
  /// Where the event ends, modulo 2^32; 0 for many events of MariaDB 11.4 and up and in payloads.
  /// Never a trustworthy offset: count sizes instead.
  std::uint32_t log_pos = 0;
  std::uint16_t flags = 0;

  bool is_artificial() const { return (flags & kFlagArtificial) != 0 || timestamp == 0; }
};

/// Reads one header.
/// Errors: kCorrupt if fewer than 19 bytes are there, or event_size is below 19 or not
/// bytes.size().
base::Result<EventHeader> read_event_header(Bytes bytes);

/// How an event's bytes are protected.
enum class Checksum : std::uint8_t { kNone = 0, kCrc32 = 1 };

/// Cuts the checksum off `event` (header and body remain) and verifies it. A format description
/// always has the field, and its sum is computed with kFlagInUse cleared; that of a server without
/// checksums may be another, because servers do not compute it again after a change.
/// Errors: kCorrupt, with both sums.
base::Result<Bytes> verify_checksum(Bytes event, Checksum checksum);

}  // namespace pikachu::binlog
