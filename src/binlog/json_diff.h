#pragma once

#include <string>

#include "base/result.h"
#include "binlog/event_header.h"

namespace pikachu::binlog {

/// Appends the text of a stored JSON value after the changes that PARTIAL_UPDATE_ROWS has for it:
/// that of append_json_text() of the value that the server stored.
///
///     (operation:u8 path_size:lenenc path [not REMOVE: value_size:lenenc value])*
///
/// Operations, one after the other: REPLACE (0) puts a value in the place of one that is there,
/// INSERT (1) adds a member, or an element before the one at an index (an index beyond the end
/// appends), REMOVE (2) takes one out. A path is "$" with legs .name, ."name", [7], [last],
/// [last-7], taken to the letter: a scalar is not taken for an array of one, which the server has
/// done before it wrote the path. No changes at all leave the value as it is.
///
/// Only the objects and arrays that paths lead through are taken apart; memory is that of their
/// items. Lifetime: nothing is kept of either.
///
/// Errors: kCorrupt as append_json_text(), and where a path is none, leads to nothing, or an INSERT
/// finds its member there. Spec: mysql-server 9.7 sql-common/json_diff.cc, json_path.cc.
base::Result<void> append_changed_json_text(Bytes before, Bytes changes, std::string& out);

}  // namespace pikachu::binlog
