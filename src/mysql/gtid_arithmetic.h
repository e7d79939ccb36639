#pragma once

#include <string_view>

#include "base/result.h"
#include "change/gtid_set.h"

namespace pikachu::mysql {

// Arithmetic of MySQL's GTID sets. MariaDB's are no sets but one place per domain: see DomainState.

/// The transactions of `set` that are not in `removed`.
change::GtidSet without(const change::GtidSet& set, const change::GtidSet& removed);

/// The transactions of either.
change::GtidSet joined(const change::GtidSet& set, const change::GtidSet& other);

/// The GTIDs of `@@global.gtid_owned`, "uuid:5#12:6#13": those of transactions that are being
/// committed, each with its thread. Errors: kInvalid if it is something else.
base::Result<change::GtidSet> parse_owned_gtids(std::string_view text);

}  // namespace pikachu::mysql
