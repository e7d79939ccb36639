#pragma once

#include <iosfwd>

#include "decode/decode_options.h"

namespace pikachu::decode {

/// Writes what the files hold, as JSON Lines, to the descriptor `output`, and what went wrong, one
/// line each, to `messages`. What came before a failure is written.
///
/// REQUIRES: check(options); SIGPIPE is ignored, or ends the process where nobody reads `output`.
/// Returns the exit status: 0 done; 1 a file is unreadable, damaged or not handled, or ends within
/// a transaction, a bound was not met, or `output` can't be written (said in `messages`, except
/// where nobody reads `output` any more); 2 if -spill-dir is no directory.
/// Spec: docs/reference/decode.md.
int run_decode(const DecodeOptions& options, int output, std::ostream& messages);

}  // namespace pikachu::decode
