#pragma once

#include <string>

#include "base/result.h"
#include "store/schema.h"
#include "store/sqlite.h"

namespace pikachu::store {

/// Creates `dir` if it is not there (mode 0750, its parents too).
/// Errors: kInvalid, naming the path that could not be made.
base::Result<void> ensure_state_directory(const std::string& dir);

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

}  // namespace pikachu::store
