#pragma once

#include <cstddef>

namespace pikachu::encode {

/// Copies to `to` what `from` begins with, as far as it can stand in a JSON string as it is: whole,
/// well-formed UTF-8 sequences, none of them '"', '\' or a control character. Returns how many
/// bytes that are: up to `end`, and fewer than sixteen beyond `stop`. It may end early, for it
/// works on blocks of sixteen bytes; 0 says nothing about the text. Always 0 where the processor
/// has no SSSE3.
///
/// REQUIRES: from <= stop <= end; a sequence, or what is none, begins at `from`; (stop - from) + 32
/// bytes can be written to `to`.
///
/// Spec: The Unicode Standard, table 3-7. Algorithm: J. Keiser, D. Lemire, "Validating UTF-8 In
/// Less Than One Instruction Per Byte", Software: Practice and Experience 51 (5), 2021.
std::size_t copy_plain(const char* from, const char* stop, const char* end, char* to);

}  // namespace pikachu::encode
