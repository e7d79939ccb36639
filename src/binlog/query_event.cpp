#include <cstddef>

#include "binlog/event_body.h"
#include "binlog/events.h"
#include "binlog/inflater.h"

namespace pikachu::binlog {

namespace {

// Status variables, as far as their sizes are needed to reach the others.
// Spec: mysql-server 9.7 libs/mysql/binlog/event/statement_events.h, enum Query_event_status_vars;
// MariaDB 11.8 sql/log_event.h, Q_HRNOW to Q_CHARACTER_SET_COLLATIONS.
enum class StatusVariable : std::uint8_t {
  kFlags2 = 0,
  kSqlMode = 1,
  kCatalog = 2,
  kAutoIncrement = 3,
  kCharset = 4,
  kTimeZone = 5,
  kCatalogWithoutNul = 6,
  kLcTimeNames = 7,
  kDatabaseCharset = 8,
  kTableMapForUpdate = 9,
  kMasterDataWritten = 10,
  kInvoker = 11,
  kUpdatedDatabases = 12,
  kMicroseconds = 13,
  kCommitTimestamp = 14,
  kCommitTimestamp2 = 15,
  kExplicitDefaultsForTimestamp = 16,
  kDdlXid = 17,
  kDefaultCollationForUtf8mb4 = 18,
  kRequirePrimaryKey = 19,
  kDefaultTableEncryption = 20,
  kMariadbMicrosecondsOfNow = 128,
  kMariadbXid = 129,
  kMariadbGtidFlags = 130,
  kMariadbCharsetCollations = 131,
};

void skip_updated_databases(wire::ByteReader& in) {
  constexpr std::uint8_t kTooMany = 254;  // then no names follow
  const std::uint8_t count = in.u8();
  if (count == kTooMany) return;
  for (std::uint8_t i = 0; i < count && in.ok(); ++i) {
    while (in.ok() && in.u8() != 0) continue;
  }
}

void read_default_collations(wire::ByteReader& in, Query& query) {
  const std::uint8_t count = in.u8();
  for (std::uint8_t i = 0; i < count && in.ok(); ++i) {
    const std::uint16_t of_charset = in.u16();
    query.default_collations.push_back({of_charset, in.u16()});
  }
}

// Reads one variable; false for one whose size is not known.
bool read_status_variable(wire::ByteReader& in, Query& query) {
  switch (static_cast<StatusVariable>(in.u8())) {
    case StatusVariable::kSqlMode:
      query.sql_mode = in.u64();
      return true;
    case StatusVariable::kCharset:
      query.client_collation = in.u16();
      in.skip(2);  // connection
      query.server_collation = in.u16();
      return true;
    case StatusVariable::kDatabaseCharset:
      query.database_collation = in.u16();
      return true;
    case StatusVariable::kCatalog:
      in.skip(in.u8());
      in.skip(1);
      return true;
    case StatusVariable::kTimeZone:
    case StatusVariable::kCatalogWithoutNul:
      in.skip(in.u8());
      return true;
    case StatusVariable::kInvoker:
      in.skip(in.u8());
      in.skip(in.u8());
      return true;
    case StatusVariable::kUpdatedDatabases:
      skip_updated_databases(in);
      return true;
    case StatusVariable::kExplicitDefaultsForTimestamp:
    case StatusVariable::kRequirePrimaryKey:
    case StatusVariable::kDefaultTableEncryption:
      in.skip(1);
      return true;
    case StatusVariable::kDefaultCollationForUtf8mb4:
      query.utf8mb4_collation = in.u16();
      return true;
    case StatusVariable::kLcTimeNames:
    case StatusVariable::kCommitTimestamp:
    case StatusVariable::kCommitTimestamp2:
      in.skip(2);
      return true;
    case StatusVariable::kMicroseconds:
    case StatusVariable::kMariadbMicrosecondsOfNow:
      in.skip(3);
      return true;
    case StatusVariable::kFlags2:
    case StatusVariable::kAutoIncrement:
    case StatusVariable::kMasterDataWritten:
      in.skip(4);
      return true;
    case StatusVariable::kTableMapForUpdate:
    case StatusVariable::kDdlXid:
    case StatusVariable::kMariadbXid:
      in.skip(8);
      return true;
    case StatusVariable::kMariadbCharsetCollations:
      read_default_collations(in, query);
      return true;
    case StatusVariable::kMariadbGtidFlags:  // Of a size that its own bits decide.
      return false;
  }
  return false;
}

// The text of QUERY_COMPRESSED: 0x80 | n, the length in n bytes big-endian, a zlib stream.
base::Result<void> uncompress(Bytes event, wire::ByteReader& in, std::string& out) {
  constexpr std::uint64_t kSizeMax = std::uint64_t{1} << 30;
  const unsigned head = in.u8();
  const unsigned algorithm = (head & 0x70) >> 4;
  const std::size_t size_bytes = head & 0x07;
  const std::uint64_t size = in.uint_be(size_bytes);
  if (!in.ok()) return truncated_event(event);
  if ((head & 0x80) == 0 || algorithm != 0 || size_bytes == 0 || size_bytes > 4) {
    return base::fail(base::ErrorCode::kUnsupported,
                      "QUERY_COMPRESSED event with compression header " + std::to_string(head) +
                          " is not handled, only zlib (129 to 132) is; SET GLOBAL "
                          "log_bin_compress=OFF on the server");
  }
  if (size > kSizeMax) {
    return corrupt_event(event, "it claims a statement of " + std::to_string(size) +
                                    " bytes, above the limit of 1 GiB");
  }
  // Deflate shrinks so much and no more: a claim beyond that is no reason to allocate.
  const Bytes packed = in.rest();
  bool whole = Inflater::is_possible_size(size, packed.size());
  if (whole) {
    out.resize(static_cast<std::size_t>(size));
    whole = Inflater().inflate(packed, Inflater::Format::kZlib, out);
  }
  if (!whole) {
    return corrupt_event(event, "its compressed statement is damaged or not of the " +
                                    std::to_string(size) + " bytes that it claims");
  }
  return {};
}

}  // namespace

//     thread_id:u32 exec_time:u32 database_size:u8 error_code:u16 status_size:u16
//     [EXECUTE_LOAD_QUERY: file_id:u32 name_begin:u32 name_end:u32 duplicates:u8]
//     status variables, database, NUL, SQL
base::Result<Query> parse_query(Bytes event, std::string& scratch) {
  wire::ByteReader in = read_body(event);
  in.skip(4 + 4);
  const std::size_t database_size = in.u8();
  Query query;
  query.error_code = in.u16();
  const std::size_t status_size = in.u16();
  if (type_of(event) == EventType::kExecuteLoadQuery) in.skip(4 + 4 + 4 + 1);
  wire::ByteReader status(in.bytes(status_size));
  query.database = in.text(database_size);
  in.skip(1);
  if (!in.ok()) return truncated_event(event);

  // Newer servers add variables: what stands after the first unknown one is unknown too.
  while (!status.at_end() && read_status_variable(status, query)) continue;
  if (!status.ok()) return truncated_event(event);

  if (type_of(event) == EventType::kMariadbQueryCompressed) {
    if (auto done = uncompress(event, in, scratch); !done) return base::propagate(std::move(done));
    query.sql = scratch;
  } else {
    query.sql = in.rest_as_text();
  }
  return query;
}

}  // namespace pikachu::binlog
