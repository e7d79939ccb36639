#include "encode/body.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "encode/json_string.h"
#include "encode/json_value.h"
#include "encode/text_buffer.h"

namespace pikachu::encode {
namespace {

using change::Operation;
using change::RowChange;
using change::TableSchema;
using change::Transaction;
using change::Value;
using change::ValueKind;

// A value of an image that may have fewer values than the table has columns.
Value at(std::span<const Value> image, std::size_t column) {
  return column < image.size() ? image[column] : Value::absent();
}

// The row is named as it is after the change; what the image after does not hold was not changed,
// so the image before has it.
Value key_value(const RowChange& change, std::size_t column) {
  if (change.operation != Operation::kUpdate) return at(change.identity(), column);
  const Value after = at(change.after, column);
  return after.kind == ValueKind::kAbsent ? at(change.before, column) : after;
}

void put_primary_id(const RowChange& change, TextBuffer& out) {
  const TableSchema& table = *change.table;
  if (table.primary_key.empty()) return out.put("null");
  if (table.primary_key.size() == 1) {
    return put_value(key_value(change, table.primary_key.front()), out);
  }
  char separator = '{';
  for (const std::size_t column : table.primary_key) {
    out.put(separator);
    separator = ',';
    put_string(table.columns[column].name, out);
    out.put(':');
    put_value(key_value(change, column), out);
  }
  out.put('}');
}

void put_file_and_offset(const RowChange& change, TextBuffer& out) {
  out.put(R"("file":)");
  put_string(change.file, out);
  out.put(R"(,"offset":)");
  put_number(change.offset, out);
}

void put_gtid(const RowChange& change, TextBuffer& out) {
  out.put(R"("gtid":)");
  put_string(change.transaction->gtid, out);
}

void put_row(const RowChange& change, TextBuffer& out) {
  out.put(R"(,"row":)");
  put_number(change.row, out);
  out.put("}}");
}

std::string as_json(std::string_view text) {
  std::string json;
  append_string(text, json);
  return json;
}

// Tables that are remembered; beyond, from the beginning. A table that was altered is a new one.
constexpr std::size_t kTablesMax = 10'000;

}  // namespace

struct BodyWriter::Table {
  std::shared_ptr<const TableSchema> schema;
  /// `,"event":"insert","table":"users","data":`, by Operation.
  std::array<std::string, 3> heads;
  /// `,"id":` of each column, one behind the other, and TextBuffer::kPadded bytes that are never
  /// written.
  std::string keys;
  std::vector<std::size_t> key_ends;
  std::string database;  ///< As JSON.

  explicit Table(std::shared_ptr<const TableSchema> table) : schema(std::move(table)) {
    for (const auto operation : {Operation::kInsert, Operation::kUpdate, Operation::kDelete}) {
      heads.at(static_cast<std::size_t>(operation)) =
          R"(,"event":")" + std::string(to_string(operation)) + R"(","table":)" +
          as_json(schema->table) +
          (operation == Operation::kUpdate ? R"(,"old_data":)" : R"(,"data":)");
    }
    for (const auto& column : schema->columns) {
      keys += ',' + as_json(column.name) + ':';
      key_ends.push_back(keys.size());
    }
    keys.append(TextBuffer::kPadded, ' ');
    database = as_json(schema->database);
  }

  void put_key(std::size_t column, bool first, TextBuffer& out) const {
    const std::size_t begin = (column == 0 ? 0 : key_ends[column - 1]) + (first ? 1 : 0);
    const std::size_t size = key_ends[column] - begin;
    if (size <= TextBuffer::kPadded) return out.put_padded(keys.data() + begin, size);
    out.put(std::string_view(keys).substr(begin, size));
  }

  void put_image(std::span<const Value> image, TextBuffer& out) const {
    out.put('{');
    bool first = true;
    const std::size_t columns = std::min(key_ends.size(), image.size());
    for (std::size_t i = 0; i < columns; ++i) {
      if (image[i].kind == ValueKind::kAbsent) continue;
      put_key(i, std::exchange(first, false), out);
      put_value(image[i], out);
    }
    out.put('}');
  }
};

BodyWriter::BodyWriter() = default;
BodyWriter::~BodyWriter() = default;

const BodyWriter::Table& BodyWriter::table_of(const RowChange& change) {
  if (last_table_ != nullptr && last_table_->schema == change.table) return *last_table_;
  if (tables_.size() >= kTablesMax) tables_.clear();
  auto& table = tables_[change.table.get()];
  if (!table) table = std::make_unique<const Table>(change.table);
  last_table_ = table.get();
  return *table;
}

void BodyWriter::put_timestamp_of(const Transaction& transaction, TextBuffer& out) {
  if (timestamp_.empty() || time_us_ != transaction.commit_time_us ||
      has_microseconds_ != transaction.has_microseconds) {
    time_us_ = transaction.commit_time_us;
    has_microseconds_ = transaction.has_microseconds;
    timestamp_.clear();
    TextBuffer text(timestamp_);
    put_timestamp(time_us_, has_microseconds_, text);
    text.flush();
  }
  out.put(timestamp_);
}

void BodyWriter::put_id_of(const RowChange& change, TextBuffer& out) {
  const std::string& gtid = change.transaction->gtid;
  if (gtid.empty() || gtid != gtid_) {
    gtid_ = gtid;
    id_prefix_.clear();
    change::append_event_id_prefix(change, id_prefix_);
  }
  out.put(id_prefix_);
  put_number(change.row, out);
}

// Everything up to the id, and the id without its closing quote.
void BodyWriter::put_change(const RowChange& change, const Table& table, TextBuffer& out) {
  out.put(R"({"primary_id":)");
  put_primary_id(change, out);
  out.put(table.heads.at(static_cast<std::size_t>(change.operation)));
  table.put_image(change.identity(), out);
  if (change.operation == Operation::kUpdate) {
    out.put(R"(,"new_data":)");
    table.put_image(change.after, out);
  }
  out.put(R"(,"timestamp":)");
  put_timestamp_of(*change.transaction, out);
  out.put(R"(,"id":")");
  put_id_of(change, out);
}

// The position is either of the two, so that the body stays the same when the change stands
// elsewhere in another server's files.
void BodyWriter::append_body(const RowChange& change, std::string_view task_id, std::string& out) {
  const Table& table = table_of(change);
  TextBuffer buffer(out);
  put_change(change, table, buffer);
  buffer.put(R"(","task_id":)");
  put_string(task_id, buffer);
  buffer.put(R"(,"database":)");
  buffer.put(table.database);
  buffer.put(R"(,"position":{)");
  if (change.transaction->gtid.empty()) {
    put_file_and_offset(change, buffer);
  } else {
    put_gtid(change, buffer);
  }
  put_row(change, buffer);
  buffer.flush();
}

void BodyWriter::append_decoded(const RowChange& change, std::string& out) {
  const Table& table = table_of(change);
  TextBuffer buffer(out);
  put_change(change, table, buffer);
  buffer.put(R"(","database":)");
  buffer.put(table.database);
  if (change.table->unnamed) buffer.put(R"(,"unnamed":true)");
  buffer.put(R"(,"position":{)");
  if (!change.transaction->gtid.empty()) {
    put_gtid(change, buffer);
    buffer.put(',');
  }
  put_file_and_offset(change, buffer);
  put_row(change, buffer);
  buffer.flush();
}

void append_value(const Value& value, std::string& out) {
  TextBuffer buffer(out);
  put_value(value, buffer);
  buffer.flush();
}

void append_string(std::string_view text, std::string& out) {
  TextBuffer buffer(out);
  put_string(text, buffer);
  buffer.flush();
}

}  // namespace pikachu::encode
