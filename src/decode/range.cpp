#include "decode/range.h"

#include <algorithm>
#include <utility>

#include "binlog/events.h"

namespace pikachu::decode {

namespace {

using binlog::EventType;

bool is_gtid(EventType type) {
  return type == EventType::kGtid || type == EventType::kGtidTagged ||
         type == EventType::kAnonymousGtid || type == EventType::kMariadbGtid;
}

}  // namespace

Range::Range(const DecodeOptions& options) : ends_(options.files.size(), kFirstEvent) {
  for (const std::string& path : options.files) names_.push_back(binlog_name(path));
  const auto set = [&](const Place& place, auto& time, auto& file, auto& gtid) {
    if (const auto* at = std::get_if<source::AtTime>(&place)) time = at->unix_seconds;
    if (const auto* at = std::get_if<AtTransaction>(&place)) gtid = at->gtid;
    if (const auto* at = std::get_if<source::AtFile>(&place)) {
      const auto found = std::ranges::find(options.files, at->file, binlog_name);
      file = FilePoint{static_cast<std::size_t>(found - options.files.begin()), at->offset};
    }
  };
  if (options.from) set(*options.from, from_time_, from_file_, from_gtid_);
  if (options.to) set(*options.to, to_time_, to_file_, to_gtid_);
  is_bounded_ = options.from || options.to;
  begun_ = !options.from;
}

base::Result<void> Range::pass(std::size_t file, const FileEvent& event,
                               const binlog::FormatDescription& format) {
  const FilePoint here{file, event.offset};
  if (from_file_ && here >= *from_file_) begun_ = true;
  if (to_file_ && here >= *to_file_) ended_ = true;
  ends_[file] = event.offset + event.bytes.size();
  if ((!from_gtid_ && !to_gtid_) || !is_gtid(event.type)) return {};
  const auto bytes = binlog::verify_checksum(event.bytes, format.checksum);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto gtid = binlog::parse_gtid(*bytes);
  if (!gtid) return tl::unexpected(gtid.error());
  if (in_last_transaction_) ended_ = true;
  if (gtid->gtid == from_gtid_) begun_ = true;
  if (gtid->gtid == to_gtid_) in_last_transaction_ = true;
  return {};
}

void Range::pass_time(std::int64_t unix_seconds) {
  if (from_time_ && unix_seconds >= *from_time_) begun_ = true;
  if (to_time_ && unix_seconds >= *to_time_) ended_ = true;
}

void Range::end_transaction() {
  if (in_last_transaction_) ended_ = true;
}

std::string Range::unmet() const {
  if (from_gtid_ && !begun_) {
    return ended_ ? "-from: transaction " + *from_gtid_ +
                        " was not met before -to, where reading ended"
                  : "-from: no transaction " + *from_gtid_ + " is in these files";
  }
  if (to_gtid_ && !in_last_transaction_) {
    return "-to: no transaction " + *to_gtid_ + " is in these files";
  }
  return {};
}

std::string Range::beyond() const {
  for (const auto& [option, point] : {std::pair("-from", from_file_), std::pair("-to", to_file_)}) {
    if (!point) continue;
    const std::uint64_t end = ends_[point->file];
    if (point->offset <= end) continue;
    return std::string(option) + ": " + names_[point->file] + " ends at " + std::to_string(end) +
           ", before " + std::to_string(point->offset);
  }
  return {};
}

}  // namespace pikachu::decode
