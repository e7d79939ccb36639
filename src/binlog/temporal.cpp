#include "binlog/temporal.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "base/decimal_text.h"

namespace pikachu::binlog {
namespace {

using base::put_digits;
using base::put_pair;

constexpr std::array<std::uint32_t, 7> kPowersOfTen{1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};
constexpr std::uint64_t kDatetime2Offset = 0x8000000000ULL;
constexpr std::uint64_t kTime2Offset = 0x800000ULL;
constexpr std::uint64_t kMicrosecondsPerSecond = 1'000'000;

char* put_date(const DateTime& value, char* out) {
  out = put_pair(value.year / 100, out);
  out = put_pair(value.year % 100, out);
  *out++ = '-';
  out = put_pair(value.month, out);
  *out++ = '-';
  return put_pair(value.day, out);
}

char* put_clock(std::uint32_t minute, std::uint32_t second, char* out) {
  *out++ = ':';
  out = put_pair(minute, out);
  *out++ = ':';
  return put_pair(second, out);
}

char* put_fraction(std::uint32_t microsecond, unsigned digits, char* out) {
  if (digits == 0) return out;
  *out++ = '.';
  return put_digits(microsecond / kPowersOfTen[kFractionalDigitsMax - digits], digits, out);
}

// What has room in its digits: more is stored by no server, and is not cut to fit.
constexpr std::uint32_t kYearMax = 9'999;
constexpr std::uint32_t kHourMax = 999;
constexpr std::uint32_t kMicrosecondMax = 999'999;

bool has_text(const DateTime& value) {
  return value.year <= kYearMax && value.microsecond <= kMicrosecondMax;
}

std::size_t put_literal(std::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return text.size();
}

/// The calendar date of a day since 1970-01-01, by counting from a March-based year: leap days then
/// fall on a year's end.
DateTime date_of_day(std::uint32_t days_since_1970) {
  const std::uint32_t days = days_since_1970 + 719'468;  // since 0000-03-01
  const std::uint32_t era = days / 146'097;              // of 400 years
  const std::uint32_t day_of_era = days % 146'097;
  const std::uint32_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint32_t march_month = (5 * day_of_year + 2) / 153;
  DateTime date;
  date.day = day_of_year - (153 * march_month + 2) / 5 + 1;
  date.month = march_month < 10 ? march_month + 3 : march_month - 9;
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

/// The whole seconds of a DATETIME2: bits as in unpack_datetime2, the offset taken off.
DateTime split_datetime(std::uint64_t bits) {
  const auto months = static_cast<std::uint32_t>(bits >> 22U);
  DateTime value;
  value.year = months / 13;
  value.month = months % 13;
  value.day = static_cast<std::uint32_t>(bits >> 17U) & 0x1fU;
  value.hour = static_cast<std::uint32_t>(bits >> 12U) & 0x1fU;
  value.minute = static_cast<std::uint32_t>(bits >> 6U) & 0x3fU;
  value.second = static_cast<std::uint32_t>(bits) & 0x3fU;
  return value;
}

/// The magnitude of a TIME: 10 bits hour, 6 minute, 6 second. Bits beyond the ten, which no server
/// sets, make hours that have no text.
TimeOfDay split_time(bool is_negative, std::uint64_t bits, std::uint32_t microsecond) {
  TimeOfDay value;
  value.is_negative = is_negative;
  value.hour = static_cast<std::uint32_t>(bits >> 12U);
  value.minute = static_cast<std::uint32_t>(bits >> 6U) & 0x3fU;
  value.second = static_cast<std::uint32_t>(bits) & 0x3fU;
  value.microsecond = microsecond;
  return value;
}

}  // namespace

std::uint32_t fraction_to_microseconds(std::uint32_t stored, unsigned digits) {
  return stored * kPowersOfTen[kFractionalDigitsMax - 2 * fraction_size(digits)];
}

DateTime unpack_date(std::uint32_t stored) {
  DateTime value;
  value.day = stored & 0x1fU;
  value.month = (stored >> 5U) & 0x0fU;
  value.year = stored >> 9U;
  return value;
}

DateTime unpack_old_datetime(std::uint64_t stored) {
  constexpr std::uint64_t kBeyondEachDate = std::uint64_t{kYearMax + 1} * 10'000;
  const auto date =
      static_cast<std::uint32_t>(std::min(stored / kMicrosecondsPerSecond, kBeyondEachDate));
  const auto time = static_cast<std::uint32_t>(stored % kMicrosecondsPerSecond);
  return {date / 10'000,    date / 100 % 100, date % 100, time / 10'000,
          time / 100 % 100, time % 100,       0};
}

TimeOfDay unpack_old_time(std::int32_t stored) {
  const auto magnitude = static_cast<std::uint32_t>(stored < 0 ? -stored : stored);
  return {stored < 0, magnitude / 10'000, magnitude / 100 % 100, magnitude % 100, 0};
}

DateTime unpack_datetime2(std::uint64_t stored) {
  return split_datetime(stored & (kDatetime2Offset - 1));
}

TimeOfDay unpack_time2(std::uint64_t stored, unsigned digits) {
  const auto fraction_bits = static_cast<unsigned>(8 * fraction_size(digits));
  const std::uint64_t offset = kTime2Offset << fraction_bits;
  const bool is_negative = stored < offset;
  const std::uint64_t magnitude = is_negative ? offset - stored : stored - offset;
  const auto fraction =
      static_cast<std::uint32_t>(magnitude & ((std::uint64_t{1} << fraction_bits) - 1));
  return split_time(is_negative, magnitude >> fraction_bits,
                    fraction_to_microseconds(fraction, digits));
}

DateTime unpack_json_datetime(std::int64_t packed) {
  const auto bits = static_cast<std::uint64_t>(packed);
  DateTime value = split_datetime((bits >> 24U) & (kDatetime2Offset - 1));
  value.microsecond = static_cast<std::uint32_t>(bits & 0xffffffU);
  return value;
}

TimeOfDay unpack_json_time(std::int64_t packed) {
  const bool is_negative = packed < 0;
  // Negated as unsigned: INT64_MIN has no positive counterpart.
  const auto bits = static_cast<std::uint64_t>(packed);
  const std::uint64_t magnitude = is_negative ? 0 - bits : bits;
  return split_time(is_negative, magnitude >> 24U,
                    static_cast<std::uint32_t>(magnitude & 0xffffffU));
}

std::size_t hires_timestamp_size(unsigned digits) {
  return 4 + fraction_size(digits);
}

std::size_t hires_datetime_size(unsigned digits) {
  constexpr std::array<std::size_t, 7> kSizes{8, 6, 6, 7, 7, 7, 8};
  return kSizes[digits];
}

std::size_t hires_time_size(unsigned digits) {
  constexpr std::array<std::size_t, 7> kSizes{3, 4, 4, 5, 5, 5, 6};
  return kSizes[digits];
}

Timestamp unpack_hires_timestamp(std::uint32_t seconds, std::uint32_t fraction, unsigned digits) {
  return {seconds, fraction * kPowersOfTen[kFractionalDigitsMax - digits]};
}

DateTime unpack_hires_datetime(std::uint64_t stored, unsigned digits) {
  DateTime value;
  value.microsecond = static_cast<std::uint32_t>(stored % kPowersOfTen[digits]) *
                      kPowersOfTen[kFractionalDigitsMax - digits];
  stored /= kPowersOfTen[digits];
  const auto take = [&stored](std::uint32_t radix) {
    const auto digit = static_cast<std::uint32_t>(stored % radix);
    stored /= radix;
    return digit;
  };
  value.second = take(60);
  value.minute = take(60);
  value.hour = take(24);
  value.day = take(32);
  value.month = take(13);
  value.year = static_cast<std::uint32_t>(std::min<std::uint64_t>(stored, kYearMax + 1));
  return value;
}

TimeOfDay unpack_hires_time(std::uint64_t stored, unsigned digits) {
  // Shifted by one second more than the largest TIME, 838:59:59.
  constexpr std::uint64_t kZeroPointSeconds = 838 * 3'600 + 59 * 60 + 59 + 1;
  const std::uint64_t zero = kZeroPointSeconds * kPowersOfTen[digits];
  const bool is_negative = stored < zero;
  const std::uint64_t magnitude = is_negative ? zero - stored : stored - zero;
  const auto seconds = static_cast<std::uint32_t>(magnitude / kPowersOfTen[digits]);
  return {is_negative, seconds / 3'600, seconds / 60 % 60, seconds % 60,
          static_cast<std::uint32_t>(magnitude % kPowersOfTen[digits]) *
              kPowersOfTen[kFractionalDigitsMax - digits]};
}

std::size_t format_date(const DateTime& value, char* out) {
  if (!has_text(value)) return 0;
  return static_cast<std::size_t>(put_date(value, out) - out);
}

std::size_t format_datetime(const DateTime& value, unsigned digits, char* out) {
  if (!has_text(value)) return 0;
  char* end = put_date(value, out);
  *end++ = ' ';
  end = put_clock(value.minute, value.second, put_pair(value.hour, end));
  return static_cast<std::size_t>(put_fraction(value.microsecond, digits, end) - out);
}

std::size_t format_time(const TimeOfDay& value, unsigned digits, char* out) {
  if (value.hour > kHourMax || value.microsecond > kMicrosecondMax) return 0;
  char* end = out;
  if (value.is_negative) *end++ = '-';
  end = value.hour < 100 ? put_pair(value.hour, end) : put_digits(value.hour, 3, end);
  end = put_clock(value.minute, value.second, end);
  return static_cast<std::size_t>(put_fraction(value.microsecond, digits, end) - out);
}

std::size_t format_timestamp(const Timestamp& value, unsigned digits, char* out) {
  if (value.seconds == 0 && value.microseconds == 0) {
    return put_literal("0000-00-00 00:00:00", out);
  }
  if (value.microseconds > kMicrosecondMax) return 0;
  constexpr std::uint32_t kSecondsPerDay = 86'400;
  const DateTime date = date_of_day(value.seconds / kSecondsPerDay);
  const std::uint32_t second = value.seconds % kSecondsPerDay;
  char* end = put_date(date, out);
  *end++ = 'T';
  end = put_clock(second / 60 % 60, second % 60, put_pair(second / 3'600, end));
  end = put_fraction(value.microseconds, digits, end);
  *end++ = 'Z';
  return static_cast<std::size_t>(end - out);
}

}  // namespace pikachu::binlog
