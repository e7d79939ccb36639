#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "store/state_view.h"

namespace pikachu::app {

/// The last line of an export; what ends without it is not whole.
struct ExportEnd {
  std::uint64_t lines = 0;  ///< In front of it.
};

/// What one line of an export says.
using ExportRecord = std::variant<store::StateSummary, store::StoredDelivery, store::StoredLetter,
                                  store::DroppedLetter, ExportEnd>;

/// One line of `pikachu state export`, a JSON object without its line break. Nothing is lost: bytes
/// that are not UTF-8 are written as base64.
/// Spec: docs/reference/state.md.
std::string to_export_line(const ExportRecord& record);

/// Reads one back.
/// Errors: kInvalid, naming what is missing or wrong.
base::Result<ExportRecord> parse_export_line(std::string_view line);

}  // namespace pikachu::app
