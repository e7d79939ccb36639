#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "base/result.h"
#include "binlog/event_header.h"
#include "binlog/events.h"
#include "change/table_schema.h"

namespace pikachu::corpus {

/// One recorded case: README.md says what its files hold.
struct CorpusCase {
  std::filesystem::path directory;
  std::string server;    ///< "mysql-9.7.4"
  std::string scenario;  ///< "decimal"
  std::string metadata;  ///< The setting: "full", "minimal", "no_log", or what README.md says

  change::Flavor flavor() const;

  /// "mysql_9_7_4_decimal_full": a name that GoogleTest takes.
  std::string test_name() const;
};

/// How GoogleTest shows a case.
void PrintTo(const CorpusCase& corpus_case, std::ostream* out);

/// All cases, by path.
std::vector<CorpusCase> all_cases();

/// Decompresses one of the case's files. Throws std::runtime_error if it cannot.
std::string read_file(const std::filesystem::path& path);

/// The case's binlogs, in order.
std::vector<std::string> read_binlogs(const CorpusCase& corpus_case);

/// The tables at the end of the case, as information_schema showed them.
std::vector<change::TableSchema> read_final_schema(const CorpusCase& corpus_case);

/// The events of a whole binlog file, checksums and all. Lifetime: points into `binlog`. Throws
/// std::runtime_error where it is no whole one.
std::vector<binlog::Bytes> whole_events(const std::string& binlog);

/// Hands every event of `binlog` to `visit`, checksum verified and cut off; the events in a
/// transaction payload too, instead of it. Stops at the first error.
using EventVisitor = std::function<base::Result<void>(
    const binlog::EventHeader&, binlog::Bytes event, const binlog::FormatDescription&)>;
base::Result<void> visit_events(const std::string& binlog, const EventVisitor& visit);

}  // namespace pikachu::corpus
