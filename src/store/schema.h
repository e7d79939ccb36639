#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "store/sqlite.h"

namespace pikachu::store {

/// What PRAGMA application_id of a state file says: "PIKA" in ASCII.
inline constexpr std::int64_t kStateFileId = 0x50494B41;
/// What PRAGMA user_version says: the layout that this version of pikachu writes.
inline constexpr std::int64_t kStateFileVersion = 2;

/// Lays out an empty database as a state file of kStateFileVersion, in one transaction.
/// Errors: as Connection. Spec: docs/formats/state-file.md.
base::Result<void> write_schema(Connection& connection);

/// Adds what the state file of version 1 at `old_path` holds to `connection`, which has just been
/// laid out, in one transaction. Version 1 has no numbers of deliveries: its dead letters get those
/// from 1 on, in the order in which they were added, and are all of one key.
///
/// REQUIRES: the old file has no log.
/// Errors: as Connection.
base::Result<void> copy_version_1(Connection& connection, const std::string& old_path);

}  // namespace pikachu::store
