#include "base/utc_time.h"

#include <array>
#include <charconv>

namespace pikachu::base {
namespace {

void append_padded(std::int64_t number, std::size_t width, std::string& out) {
  if (number < 0) {
    out += '-';
    number = -number;
  }
  std::array<char, 20> digits{};
  const auto* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  const auto length = static_cast<std::size_t>(end - digits.data());
  if (length < width) out.append(width - length, '0');
  out.append(digits.data(), length);
}

}  // namespace

void append_utc(std::chrono::microseconds since_epoch, unsigned digits, std::string& out) {
  // floor, so that times before the epoch keep a positive time of day.
  const auto day = std::chrono::floor<std::chrono::days>(since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days{day}};
  const std::chrono::hh_mm_ss time{since_epoch - day};
  append_padded(int{date.year()}, 4, out);
  out += '-';
  append_padded(unsigned{date.month()}, 2, out);
  out += '-';
  append_padded(unsigned{date.day()}, 2, out);
  out += 'T';
  append_padded(time.hours().count(), 2, out);
  out += ':';
  append_padded(time.minutes().count(), 2, out);
  out += ':';
  append_padded(time.seconds().count(), 2, out);
  if (digits > 0) {
    out += '.';
    std::string fraction;
    append_padded(time.subseconds().count(), 6, fraction);
    out.append(fraction, 0, digits);
  }
  out += 'Z';
}

std::string to_utc(std::chrono::system_clock::time_point time, unsigned digits) {
  std::string out;
  append_utc(std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()), digits, out);
  return out;
}

}  // namespace pikachu::base
