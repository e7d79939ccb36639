#include "decode/decode.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include "decode/byte_source.h"
#include "decode/event_lines.h"
#include "decode/event_reader.h"
#include "decode/file_order.h"
#include "decode/output.h"
#include "decode/range.h"
#include "decode/row_lines.h"
#include "decode/statistics.h"
#include "decode/warnings.h"

namespace pikachu::decode {

namespace {

using base::ErrorCode;
using binlog::EventType;

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

std::string spill_directory(const DecodeOptions& options) {
  if (!options.spill_dir.empty()) return options.spill_dir;
  const char* const named = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): one thread
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::vector<InputFile> input_files(const DecodeOptions& options) {
  std::vector<InputFile> files;
  for (const std::string& path : options.files) {
    files.push_back({files.size(), binlog_name(path), false});
  }
  return files;
}

base::Result<std::string> read_text(const std::string& path) {
  auto source = open_byte_source(path);
  if (!source) return base::propagate(std::move(source));
  std::string text;
  std::vector<std::uint8_t> piece(std::size_t{64} << 10U);
  while (true) {
    const auto size = (*source)->read(piece);
    if (!size) return tl::unexpected(size.error());
    if (*size == 0) return text;
    text.append(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*size));
  }
}

/// Leads the events of all files, in order, to a visitor.
class FileWalk {
 public:
  FileWalk(const DecodeOptions& options, const Range& range, EventVisitor& visitor,
           const Report& report)
      : options_(options),
        files_(input_files(options)),
        range_(range),
        visitor_(visitor),
        report_(report) {}

  base::Result<void> walk() {
    for (std::size_t i = 0; i < options_.files.size() && !range_.ended(); ++i) {
      if (auto read = read_file(i); !read)
        return base::propagate(std::move(read), options_.files[i]);
    }
    return visitor_.finish();
  }

 private:
  base::Result<void> read_file(std::size_t index) {
    auto source = open_byte_source(options_.files[index]);
    if (!source) return base::propagate(std::move(source));
    if (auto opened = reader_.open(*std::move(source)); !opened) return opened;
    file_ = &files_[index];
    const std::string gap = order_.enter(file_->name);
    if (!gap.empty()) report_.warnings.add(file_->name, gap);
    file_->follows = gap.empty() && index > 0;
    visitor_.begin_file(*file_);
    report_.statistics.count_file();
    is_first_ = true;
    while (!range_.ended()) {
      auto event = reader_.next();
      if (!event) return base::propagate(std::move(event));
      if (!*event) return {};
      if (auto taken = take(**event); !taken) return taken;
    }
    return {};
  }

  base::Result<void> take(const FileEvent& event) {
    const EventType type = event.type;
    report_.statistics.count_event(type, event.bytes.size());
    if (type == EventType::kFormatDescription) {
      auto format = binlog::parse_format_description(event.bytes);
      if (!format) return base::propagate(std::move(format), "at " + where(event));
      format_ = *std::move(format);
    } else if (is_first_) {
      return base::fail(ErrorCode::kCorrupt,
                        "at " + where(event) + ": the first event is of type " +
                            std::to_string(static_cast<int>(type)) +
                            ", where a binlog begins with FORMAT_DESCRIPTION (15); copy the file "
                            "again, from its beginning");
    }
    is_first_ = false;
    if (auto taken = visitor_.take(event, format_); !taken) return taken;
    if (type == EventType::kRotate) note_rotate(event);
    return {};
  }

  // The visitor has verified the event and found nothing wrong with it.
  void note_rotate(const FileEvent& event) {
    const auto bytes = binlog::verify_checksum(event.bytes, format_.checksum);
    if (!bytes) return;
    if (const auto rotate = binlog::parse_rotate(*bytes)) order_.rotate_to(rotate->file);
  }

  std::string where(const FileEvent& event) const { return where_is(file_->name, event.offset); }

  const DecodeOptions& options_;
  std::vector<InputFile> files_;
  const Range& range_;
  EventVisitor& visitor_;
  const Report& report_;
  EventReader reader_;
  FileOrder order_;
  InputFile* file_ = nullptr;
  binlog::FormatDescription format_;
  bool is_first_ = true;  ///< The next event is the file's first.
};

base::Result<void> decode(const DecodeOptions& options, const std::string& spill_dir,
                          const Report& report) {
  std::string definitions;
  if (!options.schema_file.empty()) {
    auto text = read_text(options.schema_file);
    if (!text) return base::propagate(std::move(text), "-schema " + options.schema_file);
    definitions = *std::move(text);
  }
  Range range(options);
  std::unique_ptr<EventVisitor> visitor;
  if (options.format == DecodeOptions::Format::kEvents) {
    visitor = std::make_unique<EventLines>(options, range, report.output, report.statistics);
  } else {
    visitor = std::make_unique<RowLines>(options, spill_dir, definitions, range, report);
  }
  if (auto walked = FileWalk(options, range, *visitor, report).walk(); !walked) return walked;
  if (const std::string unmet = range.unmet(); !unmet.empty()) {
    return base::fail(ErrorCode::kInvalid, unmet);
  }
  if (!range.ended()) {
    const std::string beyond = range.beyond();
    if (!beyond.empty()) report.warnings.add(beyond, "see the sizes that SHOW BINARY LOGS lists");
  } else if (!range.begun()) {
    report.warnings.add("-to", "was met before -from, so nothing lies between");
  }
  return {};
}

}  // namespace

int run_decode(const DecodeOptions& options, int output, std::ostream& messages) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string spill_dir = spill_directory(options);
  if (!options.spill_dir.empty() && !is_directory(spill_dir)) {
    messages << "pikachu decode: -spill-dir: \"" << spill_dir
             << "\" is no directory; create it, or name another\n";
    return kWrongUsage;
  }
  Output lines(output);
  Warnings warnings(messages);
  Statistics statistics;

  auto decoded = decode(options, spill_dir, {lines, warnings, statistics});
  // Also if it failed before: that was then no fault of the file that was read.
  if (auto flushed = lines.flush(); !flushed) decoded = flushed;

  warnings.finish();
  const bool nobody_reads = !decoded && decoded.error().code == ErrorCode::kCancelled;
  if (!decoded && !nobody_reads) {
    messages << "pikachu decode: " << decoded.error().message << '\n';
  }
  if (options.stats) {
    statistics.print(std::chrono::steady_clock::now() - begin, warnings.count(), messages);
  }
  messages.flush();
  return decoded ? kDone : kFailed;
}

}  // namespace pikachu::decode
