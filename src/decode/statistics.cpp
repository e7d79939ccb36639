#include "decode/statistics.h"

#include <algorithm>
#include <cstdio>
#include <iomanip>
#include <ostream>
#include <string_view>

namespace pikachu::decode {

namespace {

constexpr int kNameWidth = 40;
constexpr int kNumberWidth = 14;

// At the left edge of its column.
void put_name(std::string_view name, std::ostream& out) {
  out << std::left << std::setw(kNameWidth) << name;
}

// At the right edge of its column.
void put_number(std::uint64_t number, std::ostream& out) {
  out << std::right << std::setw(kNumberWidth) << number;
}

std::string with_digits(double number, int digits) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace

void Statistics::find_table(const change::RowChange& change) {
  last_table_ = change.table;
  last_rows_ = &tables_[last_table_->database + "." + last_table_->table];
}

std::uint64_t Statistics::print_events(const Events& events, std::string_view heading,
                                       std::ostream& out) {
  std::uint64_t bytes = 0;
  put_name(heading, out);
  out << "         count         bytes\n";
  for (std::size_t type = 0; type < events.size(); ++type) {
    const Counted& counted = events.at(type);
    if (counted.count == 0) continue;
    put_name(to_string(static_cast<binlog::EventType>(type)), out);
    put_number(counted.count, out);
    put_number(counted.bytes, out);
    out << '\n';
    bytes += counted.bytes;
  }
  return bytes;
}

void Statistics::print(std::chrono::duration<double> elapsed, std::uint64_t warnings,
                       std::ostream& out) const {
  std::uint64_t rows = 0;
  put_name("table", out);
  out << "       inserts       updates       deletes\n";
  for (const auto& [name, counts] : tables_) {
    put_name(name, out);
    for (const std::uint64_t count : counts) {
      put_number(count, out);
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
