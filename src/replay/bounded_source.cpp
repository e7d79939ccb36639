#include "replay/bounded_source.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

namespace pikachu::replay {
namespace {

using std::chrono::steady_clock;

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;

// "000042" of "mysql-bin.000042", without its zeros: of two such numbers the longer one is larger.
std::string_view number_of(std::string_view file) {
  const auto begin = file.find_last_not_of("0123456789") + 1;
  file.remove_prefix(begin);
  file.remove_prefix(std::min(file.find_first_not_of('0'), file.size()));
  return file;
}

bool is_before(std::string_view file, std::string_view other) {
  const auto number = number_of(file);
  const auto other_number = number_of(other);
  if (number.size() != other_number.size()) return number.size() < other_number.size();
  return number < other_number;
}

std::chrono::nanoseconds pause_of(std::uint32_t rows_per_second) {
  if (rows_per_second == 0) return {};
  return std::chrono::nanoseconds(std::chrono::seconds(1)) / rows_per_second;
}

bool has_reached_place(const change::Position& position, const change::Position& end) {
  if (is_before(position.file, end.file)) return false;
  return is_before(end.file, position.file) || position.offset >= end.offset;
}

// Of MariaDB's domains only the last GTID is known, and without gtid_strict_mode the sequence
// numbers of two servers are in no order. Files are; but where checksums were stripped off the
// offset is a little less than the server's.
bool has_reached_on_mariadb(const change::Position& position, const change::Position& end) {
  if (position.gtids == end.gtids) return true;
  if (!position.file.empty()) return has_reached_place(position, end);
  // A stream that began at a GTID and has not come to a transaction yet.
  const auto& domains = position.gtids.domains();
  return std::all_of(end.gtids.domains().begin(), end.gtids.domains().end(), [&](const auto& last) {
    const auto own = domains.find(last.first);
    return own != domains.end() && own->second.server_id == last.second.server_id &&
           own->second.sequence >= last.second.sequence;
  });
}

}  // namespace

bool has_reached(const change::Position& position, const change::Position& end) {
  if (position.gtids.empty() || end.gtids.empty()) return has_reached_place(position, end);
  const bool is_mariadb = position.flavor == change::Flavor::kMariadb;
  const bool is_same_server = position.server == end.server;
  if (is_mariadb && is_same_server && !end.file.empty()) {
    return has_reached_on_mariadb(position, end);
  }
  return position.gtids.contains(end.gtids);
}

BoundedSource::BoundedSource(pipeline::Source& source, RowFilter wanted, End end,
                             std::uint32_t rows_per_second)
    : source_(source),
      wanted_(std::move(wanted)),
      end_(std::move(end)),
      pause_(pause_of(rows_per_second)),
      next_turn_(steady_clock::now()) {
}

base::Result<pipeline::SourceEvent> BoundedSource::next(const std::stop_token& stop) {
  while (!has_ended_) {
    auto event = source_.next(stop);
    if (!event) return event;
    if (const auto* const commit = std::get_if<pipeline::Commit>(&*event)) {
      // This commit is still handed on; nothing after it is. An early one does not say how far the
      // source has got: Passed follows it.
      has_ended_ = !commit->is_early && has_reached(commit->position, end_.position);
      return event;
    }
    if (const auto* const passed = std::get_if<pipeline::Passed>(&*event)) {
      has_ended_ = has_reached(passed->position, end_.position);
      return event;
    }
    if (std::holds_alternative<pipeline::Prepared>(*event)) return event;
    const auto& row = *std::get<const change::RowChange*>(*event);
    if (end_.unix_seconds &&
        row.transaction->commit_time_us >= *end_.unix_seconds * kMicrosecondsPerSecond) {
      break;
    }
    if (!wanted_(row)) continue;
    if (!wait_for_turn(stop)) return base::fail(base::ErrorCode::kCancelled, "stopped");
    ++rows_;
    return event;
  }
  has_ended_ = true;
  return base::fail(base::ErrorCode::kCancelled, "the end of the replay");
}

// Turns that were not used are not made up for: after a pause the pace is as before.
bool BoundedSource::wait_for_turn(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  turn_.wait_until(lock, stop, next_turn_, [] { return false; });
  next_turn_ = std::max(next_turn_, steady_clock::now() - pause_) + pause_;
  return !stop.stop_requested();
}

}  // namespace pikachu::replay
