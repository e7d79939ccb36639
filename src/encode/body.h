#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "change/row_change.h"

namespace pikachu::encode {

/// Appends the webhook body of `change` for `task_id`: one JSON object, no line breaks, the same
/// bytes for the same change at any time.
///
///     {"primary_id":1,"event":"insert","table":"users","data":{…},"timestamp":"…","id":"…",
///      "task_id":"user_monitor","database":"test_db","position":{…}}
///
/// Update: "old_data" and "new_data" in place of "data". Absent columns are left out.
/// Written straight into the buffer, without a tree in between.
/// Spec: docs/reference/webhook.md.
void append_body(const change::RowChange& change, std::string_view task_id, std::string& out);

/// Appends what `pikachu decode` writes for `change`: the webhook body without task, and with all
/// that is known of where it stood:
///
///     {"primary_id":1,"event":"insert","table":"users","data":{…},"timestamp":"…","id":"…",
///      "database":"test_db","position":{"gtid":"0-1-7","file":"bin.000001","offset":4,"row":0}}
///
/// and "unnamed":true behind the database where TableSchema::unnamed.
void append_decoded(const change::RowChange& change, std::string& out);

/// Appends one value as JSON. Absent is written as null; leave such columns out before.
/// Text that is not valid UTF-8 has each bad byte replaced by U+FFFD.
void append_value(const change::Value& value, std::string& out);

/// Appends `text` as a JSON string with its quotes.
void append_string(std::string_view text, std::string& out);

/// What orders deliveries: a hash of database, table and primary key of a row image; of the table
/// alone where it has no primary key, or the image lacks a part of it. `image` has one value per
/// column of `schema`.
std::uint64_t row_key(const change::TableSchema& schema, std::span<const change::Value> image);

}  // namespace pikachu::encode
