#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "store/schema.h"
#include "store/sqlite.h"

namespace pikachu::store {

/// Creates `dir` if it is not there (mode 0750, its parents too).
/// Errors: kInvalid, naming the path that could not be made.
base::Result<void> ensure_state_directory(const std::string& dir);

/// The version of a state file's layout: one that can be read or brought up to date.
/// Errors: kInvalid if it is no state file, or one of a newer pikachu.
base::Result<std::int64_t> read_layout_version(Connection& connection);

/// Opens `pikachu.db` in `dir`, checks it, and sets it up for durable writes. Makes one if there is
/// none, and one of the present layout of an older one, which is kept as `pikachu.db.v1.bak`:
/// beside it and then renamed, so that a file of this name is always whole, and an empty one is
/// damage, not a beginning.
///
/// REQUIRES: the caller holds the directory's StateLock.
/// Errors: kCorrupt (damaged, or its log is there without it), kInvalid (not a state file, or of a
/// newer pikachu; no permission), kUnavailable (disk full, I/O error).
/// Spec: docs/formats/state-file.md.
base::Result<Connection> open_state_file(const std::string& dir);

/// Opens the state file of `dir` from beside the service, which may run on it or not.
/// Errors: kInvalid if there is no state file, or one of another version; as Connection.
base::Result<Connection> open_state_file_beside(const std::string& dir, OpenMode mode);

/// An empty state file beside that of `dir`, in place of one that was not finished, open.
///
/// REQUIRES: the caller holds the directory's StateLock.
/// Errors: kInvalid (no permission), kUnavailable (disk full, I/O error).
base::Result<Connection> open_state_draft(const std::string& dir);

/// Makes the draft the state file, durably: whenever this is killed, the file of that name is the
/// old one, if there was one, or the new one, whole.
/// REQUIRES: it is closed, and what it replaces has no log.
base::Result<void> put_state_draft_in_place(const std::string& dir);

/// Renames what is the state file of `dir`, damaged or not, and its log, so that the next start
/// begins without state. Returns the file's new name, "…/pikachu.db.damaged-20261120T120000Z".
///
/// REQUIRES: the caller holds the directory's StateLock, and has a person's word for it.
/// Errors: kInvalid if there is none, or it cannot be renamed.
base::Result<std::string> set_state_file_aside(const std::string& dir);

}  // namespace pikachu::store
