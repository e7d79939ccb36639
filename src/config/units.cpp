#include "config/units.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <span>
#include <system_error>

#include "config/report.h"

namespace pikachu::config {
namespace {

using base::ErrorCode;
using base::Result;

struct Unit {
  std::string_view name;
  double factor;
};

// In milliseconds; the longest names first, because "m" begins "ms".
constexpr std::array<Unit, 8> kDurationUnits = {{{"ns", 1e-6},
                                                 {"us", 1e-3},
                                                 {"µs", 1e-3},
                                                 {"ms", 1},
                                                 {"s", 1e3},
                                                 {"m", 6e4},
                                                 {"h", 3.6e6},
                                                 {"d", 8.64e7}}};
constexpr std::array<Unit, 9> kSizeUnits = {{{"KiB", 1024.0},
                                             {"MiB", 1048576.0},
                                             {"GiB", 1073741824.0},
                                             {"TiB", 1099511627776.0},
                                             {"KB", 1e3},
                                             {"MB", 1e6},
                                             {"GB", 1e9},
                                             {"TB", 1e12},
                                             {"B", 1}}};

// Takes a number like "1", "1.5" or ".5" off the front of `text`; no sign, no exponent.
std::optional<double> take_number(std::string_view& text) {
  const std::size_t size = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + size, number, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + size) return std::nullopt;
  text.remove_prefix(size);
  return number;
}

const Unit* take_unit(std::string_view& text, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (text.substr(0, unit.name.size()) != unit.name) continue;
    text.remove_prefix(unit.name.size());
    return &unit;
  }
  return nullptr;
}

tl::unexpected<base::Error> bad(std::string_view text, std::string_view why) {
  return base::fail(ErrorCode::kInvalid, in_quotes(text) + " " + std::string(why));
}

// Above it a double has no room for each whole number; no limit of a key comes near.
constexpr double kMaxValue = 9e15;

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

Result<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range && end == text.data() + text.size()) {
    return bad(text, "is out of range");
  }
  if (error != std::errc{} || end != text.data() + text.size()) {
    return bad(text, "is not a whole number");
  }
  return number;
}

std::optional<bool> parse_boolean(std::string_view text) {
  const auto is_one_of = [text](std::span<const std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
  };
  static constexpr std::array<std::string_view, 9> kTrue = {"true", "True", "TRUE", "yes", "Yes",
                                                            "YES",  "on",   "On",   "ON"};
  static constexpr std::array<std::string_view, 9> kFalse = {"false", "False", "FALSE", "no", "No",
                                                             "NO",    "off",   "Off",   "OFF"};
  if (is_one_of(kTrue)) return true;
  if (is_one_of(kFalse)) return false;
  return std::nullopt;
}

Result<std::int64_t> parse_duration(std::string_view text) {
  if (text == "0") return 0;
  if (is_number(text)) return bad(text, "has no unit; write " + std::string(text) + "s");
  std::string_view rest = text;
  double milliseconds = 0;
  while (!rest.empty() || text.empty()) {
    const auto number = take_number(rest);
    const Unit* unit = number ? take_unit(rest, kDurationUnits) : nullptr;
    if (unit == nullptr) {
      return bad(text, "is not a duration; write a number and ms, s, m, h or d, as in 30s");
    }
    milliseconds += *number * unit->factor;
  }
  if (milliseconds > kMaxValue) return bad(text, "is out of range; write less");
  return static_cast<std::int64_t>(milliseconds);
}

Result<std::int64_t> parse_size(std::string_view text) {
  if (text == "0") return 0;
  if (is_number(text)) return bad(text, "has no unit; write " + std::string(text) + "MiB");
  std::string_view rest = text;
  const auto number = take_number(rest);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const Unit* unit = number ? take_unit(rest, kSizeUnits) : nullptr;
  if (unit == nullptr || !rest.empty()) {
    return bad(text, "is not a size; write a number and B, KiB, MiB or GiB, as in 64MiB");
  }
  const double bytes = *number * unit->factor;
  if (bytes > kMaxValue) return bad(text, "is out of range; write less");
  return static_cast<std::int64_t>(bytes);
}

std::string show_duration(std::int64_t milliseconds) {
  constexpr std::int64_t kSecond = 1'000;
  constexpr std::int64_t kMinute = 60 * kSecond;
  constexpr std::int64_t kHour = 60 * kMinute;
  if (milliseconds == 0) return "0";
  if (milliseconds % kHour == 0) return std::to_string(milliseconds / kHour) + "h";
  if (milliseconds % kMinute == 0) return std::to_string(milliseconds / kMinute) + "m";
  if (milliseconds % kSecond == 0) return std::to_string(milliseconds / kSecond) + "s";
  return std::to_string(milliseconds) + "ms";
}

std::string show_size(std::int64_t bytes) {
  constexpr std::array<std::string_view, 4> kUnits = {"GiB", "MiB", "KiB", "B"};
  for (std::size_t i = 0; i + 1 < kUnits.size(); ++i) {
    const std::int64_t unit = std::int64_t{1} << (10 * (3 - i));
    if (bytes >= unit && bytes % unit == 0) {
      return std::to_string(bytes / unit) + std::string(kUnits.at(i));
    }
  }
  return std::to_string(bytes) + "B";
}

}  // namespace pikachu::config
