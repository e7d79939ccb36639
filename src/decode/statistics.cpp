#include "decode/statistics.h"

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <string_view>

namespace pikachu::decode {

namespace {

// A number at the right edge of a column.
std::string right(std::uint64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

std::string left(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string with_digits(double number, int digits) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return {text.data(), static_cast<std::size_t>(size)};
}

constexpr std::size_t kNameWidth = 40;
constexpr std::size_t kNumberWidth = 14;

}  // namespace

void Statistics::find_table(const change::RowChange& change) {
  last_table_ = change.table;
  last_rows_ = &tables_[last_table_->database + "." + last_table_->table];
}

std::uint64_t Statistics::print_events(const Events& events, std::string_view heading,
                                       std::ostream& out) {
  std::uint64_t bytes = 0;
  out << left(std::string(heading), kNameWidth) << "         count         bytes\n";
  for (std::size_t type = 0; type < events.size(); ++type) {
    const Counted& counted = events.at(type);
    if (counted.count == 0) continue;
    out << left(to_string(static_cast<binlog::EventType>(type)), kNameWidth)
        << right(counted.count, kNumberWidth) << right(counted.bytes, kNumberWidth) << '\n';
    bytes += counted.bytes;
  }
  return bytes;
}

void Statistics::print(std::chrono::duration<double> elapsed, std::uint64_t warnings,
                       std::ostream& out) const {
  std::uint64_t rows = 0;
  out << left("table", kNameWidth) << "       inserts       updates       deletes\n";
  for (const auto& [name, counts] : tables_) {
    out << left(name, kNameWidth);
    for (const std::uint64_t count : counts) {
      out << right(count, kNumberWidth);
      rows += count;
    }
    out << '\n';
  }
  const std::uint64_t bytes = print_events(events_, "event", out);
  const bool has_nested =
      std::ranges::any_of(nested_, [](const Counted& counted) { return counted.count != 0; });
  if (has_nested) print_events(nested_, "event in TRANSACTION_PAYLOAD", out);
  constexpr double kMebibyte = 1024.0 * 1024.0;
  const double seconds = elapsed.count() > 0 ? elapsed.count() : 1e-9;
  out << "files " << files_ << ", bytes " << bytes << ", transactions " << transactions_
      << ", rows " << rows << ", warnings " << warnings << '\n'
      << "seconds " << with_digits(seconds, 3) << ", rows a second "
      << with_digits(static_cast<double>(rows) / seconds, 0) << ", MiB a second "
      << with_digits(static_cast<double>(bytes) / kMebibyte / seconds, 1) << '\n';
}

}  // namespace pikachu::decode
