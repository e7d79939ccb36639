#include "encode/body.h"

#include <algorithm>
#include <cstddef>

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

void put_image(const TableSchema& table, std::span<const Value> image, TextBuffer& out) {
  out.put('{');
  bool first = true;
  const std::size_t columns = std::min(table.columns.size(), image.size());
  for (std::size_t i = 0; i < columns; ++i) {
    if (image[i].kind == ValueKind::kAbsent) continue;
    if (!first) out.put(',');
    first = false;
    put_string(table.columns[i].name, out);
    out.put(':');
    put_value(image[i], out);
  }
  out.put('}');
}

void put_images(const RowChange& change, TextBuffer& out) {
  if (change.operation == Operation::kUpdate) {
    out.put(R"(,"old_data":)");
    put_image(*change.table, change.before, out);
    out.put(R"(,"new_data":)");
    put_image(*change.table, change.after, out);
    return;
  }
  out.put(R"(,"data":)");
  put_image(*change.table, change.identity(), out);
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
}

// One of the two, so that the body stays the same when another server's files hold the change.
void put_position(const RowChange& change, TextBuffer& out) {
  out.put('{');
  if (change.transaction->gtid.empty()) {
    put_file_and_offset(change, out);
  } else {
    put_gtid(change, out);
  }
  put_row(change, out);
  out.put('}');
}

void put_whole_position(const RowChange& change, TextBuffer& out) {
  out.put('{');
  if (!change.transaction->gtid.empty()) {
    put_gtid(change, out);
    out.put(',');
  }
  put_file_and_offset(change, out);
  put_row(change, out);
  out.put('}');
}

// What follows the id, at most, if nothing needs escaping: the names and two more numbers.
std::size_t tail_size(const RowChange& change, std::string_view task_id) {
  const Transaction& transaction = *change.transaction;
  return 2 * transaction.gtid.size() + transaction.server.size() + 4 * change.file.size() +
         task_id.size() + change.table->database.size() + 160;
}

// Everything up to the id, and the id without its closing quote.
void put_change(const RowChange& change, std::string_view task_id, TextBuffer& buffer) {
  buffer.put(R"({"primary_id":)");
  put_primary_id(change, buffer);
  buffer.put(R"(,"event":")");
  buffer.put(to_string(change.operation));
  buffer.put(R"(","table":)");
  put_string(change.table->table, buffer);
  put_images(change, buffer);
  buffer.put(R"(,"timestamp":)");
  put_timestamp(change.transaction->commit_time_us, change.transaction->has_microseconds, buffer);
  buffer.put(R"(,"id":")");
  change::append_event_id(change, buffer.flushed(tail_size(change, task_id)));
}

}  // namespace

void append_body(const RowChange& change, std::string_view task_id, std::string& out) {
  TextBuffer buffer(out);
  put_change(change, task_id, buffer);
  buffer.put(R"(","task_id":)");
  put_string(task_id, buffer);
  buffer.put(R"(,"database":)");
  put_string(change.table->database, buffer);
  buffer.put(R"(,"position":)");
  put_position(change, buffer);
  buffer.put('}');
  buffer.flush();
}

void append_decoded(const RowChange& change, std::string& out) {
  TextBuffer buffer(out);
  put_change(change, {}, buffer);
  buffer.put(R"(","database":)");
  put_string(change.table->database, buffer);
  if (change.table->unnamed) buffer.put(R"(,"unnamed":true)");
  buffer.put(R"(,"position":)");
  put_whole_position(change, buffer);
  buffer.put('}');
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
