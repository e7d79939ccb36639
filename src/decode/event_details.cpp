#include "decode/event_details.h"

#include <utility>

#include "binlog/rows_event.h"
#include "binlog/table_map.h"
#include "decode/definition_history.h"

namespace pikachu::decode {

namespace {

using binlog::EventHeader;
using binlog::EventType;
using binlog::QueryKind;

void write_format(const EventHeader& header, const binlog::FormatDescription& format,
                  JsonLine& line) {
  line.text("server_version", format.server_version);
  line.text("checksum", format.checksum == binlog::Checksum::kCrc32 ? "CRC32" : "NONE");
  if ((header.flags & EventHeader::kFlagInUse) != 0) line.flag("in_use");
}

base::Result<void> write_rotate(binlog::Bytes event, JsonLine& line) {
  const auto rotate = binlog::parse_rotate(event);
  if (!rotate) return tl::unexpected(rotate.error());
  line.text("next_file", rotate->file);
  line.number("next_offset", rotate->offset);
  return {};
}

base::Result<void> write_gtid(binlog::Bytes event, JsonLine& line) {
  const auto gtid = binlog::parse_gtid(event);
  if (!gtid) return tl::unexpected(gtid.error());
  if (!gtid->gtid.empty()) line.text("gtid", gtid->gtid);
  return {};
}

base::Result<void> write_gtids(const base::Result<change::GtidSet>& gtids, JsonLine& line) {
  if (!gtids) return tl::unexpected(gtids.error());
  line.text("gtids", gtids->to_string());
  return {};
}

base::Result<void> write_xid(binlog::Bytes event, JsonLine& line) {
  const auto xid = binlog::parse_xid(event);
  if (!xid) return tl::unexpected(xid.error());
  line.number("xid", *xid);
  return {};
}

base::Result<void> write_xa_prepare(binlog::Bytes event, JsonLine& line) {
  const auto prepare = binlog::parse_xa_prepare(event);
  if (!prepare) return tl::unexpected(prepare.error());
  line.text("xid", prepare->xid);
  if (prepare->one_phase) line.flag("one_phase");
  return {};
}

base::Result<void> write_incident(binlog::Bytes event, JsonLine& line) {
  const auto message = binlog::parse_incident(event);
  if (!message) return tl::unexpected(message.error());
  line.text("message", *message);
  return {};
}

}  // namespace

base::Result<void> EventDetails::write(const EventHeader& header, binlog::Bytes event,
                                       const binlog::FormatDescription& format, JsonLine& line) {
  switch (header.type) {
    case EventType::kFormatDescription:
      write_format(header, format, line);
      return {};
    case EventType::kRotate:
      return write_rotate(event, line);
    case EventType::kPreviousGtids:
      return write_gtids(binlog::parse_previous_gtids(event), line);
    case EventType::kMariadbGtidList:
      return write_gtids(binlog::parse_gtid_list(event), line);
    case EventType::kIncident:
      return write_incident(event, line);
    default:
      return write_group(header, event, line);
  }
}

base::Result<void> EventDetails::write_group(const EventHeader& header, binlog::Bytes event,
                                             JsonLine& line) {
  switch (header.type) {
    case EventType::kGtid:
    case EventType::kAnonymousGtid:
    case EventType::kGtidTagged:
    case EventType::kMariadbGtid:
      return write_gtid(event, line);
    case EventType::kQuery:
    case EventType::kMariadbQueryCompressed:
      return write_query(event, line);
    case EventType::kXid:
      return write_xid(event, line);
    case EventType::kXaPrepare:
      return write_xa_prepare(event, line);
    default:
      return {};
  }
}

base::Result<void> EventDetails::write_query(binlog::Bytes event, JsonLine& line) {
  const auto query = binlog::parse_query(event, scratch_);
  if (!query) return tl::unexpected(query.error());
  if (!query->database.empty()) line.text("database", query->database);
  line.text("kind", to_string(binlog::classify_query(query->sql, query->sql_mode).kind));
  line.text("statement", statement_kind(query->sql, query->sql_mode));
  if (query->error_code != 0) line.number("error_code", query->error_code);
  return {};
}

base::Result<const EventDetails::Table*> EventDetails::table_of(
    const EventHeader& header, binlog::Bytes event, const binlog::FormatDescription& format) {
  const bool is_map = header.type == EventType::kTableMap;
  if (!is_map && !binlog::is_rows_event(header.type)) return nullptr;
  const auto id = binlog::read_table_id(event, format);
  if (!id) return tl::unexpected(id.error());
  if (is_map) {
    const auto name = binlog::read_table_name(event, format);
    if (!name) return tl::unexpected(name.error());
    if (tables_.size() >= kMaxTables) tables_.clear();
    Table& table = tables_[*id];
    table.database = name->database;
    table.table = name->table;
    return &table;
  }
  const auto found = tables_.find(*id);
  return found == tables_.end() ? nullptr : &found->second;
}

std::string_view to_string(QueryKind kind) {
  switch (kind) {
    case QueryKind::kBegin:
      return "begin";
    case QueryKind::kCommit:
      return "commit";
    case QueryKind::kRollback:
      return "rollback";
    case QueryKind::kSavepoint:
      return "savepoint";
    case QueryKind::kRollbackToSavepoint:
      return "rollback_to_savepoint";
    case QueryKind::kReleaseSavepoint:
      return "release_savepoint";
    case QueryKind::kXaStart:
      return "xa_start";
    case QueryKind::kXaEnd:
      return "xa_end";
    case QueryKind::kXaCommit:
      return "xa_commit";
    case QueryKind::kXaRollback:
      return "xa_rollback";
    case QueryKind::kDdl:
    case QueryKind::kCreateTableInTransaction:
      return "definition";
    case QueryKind::kRowChangeStatement:
      return "row_change";
    case QueryKind::kOther:
      return "other";
  }
  return "other";
}

}  // namespace pikachu::decode
