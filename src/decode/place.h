#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "source/event_stream.h"

namespace pikachu::decode {

/// One transaction, by the text of its GTID.
struct AtTransaction {
  std::string gtid;  ///< "uuid:7", "uuid:tag:7" or "0-1-42", as GTID events have it.
  bool operator==(const AtTransaction&) const = default;
};

/// A place in a sequence of binlog files: a time, a byte of a file, or a transaction.
using Place = std::variant<source::AtTime, source::AtFile, AtTransaction>;

/// Reads what -from and -to take: "2026-11-20T12:00:00Z" or with an offset like +08:00,
/// "2026-11-20 12:00:00" (UTC), "file:mysql-bin.000042:1234", "gtid:" and one GTID.
/// Errors: kInvalid, saying what would be right.
base::Result<Place> parse_place(std::string_view text);

/// The offset of a file's first event: behind its magic bytes.
inline constexpr std::uint64_t kFirstEvent = 4;

/// The name that a file's server gave it, as far as its path tells: without directories and without
/// .zst or .gz; "stdin" for "-".
std::string binlog_name(std::string_view path);

}  // namespace pikachu::decode
