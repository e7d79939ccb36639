#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "decode/decode_options.h"
#include "decode/definition_history.h"
#include "decode/event_visitor.h"
#include "decode/output.h"
#include "decode/range.h"
#include "decode/statistics.h"
#include "decode/warnings.h"
#include "encode/body.h"
#include "source/transaction_assembler.h"

namespace pikachu::decode {

/// What a pass over the events writes to; all outlive it.
struct Report {
  Output& output;
  Warnings& warnings;
  Statistics& statistics;
};

/// Writes a line for each committed row change: `-format rows`.
///
/// Threads: one owner. Spec: docs/reference/decode.md.
class RowLines final : public EventVisitor {
 public:
  /// `definitions`: what -schema named, as SQL. All arguments outlive this object.
  RowLines(const DecodeOptions& options, const std::string& spill_dir, std::string_view definitions,
           Range& range, const Report& report);

  void begin_file(const InputFile& file) override;
  base::Result<void> take(const FileEvent& event, const binlog::FormatDescription& format) override;
  base::Result<void> finish() override;

 private:
  using Step = source::TransactionAssembler::Step;
  /// A group whose end has not come yet.
  struct OpenGroup {
    const InputFile* file = nullptr;
    std::uint64_t offset = 0;
    std::uint64_t row_events = 0;
  };

  base::Result<void> enter_file(const FileEvent& event, const binlog::FormatDescription& format);
  base::Result<void> rotate();
  void restart(const FileEvent& event, const binlog::FormatDescription& format);
  base::Result<void> take_incident(const FileEvent& event, const binlog::FormatDescription& format);
  void follow_group(const FileEvent& event, Step step);
  std::string withheld() const;
  base::Result<void> write_rows();
  base::Result<void> write_row(const change::RowChange& row);
  /// Warns of what is not known of the row's table.
  void take_table(const change::RowChange& row);
  void warn_of_table(const change::RowChange& row, const std::string& what);
  void warn(const source::Notice& notice);
  /// Says that prepared XA transactions are given up, if there are any.
  void warn_prepared(std::string_view why);

  const DecodeOptions& options_;
  const std::string_view definitions_sql_;
  Range& range_;
  const Report report_;
  const InputFile* file_ = nullptr;
  std::uint64_t event_offset_ = 0;
  DefinitionHistory definitions_;
  source::TransactionAssembler assembler_;
  encode::BodyWriter bodies_;
  bool at_file_begin_ = true;
  bool in_use_ = false;   ///< The file was being written when it was copied.
  bool rotated_ = false;  ///< The last event says which file is next.
  bool started_ = false;  ///< The assembler has its first file.
  binlog::Checksum checksum_ = binlog::Checksum::kNone;  ///< What the assembler expects of events.
  std::optional<OpenGroup> open_;
  std::shared_ptr<const change::TableSchema> last_table_;
  std::set<std::string> warned_;  ///< What was said of tables.
};

}  // namespace pikachu::decode
