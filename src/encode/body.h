#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "change/row_change.h"

namespace pikachu::encode {

class TextBuffer;

/// Writes row changes as JSON objects without line breaks, the same bytes for the same change at
/// any time, straight into a string, without a tree in between.
///
/// Remembers the parts that rows of one table, and of one event, share, already written: about half
/// of the work for a row of few columns.
///
/// Threads: one owner.
/// Spec: docs/reference/webhook.md.
class BodyWriter {
 public:
  BodyWriter();
  ~BodyWriter();
  BodyWriter(const BodyWriter&) = delete;
  BodyWriter& operator=(const BodyWriter&) = delete;

  /// Appends the webhook body of `change` for `task_id` to `out`:
  ///
  ///     {"primary_id":1,"event":"insert","table":"users","data":{…},"timestamp":"…","id":"…",
  ///      "task_id":"user_monitor","database":"test_db","position":{…}}
  ///
  /// Update: "old_data" and "new_data" in place of "data". Absent columns are left out.
  void append_body(const change::RowChange& change, std::string_view task_id, std::string& out);

  /// Appends what `pikachu decode` writes for `change`: the webhook body without task, and with all
  /// that is known of where it stood:
  ///
  ///     {"primary_id":1,"event":"insert","table":"users","data":{…},"timestamp":"…","id":"…",
  ///      "database":"test_db","position":{"gtid":"0-1-7","file":"bin.000001","offset":4,"row":0}}
  ///
  /// and "unnamed":true behind the database where TableSchema::unnamed.
  void append_decoded(const change::RowChange& change, std::string& out);
  /// The same, without a copy.
  void append_decoded(const change::RowChange& change, TextBuffer& out);

 private:
  /// What is the same in all bodies of a table.
  struct Table;
  const Table& table_of(const change::RowChange& change);
  /// What is the same in all bodies of an event for a task.
  struct Shared;
  const Shared& shared_by(const change::RowChange& change, const Table& table,
                          std::optional<std::string_view> task_id);
  void append(const change::RowChange& change, const Table& table, const Shared& shared,
              TextBuffer& buffer);

  /// By address: each entry owns its schema, so no other one can come to stand there.
  std::unordered_map<const change::TableSchema*, std::unique_ptr<const Table>> tables_;
  const Table* last_table_ = nullptr;

  const std::unique_ptr<Shared> shared_;  ///< Of the body that was written last.
};

/// Appends one value as JSON. Absent is written as null; leave such columns out before.
/// Text that is not valid UTF-8 has each bad byte replaced by U+FFFD.
void append_value(const change::Value& value, std::string& out);

/// Appends `text` as a JSON string with its quotes.
void append_string(std::string_view text, std::string& out);

/// What orders deliveries: a hash of database, table and primary key of a row image; of the table
/// alone where it has no primary key. Nothing where the image lacks a part of it. `image` has one
/// value per column of `schema`.
std::optional<std::uint64_t> row_key(const change::TableSchema& schema,
                                     std::span<const change::Value> image);

}  // namespace pikachu::encode
