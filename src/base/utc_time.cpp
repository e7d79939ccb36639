#include "base/utc_time.h"

#include <array>
#include <charconv>
#include <cstddef>

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

// The digits of text[at, at + size) as a number.
std::optional<int> read_digits(std::string_view text, std::size_t at, std::size_t size) {
  if (text.size() < at + size) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(at, size)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

// Seconds east of UTC of "Z" or "+08:00".
std::optional<int> parse_zone(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = read_digits(text, 1, 2);
  const auto minutes = read_digits(text, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const int seconds = *hours * 3'600 + *minutes * 60;
  return text[0] == '-' ? -seconds : seconds;
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

std::optional<std::chrono::seconds> parse_utc(std::string_view text) {
  constexpr std::size_t kSize = std::string_view("2026-11-20T12:00:00").size();
  const auto year = read_digits(text, 0, 4);
  const auto month = read_digits(text, 5, 2);
  const auto day = read_digits(text, 8, 2);
  const auto hour = read_digits(text, 11, 2);
  const auto minute = read_digits(text, 14, 2);
  const auto second = read_digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const bool has_separators = text[4] == '-' && text[7] == '-' && text[13] == ':' &&
                              text[16] == ':' &&
                              (text[10] == 'T' || text[10] == 't' || text[10] == ' ');
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!has_separators || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  std::string_view rest = text.substr(kSize);
  if (!rest.empty() && rest.front() == '.') {
    const std::size_t end = rest.find_first_not_of("0123456789", 1);
    if (end == 1 || end == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(end);
  }
  const auto zone = parse_zone(rest);
  if (!zone) return std::nullopt;
  const auto days = std::chrono::sys_days{date}.time_since_epoch();
  const auto time = days + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
                    std::chrono::seconds{*second - *zone};
  return std::chrono::seconds(time);
}

}  // namespace pikachu::base
