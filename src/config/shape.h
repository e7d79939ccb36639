#pragma once

#include "config/document.h"
#include "config/report.h"

namespace pikachu::config {

/// Holds a whole document to the table of known keys: unknown, duplicate, missing, obsolete keys;
/// values of the wrong type, out of range, not among the choices. Replaces `${…}` in its values.
///
/// What was found wrong goes to `report` and is marked is_invalid in `root`; after it every other
/// value can be read without a further check of its type.
void check_shape(Node& root, Report& report);

}  // namespace pikachu::config
