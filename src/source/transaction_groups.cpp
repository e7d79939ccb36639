// How the groups of a stream open and end: the part of TransactionAssembler that reads GTIDs and
// statements.
#include <charconv>
#include <utility>

#include "source/transaction_assembler.h"

namespace pikachu::source {

namespace {

using base::ErrorCode;
using base::fail;
using binlog::EventHeader;
using binlog::EventType;
using binlog::QueryKind;

/// The verb of a statement and the first table that it names, with its database; "?" where the text
/// does not say it plainly.
std::string described(const binlog::QueryMeaning& meaning, const binlog::Query& query) {
  const std::string database =
      meaning.database.empty() ? std::string(query.database) : meaning.database;
  if (meaning.table.empty()) return meaning.name + " ? (default database " + database + ")";
  return meaning.name + " " + database + "." + meaning.table;
}

// The server's text, or as much of it as had room. Others begin with a comment of their own, such
// as "# Dump of table users".
bool is_dummy(std::string_view sql) {
  constexpr std::string_view kText = "# Dummy event replacing event type ";
  if (!sql.starts_with("# Dum")) return false;
  return sql.starts_with(kText) || kText.starts_with(sql.substr(0, sql.find_last_not_of(' ') + 1));
}

}  // namespace

base::Result<TransactionAssembler::Step> TransactionAssembler::take_gtid(binlog::Bytes event) {
  if (in_transaction_) {
    const auto next = binlog::parse_gtid(event);
    return fail(ErrorCode::kCorrupt, "a transaction begins (GTID " +
                                         (next ? next->gtid : std::string("unreadable")) +
                                         ") while another one is still open");
  }
  close_group();
  tables_.begin_transaction();
  if (auto read = binlog::read_gtid(event, gtid_); !read) return base::propagate(std::move(read));
  group_open_ = true;
  if (format_->flavor == change::Flavor::kMariadb) in_transaction_ = !gtid_.standalone;
  return Step::kNothing;
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_query(
    binlog::Bytes event, const EventHeader& header) {
  const auto query = binlog::parse_query(event, query_scratch_);
  if (!query) return tl::unexpected(query.error());
  if (is_dummy(query->sql)) return take_dummy(query->sql);
  const auto meaning = binlog::classify_query(query->sql, query->sql_mode);
  switch (meaning.kind) {
    case QueryKind::kRowChangeStatement:
      on_notice_({Notice::Kind::kStatementFormat, where(), described(meaning, *query)});
      break;
    case QueryKind::kDdl:
    case QueryKind::kCreateTableInTransaction:
      take_definition(*query, header);
      if (meaning.fills_table) {
        on_notice_({Notice::Kind::kStatementFormat, where(), described(meaning, *query)});
      }
      break;
    default:
      break;
  }
  if (header.type == EventType::kExecuteLoadQuery) return Step::kNothing;
  return take_group_query(meaning, header);
}

// What stands in the place of an event that the server withholds: "# Dummy event replacing event
// type 160 that slave cannot handle.", or as much of that as has room. None should come: the stream
// was asked for with all that servers have.
base::Result<TransactionAssembler::Step> TransactionAssembler::take_dummy(std::string_view text) {
  constexpr std::string_view kBeforeType = "event type ";
  unsigned number = 0;
  if (const auto at = text.find(kBeforeType); at != std::string_view::npos) {
    const auto digits = text.substr(at + kBeforeType.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
  }
  const auto type = number < 256 ? static_cast<EventType>(number) : EventType::kUnknown;
  switch (type) {
    case EventType::kMariadbAnnotateRows:
    case EventType::kMariadbBinlogCheckpoint:
    case EventType::kMariadbGtidList:
    case EventType::kMariadbStartEncryption:
      return Step::kNothing;  // no row in them
    default:
      return fail(ErrorCode::kUnsupported,
                  "the server withholds an event here (\"" +
                      std::string(text.substr(0, text.find_last_not_of(' ') + 1)) +
                      "\"), and passing over it could lose changes; upgrade pikachu");
  }
}

// One that failed counts as well: MySQL 5.6 logs DROP TABLE a, nothing with error 1051 when a is
// gone.
void TransactionAssembler::take_definition(const binlog::Query& query, const EventHeader& header) {
  if (gtid_.start_alter || gtid_.rollback_alter) return;
  tables_.forget_mentioned(query.sql);
  schemas_.definition_changed({query, (header.flags & EventHeader::kFlagThreadSpecific) != 0});
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_group_query(
    const binlog::QueryMeaning& meaning, const EventHeader& header) {
  // XA COMMIT and XA ROLLBACK stand in groups of their own; MariaDB's GTID says so.
  const bool is_own_group = in_transaction_ && !gtid_.completed_xa;
  switch (meaning.kind) {
    case QueryKind::kBegin:
    case QueryKind::kXaStart:
      if (in_transaction_ && format_->flavor == change::Flavor::kMysql) {
        return fail(ErrorCode::kCorrupt, "BEGIN stands inside a transaction");
      }
      if (!in_transaction_) tables_.begin_transaction();
      in_transaction_ = true;
      return Step::kNothing;
    case QueryKind::kCommit:
      return commit(header);
    case QueryKind::kXaCommit:
      return is_own_group ? commit(header) : commit_prepared(meaning.name, header);
    case QueryKind::kRollback:
      return drop_transaction();
    case QueryKind::kXaRollback:
      return is_own_group ? drop_transaction() : drop_prepared(meaning.name);
    case QueryKind::kSavepoint:
      buffer_->set_savepoint(meaning.name);
      return Step::kNothing;
    case QueryKind::kRollbackToSavepoint:
      return roll_back_to(meaning.name);
    case QueryKind::kReleaseSavepoint:
      buffer_->release_savepoint(meaning.name);
      return Step::kNothing;
    case QueryKind::kXaEnd:
      return Step::kNothing;
    default:
      break;
  }
  // A definition inside a group (CREATE TABLE … SELECT) leaves it open; alone it is the group.
  return in_transaction_ ? Step::kNothing : commit(header);
}

base::Result<TransactionAssembler::Step> TransactionAssembler::roll_back_to(
    std::string_view savepoint) {
  auto rolled_back = buffer_->rollback_to(savepoint);
  if (rolled_back) return Step::kNothing;
  auto error = std::move(rolled_back.error());
  error.message +=
      ", so which rows it rolled back is not known; compare the tables, then go on behind this "
      "transaction: pikachu state reset -config config.yaml -position gtid:SET or "
      "file:NAME:OFFSET";
  if (buffer_->has_events()) return tl::unexpected(std::move(error));
  // Nobody wants a row of those, but they count in the ordinals of what may follow.
  if (uncountable_.empty()) uncountable_ = std::move(error.message);
  return Step::kNothing;
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_xa_prepare(
    binlog::Bytes event, const EventHeader& header) {
  auto prepare = binlog::parse_xa_prepare(event);
  if (!prepare) return base::propagate(std::move(prepare));
  if (prepare->one_phase) return commit(header);
  if (buffer_->has_events()) {
    PreparedTransaction prepared{std::move(prepare->xid),
                                 std::move(buffer_),
                                 offset_.file(),
                                 format_,
                                 position_,
                                 where(),
                                 std::chrono::steady_clock::now(),
                                 std::nullopt};
    if (auto held = prepared_.hold(prepared); !held) {
      buffer_ = std::move(prepared.rows);
      return base::propagate(std::move(held));
    }
    buffer_ = make_buffer();
  } else {
    prepared_.note(prepare->xid);
  }
  move_position();
  close_group();
  return Step::kMoved;
}

TransactionAssembler::Step TransactionAssembler::commit(const EventHeader& header) {
  move_position();
  if (!describe_transaction(header) || !buffer_->has_events()) {
    close_group();
    return Step::kMoved;
  }
  end_group();
  rows_.begin(*buffer_, transaction_, offset_.file(), format_);
  return Step::kCommitted;
}

TransactionAssembler::Step TransactionAssembler::commit_prepared(const std::string& xid,
                                                                 const EventHeader& header) {
  auto prepared = prepared_.take(xid);
  move_position();
  const bool is_asked_for = describe_transaction(header);
  close_group();
  if (!prepared) on_notice_({Notice::Kind::kPreparedEarlier, where(), xid});
  if (!prepared || !prepared->rows || !is_asked_for) return Step::kMoved;
  committed_ = std::move(prepared->rows);
  rows_.begin(*committed_, transaction_, prepared->file, std::move(prepared->format));
  return Step::kCommitted;
}

// Fills in what the rows of the group that ends here share. False if they are from before the time
// that was asked for.
bool TransactionAssembler::describe_transaction(const EventHeader& header) {
  transaction_.gtid = gtid_.gtid;
  transaction_.server = position_.server;
  transaction_.has_microseconds = gtid_.commit_time_us.has_value();
  transaction_.commit_time_us =
      gtid_.commit_time_us.value_or(std::int64_t{header.timestamp} * 1'000'000);
  if (skip_before_unix_seconds_) {
    if (transaction_.commit_time_us / 1'000'000 < *skip_before_unix_seconds_) return false;
    skip_before_unix_seconds_.reset();
  }
  return true;
}

TransactionAssembler::Step TransactionAssembler::drop_transaction() {
  if (buffer_->has_events()) on_notice_({Notice::Kind::kRolledBack, where(), "ROLLBACK"});
  move_position();
  close_group();
  return Step::kMoved;
}

TransactionAssembler::Step TransactionAssembler::drop_prepared(const std::string& xid) {
  const auto prepared = prepared_.take(xid);
  if (prepared && prepared->rows) on_notice_({Notice::Kind::kRolledBack, where(), "XA ROLLBACK"});
  move_position();
  close_group();
  return Step::kMoved;
}

void TransactionAssembler::move_position() {
  if (gtids_complete_ && !gtid_.gtid.empty()) {
    // read_gtid made the text, so add() takes it.
    [[maybe_unused]] const auto added = position_.gtids.add(gtid_.gtid);
  }
  position_.file = offset_.file();
  position_.offset = offset_.end();
}

void TransactionAssembler::close_group() {
  end_group();
  buffer_->clear();
}

void TransactionAssembler::end_group() {
  group_open_ = false;
  in_transaction_ = false;
  gtid_.clear();
  uncountable_.clear();
}

}  // namespace pikachu::source
