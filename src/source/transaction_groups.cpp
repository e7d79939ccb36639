// How the groups of a stream open and end: the part of TransactionAssembler that reads GTIDs and
// statements.
#include <utility>

#include "source/transaction_assembler.h"

namespace pikachu::source {

namespace {

using base::ErrorCode;
using base::fail;
using binlog::EventHeader;
using binlog::QueryKind;

}  // namespace

base::Result<TransactionAssembler::Step> TransactionAssembler::take_gtid(binlog::Bytes event) {
  auto gtid = binlog::parse_gtid(event);
  if (!gtid) return base::propagate(std::move(gtid));
  if (in_transaction_) {
    return fail(ErrorCode::kCorrupt,
                "a transaction begins (GTID " + gtid->gtid + ") while another one is still open");
  }
  close_group();
  tables_.begin_transaction();
  gtid_ = std::move(*gtid);
  group_open_ = true;
  if (format_.flavor == change::Flavor::kMariadb) in_transaction_ = !gtid_.standalone;
  return Step::kNothing;
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_query(
    binlog::Bytes event, const EventHeader& header) {
  const auto query = binlog::parse_query(event, query_scratch_);
  if (!query) return tl::unexpected(query.error());
  const auto meaning = binlog::classify_query(query->sql, query->sql_mode);
  if (meaning.kind == QueryKind::kRowChangeStatement) {
    std::string statement = meaning.name + " in " + std::string(query->database);
    on_notice_({Notice::Kind::kStatementFormat, where(), std::move(statement)});
  }
  if (meaning.kind == QueryKind::kDdl || meaning.kind == QueryKind::kCreateTableInTransaction) {
    const bool counts = !gtid_.start_alter && !gtid_.rollback_alter;
    if (counts) tables_.forget_mentioned(query->sql);
    if (counts) {
      schemas_.definition_changed({*query, (header.flags & EventHeader::kFlagThreadSpecific) != 0});
    }
  }
  return take_group_query(meaning, header);
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_group_query(
    const binlog::QueryMeaning& meaning, const EventHeader& header) {
  switch (meaning.kind) {
    case QueryKind::kBegin:
    case QueryKind::kXaStart:
      if (in_transaction_ && format_.flavor == change::Flavor::kMysql) {
        return fail(ErrorCode::kCorrupt, "BEGIN stands inside a transaction");
      }
      if (!in_transaction_) tables_.begin_transaction();
      in_transaction_ = true;
      return Step::kNothing;
    case QueryKind::kCommit:
    case QueryKind::kXaCommit:
      return commit(header);
    case QueryKind::kRollback:
    case QueryKind::kXaRollback:
      return drop_transaction();
    case QueryKind::kSavepoint:
      buffer_.set_savepoint(meaning.name);
      return Step::kNothing;
    case QueryKind::kRollbackToSavepoint:
      buffer_.rollback_to(meaning.name);
      return Step::kNothing;
    case QueryKind::kReleaseSavepoint:
      buffer_.release_savepoint(meaning.name);
      return Step::kNothing;
    case QueryKind::kXaEnd:
      return Step::kNothing;
    default:
      break;
  }
  // A definition inside a group (CREATE TABLE … SELECT) leaves it open; alone it is the group.
  return in_transaction_ ? Step::kNothing : commit(header);
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_xa_prepare(
    binlog::Bytes event, const EventHeader& header) {
  const auto prepare = binlog::parse_xa_prepare(event);
  if (!prepare) return tl::unexpected(prepare.error());
  if (prepare->one_phase) return commit(header);
  if (buffer_.has_events()) {
    return fail(ErrorCode::kUnsupported, "XA transaction " + prepare->xid +
                                             " is prepared with changes of " +
                                             buffer_.items().front().table->map.database + "." +
                                             buffer_.items().front().table->map.table +
                                             "; this version can't hold them until XA COMMIT");
  }
  return commit(header);
}

TransactionAssembler::Step TransactionAssembler::commit(const EventHeader& header) {
  move_position();
  change::Transaction transaction;
  transaction.gtid = gtid_.gtid;
  transaction.server = position_.server;
  transaction.has_microseconds = gtid_.commit_time_us.has_value();
  transaction.commit_time_us =
      gtid_.commit_time_us.value_or(std::int64_t{header.timestamp} * 1'000'000);
  if (skip_before_unix_seconds_) {
    if (transaction.commit_time_us / 1'000'000 < *skip_before_unix_seconds_) {
      close_group();
      return Step::kMoved;
    }
    skip_before_unix_seconds_.reset();
  }

  if (!buffer_.has_events()) {
    close_group();
    return Step::kMoved;
  }
  group_open_ = false;
  in_transaction_ = false;
  gtid_ = {};
  uncountable_.clear();
  rows_.begin(std::move(transaction), offset_.file(), format_);
  return Step::kCommitted;
}

TransactionAssembler::Step TransactionAssembler::drop_transaction() {
  if (buffer_.has_events()) on_notice_({Notice::Kind::kRolledBack, where(), "ROLLBACK"});
  move_position();
  close_group();
  return Step::kMoved;
}

void TransactionAssembler::move_position() {
  if (gtids_complete_ && !gtid_.gtid.empty()) {
    // parse_gtid made the text, so add() takes it.
    [[maybe_unused]] const auto added = position_.gtids.add(gtid_.gtid);
  }
  position_.file = offset_.file();
  position_.offset = offset_.end();
}

void TransactionAssembler::close_group() {
  group_open_ = false;
  in_transaction_ = false;
  gtid_ = {};
  uncountable_.clear();
  buffer_.clear();
}

}  // namespace pikachu::source
