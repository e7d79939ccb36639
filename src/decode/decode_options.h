#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/command_syntax.h"
#include "base/result.h"
#include "decode/place.h"
#include "route/task.h"

namespace pikachu::decode {

/// What `pikachu decode` was told to do. Spec: docs/reference/decode.md.
struct DecodeOptions {
  enum class Format : std::uint8_t { kRows, kEvents };

  std::vector<std::string> files;  ///< Paths in the order of the stream; "-" is standard input.
  Format format = Format::kRows;
  std::optional<Place> from;
  std::optional<Place> to;
  std::vector<route::TablePattern> tables;  ///< Any of them; none: all tables.
  std::string schema_file;                  ///< "" : none.
  std::string spill_dir;                    ///< "" : the environment's TMPDIR, else /tmp.
  bool stats = false;

  bool wants_table(std::string_view database, std::string_view table) const;
};

/// What `pikachu decode` takes.
base::CommandSyntax<DecodeOptions> syntax();

/// Whether the options make sense together. Errors: kInvalid: no file, "-" twice, a bound in a file
/// that is not among them, `from` surely behind `to`.
base::Result<void> check(const DecodeOptions& options);

}  // namespace pikachu::decode
