#include "decode/row_lines.h"

#include <utility>

#include "decode/artificial_rotate.h"
#include "wire/byte_reader.h"

namespace pikachu::decode {

namespace {

using base::ErrorCode;
using binlog::EventHeader;
using binlog::EventType;

source::SourceOptions source_options(const std::string& spill_dir) {
  source::SourceOptions options;
  options.spill_dir = spill_dir;
  options.spill_advice = "choose another directory with -spill-dir";
  options.allow_unnamed = true;
  return options;
}

// Whether an event of this type belongs to a group, so that one is open behind it unless it ended
// there.
bool belongs_to_group(EventType type) {
  switch (type) {
    case EventType::kGtid:
    case EventType::kAnonymousGtid:
    case EventType::kGtidTagged:
    case EventType::kMariadbGtid:
    case EventType::kQuery:
    case EventType::kMariadbQueryCompressed:
    case EventType::kTableMap:
    case EventType::kTransactionPayload:
      return true;
    default:
      return binlog::is_rows_event(type);
  }
}

}  // namespace

RowLines::RowLines(const DecodeOptions& options, const std::string& spill_dir,
                   std::string_view definitions, Range& range, const Report& report)
    : options_(options),
      definitions_sql_(definitions),
      range_(range),
      report_(report),
      definitions_(report.warnings, [this] { return where_is(file_->name, event_offset_); }),
      assembler_(
          source_options(spill_dir),
          [this](std::string_view database, std::string_view table) {
            return options_.wants_table(database, table);
          },
          definitions_, [this](const source::Notice& notice) { warn(notice); }) {
  assembler_.watch_nested([this](const EventHeader& header) {
    report_.statistics.count_nested(header.type, header.event_size);
  });
}

void RowLines::begin_file(const InputFile& file) {
  const bool goes_on = file.follows && rotated_;
  if (open_ && !goes_on) {
    report_.warnings.add(where_is(open_->file->name, open_->offset), withheld());
    open_.reset();
  }
  file_ = &file;
  at_file_begin_ = true;
  in_use_ = false;
  rotated_ = false;
}

base::Result<void> RowLines::take(const FileEvent& event, const binlog::FormatDescription& format) {
  event_offset_ = event.offset;
  if (at_file_begin_) {
    if (auto entered = enter_file(event, format); !entered) return entered;
  }
  if (range_.is_bounded()) {
    if (auto passed = range_.pass(file_->index, event, format); !passed) {
      return base::propagate(std::move(passed), "at " + where_is(file_->name, event.offset) + " (" +
                                                    to_string(event.type) + ")");
    }
    if (range_.ended()) return {};
  }
  if (event.type == EventType::kIncident) return take_incident(event, format);

  auto step = assembler_.take(event.bytes, {});
  if (!step) return base::propagate(std::move(step));
  if (event.type == EventType::kFormatDescription) checksum_ = format.checksum;
  rotated_ = event.type == EventType::kRotate;
  follow_group(event, *step);
  if (*step == Step::kCommitted) {
    if (auto written = write_rows(); !written) return written;
  }
  if (*step != Step::kNothing) range_.end_transaction();
  return {};
}

base::Result<void> RowLines::enter_file(const FileEvent& event,
                                        const binlog::FormatDescription& format) {
  at_file_begin_ = false;
  in_use_ = (event.flags & EventHeader::kFlagInUse) != 0;
  if (auto begun = definitions_.begin(format.flavor, definitions_sql_); !begun) {
    return base::propagate(std::move(begun), "-schema " + options_.schema_file);
  }
  if (file_->follows && started_) return rotate();
  restart(event, format);
  return {};
}

// Between two files a dump has a ROTATE of its own, and the assembler knows the stream as a dump
// has it: it goes on with what is open.
base::Result<void> RowLines::rotate() {
  const auto event = make_artificial_rotate(file_->name, checksum_);
  const auto step = assembler_.take(event, {});
  if (!step) return tl::unexpected(step.error());
  return {};
}

void RowLines::restart(const FileEvent& event, const binlog::FormatDescription& format) {
  source::OpenedStream opened;
  opened.start.flavor = format.flavor;
  opened.start.file = file_->name;
  opened.start.offset = event.offset;
  opened.start.gtids = change::GtidSet(format.flavor);
  // Part of ids where there are no GTIDs. MySQL's UUID is not in its files.
  if (format.flavor == change::Flavor::kMariadb) {
    if (const auto header = binlog::read_event_header(event.bytes)) {
      opened.start.server = std::to_string(header->server_id);
    }
  }
  if (started_) {
    // What is missing may have ended them, and prepared others of the same ids.
    warn_prepared("whose ends may be in what is missing: their changes are not written");
    assembler_.forget_prepared();
  }
  opened.gtids_complete = false;  // nobody resumes: spares collecting them
  if (!range_.begun()) opened.skip_before_unix_seconds = range_.from_time();
  assembler_.restart(opened);
  started_ = true;
}

// The server says that what it should have logged here is lost: nothing behind it is known to be
// all there was. Who asks for what is behind it knows that; who asks for everything has to be told.
base::Result<void> RowLines::take_incident(const FileEvent& event,
                                           const binlog::FormatDescription& format) {
  const std::string where = where_is(file_->name, event.offset);
  const auto fail_here = [&](const base::Error& error) {
    return base::fail(error.code, "at " + where + " (INCIDENT): " + error.message);
  };
  const auto bytes = binlog::verify_checksum(event.bytes, format.checksum);
  if (!bytes) return fail_here(bytes.error());
  const auto message = binlog::parse_incident(*bytes);
  if (!message) return fail_here(message.error());
  range_.pass_time(wire::ByteReader(*bytes).u32());
  if (range_.ended()) return {};
  const std::string lost =
      "the server says that it lost events here (" + *message + "): their changes are in no binlog";
  if (range_.begun()) {
    const std::string behind = where_is(file_->name, event.offset + event.bytes.size());
    return fail_here({ErrorCode::kInvalid, lost +
                                               "; compare the tables, and read on behind it "
                                               "with -from file:" +
                                               behind});
  }
  report_.warnings.add(where, lost);
  open_.reset();
  return assembler_.pass_over(event.bytes);
}

void RowLines::follow_group(const FileEvent& event, Step step) {
  if (step != Step::kNothing) {
    open_.reset();
  } else if (belongs_to_group(event.type)) {
    if (!open_) open_ = OpenGroup{file_, event.offset, 0};
    if (binlog::is_rows_event(event.type)) ++open_->row_events;
  }
}

std::string RowLines::withheld() const {
  return "the transaction that begins here has no end in these files: it may never have been "
         "committed, and its changes so far (" +
         std::to_string(open_->row_events) + " row events) are not written";
}

// Rows before the range are not decoded: nothing in them can stop who asks for what is behind.
base::Result<void> RowLines::write_rows() {
  range_.pass_time(assembler_.transaction().commit_time_us / 1'000'000);
  if (range_.ended() || !range_.begun()) {
    assembler_.drop_rows();
    return {};
  }
  report_.statistics.count_transaction();
  while (true) {
    const auto row = assembler_.next_row();
    if (!row) return tl::unexpected(row.error());
    if (*row == nullptr) return {};
    if (auto written = write_row(**row); !written) return written;
  }
}

base::Result<void> RowLines::write_row(const change::RowChange& row) {
  if (row.table != last_table_) take_table(row);
  report_.statistics.count_row(row);
  bodies_.append_decoded(row, report_.output.buffer());
  return report_.output.end_line();
}

void RowLines::take_table(const change::RowChange& row) {
  last_table_ = row.table;
  const std::string name = row.table->database + "." + row.table->table;
  if (row.table->unnamed) {
    return warn_of_table(row, "the columns of " + name +
                                  " have no names here: they are neither in the event nor in a "
                                  "definition before it that fits");
  }
  std::string doubtful;
  for (const auto& column : row.table->columns) {
    if (!column.is_doubtful) continue;
    if (!doubtful.empty()) doubtful += ", ";
    doubtful += column.name;
  }
  if (doubtful.empty()) return;
  warn_of_table(row, "columns of " + name +
                         " are written as bytes or numbers, because nothing before it says of what "
                         "type or character set they are: " +
                         doubtful);
}

void RowLines::warn_of_table(const change::RowChange& row, const std::string& what) {
  if (!warned_.insert(what).second) return;
  report_.warnings.add_frequent(where_is(std::string(row.file), row.offset),
                                what + "; name a file of definitions with -schema");
}

void RowLines::warn(const source::Notice& notice) {
  switch (notice.kind) {
    case source::Notice::Kind::kStatementFormat:
      report_.warnings.add_frequent(notice.where,
                                    notice.statement +
                                        " was logged as a statement: the rows that it changed "
                                        "are not in the binlog");
      break;
    case source::Notice::Kind::kPreparedEarlier:
      report_.warnings.add_frequent(notice.where,
                                    "XA transaction " + notice.statement +
                                        " is committed here, and was prepared before these "
                                        "files begin: its changes are in an earlier one");
      break;
    case source::Notice::Kind::kRolledBack:
      break;
  }
}

void RowLines::warn_prepared(std::string_view why) {
  const auto* const oldest = assembler_.prepared().oldest();
  if (oldest == nullptr) return;
  report_.warnings.add(oldest->where,
                       "XA transaction " + oldest->xid + " is prepared here, the first of " +
                           std::to_string(assembler_.prepared().size()) + " " + std::string(why));
}

base::Result<void> RowLines::finish() {
  if (range_.ended()) return {};
  warn_prepared("that neither commit nor roll back in these files: their changes are not written");
  if (!open_) return {};
  const std::string where = where_is(open_->file->name, open_->offset);
  if (in_use_) {
    report_.warnings.add(where, withheld() + "; its server was still writing the file");
    return {};
  }
  return base::fail(ErrorCode::kCorrupt, "at " + where + ": " + withheld() +
                                             "; the file was closed, so this is not all of it: "
                                             "copy it again");
}

}  // namespace pikachu::decode
