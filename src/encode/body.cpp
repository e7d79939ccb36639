#include "encode/body.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/decimal_text.h"
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

// A task sees either GTID or file and offset, so that a body stays the same when the change stands
// elsewhere in another server's files; without a task all that is known is written.
struct BodyWriter::Shared {
  // What the texts were made of.
  const Table* table = nullptr;
  std::optional<std::string> task_id;
  std::string gtid;
  std::string server;
  std::string file;
  std::uint64_t offset = 0;
  std::int64_t commit_time_us = 0;
  bool has_microseconds = false;

  std::string before_row;  ///< `,"timestamp":"…","id":"0-1-42-`
  std::string after_row;   ///< `","task_id":"…","database":"…","position":{"gtid":"…","row":`

  bool fits(const RowChange& change, const Table& of, std::optional<std::string_view> task) const {
    return table == &of && offset == change.offset && task_id == task &&
           commit_time_us == change.transaction->commit_time_us &&
           has_microseconds == change.transaction->has_microseconds &&
           gtid == change.transaction->gtid && server == change.transaction->server &&
           file == change.file;
  }

  void make(const RowChange& change, const Table& of, std::optional<std::string_view> task) {
    table = &of;
    task_id = task;
    gtid = change.transaction->gtid;
    server = change.transaction->server;
    file = change.file;
    offset = change.offset;
    commit_time_us = change.transaction->commit_time_us;
    has_microseconds = change.transaction->has_microseconds;
    make_before_row(change);
    make_after_row(change);
  }

 private:
  void make_before_row(const RowChange& change) {
    before_row.clear();
    TextBuffer out(before_row);
    out.put(R"(,"timestamp":)");
    put_timestamp(commit_time_us, has_microseconds, out);
    out.put(R"(,"id":")");
    out.flush();
    change::append_event_id_prefix(change, before_row);
  }

  void make_after_row(const RowChange& change) {
    after_row.clear();
    TextBuffer out(after_row);
    if (task_id) {
      out.put(R"(","task_id":)");
      put_string(*task_id, out);
      out.put(R"(,"database":)");
    } else {
      out.put(R"(","database":)");
    }
    out.put(table->database);
    if (!task_id && table->schema->unnamed) out.put(R"(,"unnamed":true)");
    out.put(R"(,"position":{)");
    if (!gtid.empty()) put_gtid(change, out);
    if (!gtid.empty() && !task_id) out.put(',');
    if (gtid.empty() || !task_id) put_file_and_offset(change, out);
    out.put(R"(,"row":)");
    out.flush();
  }
};

BodyWriter::BodyWriter() : shared_(std::make_unique<Shared>()) {
}
BodyWriter::~BodyWriter() = default;

const BodyWriter::Table& BodyWriter::table_of(const RowChange& change) {
  if (last_table_ != nullptr && last_table_->schema == change.table) return *last_table_;
  if (tables_.size() >= kTablesMax) {
    tables_.clear();
    shared_->table = nullptr;
  }
  auto& table = tables_[change.table.get()];
  if (!table) table = std::make_unique<const Table>(change.table);
  last_table_ = table.get();
  return *table;
}

const BodyWriter::Shared& BodyWriter::shared_by(const RowChange& change, const Table& table,
                                                std::optional<std::string_view> task_id) {
  if (!shared_->fits(change, table, task_id)) shared_->make(change, table, task_id);
  return *shared_;
}

void BodyWriter::append(const RowChange& change, const Table& table, const Shared& shared,
                        TextBuffer& buffer) {
  buffer.put(R"({"primary_id":)");
  put_primary_id(change, buffer);
  buffer.put(table.heads.at(static_cast<std::size_t>(change.operation)));
  table.put_image(change.identity(), buffer);
  if (change.operation == Operation::kUpdate) {
    buffer.put(R"(,"new_data":)");
    table.put_image(change.after, buffer);
  }
  static_assert(TextBuffer::kPadded >= base::kIntegerRoom);
  std::array<char, TextBuffer::kPadded> row{};
  const auto row_size =
      static_cast<std::size_t>(base::put_unsigned(change.row, row.data()) - row.data());
  buffer.put(shared.before_row);
  buffer.put_padded(row.data(), row_size);
  buffer.put(shared.after_row);
  buffer.put_padded(row.data(), row_size);
  buffer.put("}}");
}

void BodyWriter::append_body(const RowChange& change, std::string_view task_id, std::string& out) {
  const Table& table = table_of(change);
  TextBuffer buffer(out);
  append(change, table, shared_by(change, table, task_id), buffer);
  buffer.flush();
}

void BodyWriter::append_decoded(const RowChange& change, std::string& out) {
  TextBuffer buffer(out);
  append_decoded(change, buffer);
  buffer.flush();
}

void BodyWriter::append_decoded(const RowChange& change, TextBuffer& out) {
  const Table& table = table_of(change);
  append(change, table, shared_by(change, table, std::nullopt), out);
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
