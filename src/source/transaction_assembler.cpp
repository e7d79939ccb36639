#include "source/transaction_assembler.h"

#include <utility>

namespace pikachu::source {

namespace {

using base::ErrorCode;
using base::fail;
using binlog::EventHeader;
using binlog::EventType;

constexpr std::uint64_t kDummyTableId = 0x00ffffff;  // a rows event that only clears table maps

/// Heads that say nothing about rows: passed over wherever they stand.
bool says_nothing(EventType type) {
  switch (type) {
    case EventType::kStop:
    case EventType::kIntvar:
    case EventType::kRand:
    case EventType::kUserVar:
    case EventType::kAppendBlock:
    case EventType::kDeleteFile:
    case EventType::kBeginLoadQuery:
    case EventType::kIgnorable:
    case EventType::kPreviousGtids:
    case EventType::kTransactionContext:
    case EventType::kViewChange:
    case EventType::kLargeTransactionHeader:
    case EventType::kMariadbBinlogCheckpoint:
    case EventType::kMariadbGtidList:
    case EventType::kMariadbStartEncryption:
      return true;
    default:
      return false;
  }
}

bool is_heartbeat(EventType type) {
  return type == EventType::kHeartbeat || type == EventType::kHeartbeatV2;
}

}  // namespace

TransactionAssembler::TransactionAssembler(const SourceOptions& options, TableFilter filter,
                                           SchemaReader& schemas,
                                           std::function<void(const Notice&)> on_notice)
    : transaction_memory_(options.transaction_memory_bytes),
      spill_dir_(options.spill_dir),
      spill_advice_(options.spill_advice),
      with_queries_(options.with_queries),
      on_notice_(std::move(on_notice)),
      schemas_(schemas),
      format_(std::make_shared<binlog::FormatDescription>()),
      tables_(std::move(filter), schemas, options.allow_unnamed, options.wants_column),
      buffer_(make_buffer()),
      prepared_(options.transaction_memory_bytes) {
}

TransactionAssembler::~TransactionAssembler() = default;

std::unique_ptr<TransactionBuffer> TransactionAssembler::make_buffer() const {
  return std::make_unique<TransactionBuffer>(transaction_memory_, spill_dir_, spill_advice_);
}

void TransactionAssembler::restart(const OpenedStream& opened) {
  close_group();
  committed_.reset();
  // Another server's binlog is another history: its ids and places say nothing about this one.
  if (opened.start.server != position_.server) prepared_.clear();
  tables_.clear();
  has_format_ = false;
  format_ = std::make_shared<binlog::FormatDescription>();
  rotate_checksum_ =
      opened.checksum_negotiated ? binlog::Checksum::kCrc32 : binlog::Checksum::kNone;
  by_gtid_ = opened.by_gtid;
  gtids_complete_ = opened.gtids_complete;
  position_ = opened.start;
  offset_.move_to(position_.file, position_.offset);
  skip_before_unix_seconds_ = opened.skip_before_unix_seconds;
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take(binlog::Bytes event,
                                                                    const std::stop_token& stop) {
  auto header = binlog::read_event_header(event);
  if (!header) return base::propagate(std::move(header), "after " + where());
  const auto before = offset_.mark();
  offset_.pass(*header);

  auto step = [&]() -> base::Result<Step> {
    if (header->type == EventType::kFormatDescription) {
      return take_format_description(event, *header);
    }
    const bool before_description = !has_format_ && header->type == EventType::kRotate;
    auto body =
        binlog::verify_checksum(event, before_description ? rotate_checksum_ : format_->checksum);
    if (!body) return base::propagate(std::move(body));
    return take_verified(*body, *header, stop);
  }();
  if (!step) {
    auto error = std::move(step.error());
    const std::string at = where() + " (" + to_string(header->type) + ")";
    const bool may_be_taken_again =
        error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kCancelled;
    if (may_be_taken_again) offset_.go_back(before);
    return tl::unexpected(std::move(error).with_context("at " + at));
  }
  return step;
}

base::Result<void> TransactionAssembler::pass_over(binlog::Bytes event) {
  auto header = binlog::read_event_header(event);
  if (!header) return base::propagate(std::move(header), "after " + where());
  offset_.pass(*header);
  if (auto body = binlog::verify_checksum(event, format_->checksum); !body) {
    return base::propagate(std::move(body), "at " + where());
  }
  move_position();
  close_group();
  return {};
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_verified(
    binlog::Bytes event, const EventHeader& header, const std::stop_token& stop) {
  if (says_nothing(header.type)) return Step::kNothing;
  if (is_heartbeat(header.type))
    return group_open_ || in_transaction_ ? Step::kNothing : Step::kMoved;
  switch (header.type) {
    case EventType::kTableMap: {
      if (auto added = tables_.add(event, *format_, stop); !added) {
        return base::propagate(std::move(added));
      }
      return Step::kNothing;
    }
    case EventType::kQuery:
    case EventType::kMariadbQueryCompressed:
    case EventType::kExecuteLoadQuery:
      return take_query(event, header);
    case EventType::kXid:
      return commit(header);
    case EventType::kTransactionPayload:
      return take_payload(event, stop);
    case EventType::kRowsQuery:
    case EventType::kMariadbAnnotateRows: {
      if (!with_queries_) return Step::kNothing;
      const auto text = binlog::parse_rows_query(event);
      if (!text) return tl::unexpected(text.error());
      buffer_->set_query(*text);
      return Step::kNothing;
    }
    default:
      break;
  }
  if (binlog::is_rows_event(header.type)) return take_rows(event);
  return take_control(event, header);
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_control(
    binlog::Bytes event, const EventHeader& header) {
  switch (header.type) {
    case EventType::kRotate:
      return take_rotate(event, header);
    case EventType::kGtid:
    case EventType::kAnonymousGtid:
    case EventType::kGtidTagged:
    case EventType::kMariadbGtid:
      return take_gtid(event);
    case EventType::kXaPrepare:
      return take_xa_prepare(event, header);
    case EventType::kIncident: {
      const auto message = binlog::parse_incident(event);
      return fail(ErrorCode::kInvalid,
                  "the server says that it lost events here (" +
                      (message ? *message : std::string("no message")) +
                      "); compare the tables, then go on from now: pikachu state reset -config "
                      "config.yaml -position latest");
    }
    default:
      break;
  }
  if ((header.flags & EventHeader::kFlagIgnorable) != 0) return Step::kNothing;
  const auto name = binlog::name_of(header.type);
  return fail(ErrorCode::kUnsupported,
              "event type " + std::to_string(static_cast<int>(header.type)) +
                  (name.empty() ? std::string() : " (" + std::string(name) + ")") +
                  " is not handled by this version, and passing over it could lose changes; "
                  "upgrade pikachu");
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_format_description(
    binlog::Bytes event_with_checksum, const EventHeader& header) {
  auto format = binlog::parse_format_description(event_with_checksum);
  if (!format) return base::propagate(std::move(format));
  if (auto sum = binlog::verify_checksum(event_with_checksum, format->checksum); !sum) {
    return base::propagate(std::move(sum));
  }
  format_ = std::make_shared<binlog::FormatDescription>(std::move(*format));
  has_format_ = true;
  if (format_->created != 0 && header.log_pos != 0) {
    // The server was restarted: what it had not finished is void, and table ids begin again.
    close_group();
    tables_.clear();
  }
  return Step::kNothing;
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_rotate(
    binlog::Bytes event, const EventHeader& header) {
  const auto rotate = binlog::parse_rotate(event);
  if (!rotate) return tl::unexpected(rotate.error());
  const bool repeated = has_format_ && header.is_artificial() && rotate->file == offset_.file() &&
                        rotate->offset == offset_.end();
  if (repeated) return Step::kNothing;  // what the ROTATE at the end of the last file said
  offset_.move_to(rotate->file, rotate->offset);
  // A stream that was asked for by GTIDs begins somewhere before the first transaction that is
  // sent: the position stays until that one commits.
  const bool inexact = !has_format_ && by_gtid_;
  if (inexact || in_transaction_ || group_open_) return Step::kNothing;
  position_.file = offset_.file();
  position_.offset = offset_.end();
  return Step::kMoved;
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_rows(binlog::Bytes event) {
  const auto id = binlog::read_table_id(event, *format_);
  if (!id) return tl::unexpected(id.error());
  const auto table = tables_.find(*id);
  // A table of this id that was declared is a real one: ids are 48-bit counters, and get there.
  if (*id == kDummyTableId && !table) return Step::kNothing;
  if (!in_transaction_) {
    return fail(
        ErrorCode::kInvalid,
        "a row change stands here outside any transaction: the start position is inside one; "
        "start at the beginning of a transaction or of a file (offset 4)");
  }
  if (!table) {
    return fail(ErrorCode::kCorrupt,
                "rows of table id " + std::to_string(*id) + ", which no table map has declared");
  }
  if (auto taken = collect_rows(event, table); !taken) return base::propagate(std::move(taken));
  if (buffer_->has_query()) {
    const auto last = binlog::ends_statement(event, *format_);
    if (last && *last) buffer_->clear_query();
  }
  return Step::kNothing;
}

base::Result<void> TransactionAssembler::collect_rows(
    binlog::Bytes event, const std::shared_ptr<const CachedTable>& table) {
  if (table->wanted) {
    if (!uncountable_.empty()) return fail(ErrorCode::kUnsupported, uncountable_);
    return buffer_->append_event(table, event, offset_.event_start());
  }
  // Nobody wants these rows, but they count in the ordinals, which are part of ids.
  const auto rows = count_rows(event, *table);
  if (rows) {
    buffer_->append_uncollected(*rows);
  } else if (uncountable_.empty()) {
    uncountable_ =
        "the rows of " + table->map.database + "." + table->map.table +
        " before this one in the same transaction can't be counted: " + rows.error().message;
  }
  return {};
}

base::Result<std::uint64_t> TransactionAssembler::count_rows(binlog::Bytes event,
                                                             const CachedTable& table) {
  if (!table.uncountable.empty()) return fail(ErrorCode::kUnsupported, table.uncountable);
  if (auto opened = counter_.open(event, *format_, table.layout); !opened) {
    return base::propagate(std::move(opened));
  }
  return counter_.count_remaining();
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_payload(
    binlog::Bytes event, const std::stop_token& stop) {
  binlog::PayloadReader payload;
  if (auto opened = payload.open(event); !opened) return base::propagate(std::move(opened));
  auto step = take_nested(payload, stop);
  if (!step) {
    // The event may be taken again: what was collected of it would come twice. Its GTID stays.
    in_transaction_ = false;
    buffer_->clear();
    uncountable_.clear();
  }
  return step;
}

base::Result<TransactionAssembler::Step> TransactionAssembler::take_nested(
    binlog::PayloadReader& payload, const std::stop_token& stop) {
  Step last = Step::kNothing;
  while (true) {
    auto nested = payload.next();
    if (!nested) return base::propagate(std::move(nested));
    if (!*nested) return last;
    const auto header = binlog::read_event_header(**nested);
    if (!header) return tl::unexpected(header.error());
    if (header->type == EventType::kTransactionPayload) {
      return fail(ErrorCode::kCorrupt, "a transaction payload stands inside another");
    }
    if (on_nested_) on_nested_(*header);
    auto step = take_verified(**nested, *header, stop);
    if (!step) return step;
    if (*step != Step::kNothing) last = *step;
  }
}

const change::Position& TransactionAssembler::safe_position() const {
  const auto* oldest = prepared_.oldest();
  return oldest == nullptr ? position_ : oldest->before;
}

base::Result<const change::RowChange*> TransactionAssembler::next_row() {
  auto row = rows_.next();
  if (row && *row == nullptr) drop_rows();
  return row;
}

void TransactionAssembler::drop_rows() {
  buffer_->clear();
  committed_.reset();
}

}  // namespace pikachu::source
